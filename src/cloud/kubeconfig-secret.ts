/**
 * The bot's identity in Lambda: a kubeconfig kept in AWS Secrets Manager. It is fetched for every connection, so that a
 * rotated one counts at once.
 */
import { writeKubeconfigFile } from './kubeconfig-file.ts';
import { type FetchSecret, fetchFromAws, readSecret } from './secrets.ts';

/** Writes the secret to a file that only this process reads and returns its path. Throws a FaultError that never holds the secret. */
export async function writeKubeconfig(name: string, fetchSecret: FetchSecret = fetchFromAws): Promise<string> {
  return writeKubeconfigFile(name, await readSecret(name, 'kubeconfig', fetchSecret));
}

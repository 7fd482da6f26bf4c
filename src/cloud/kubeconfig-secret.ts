/**
 * The bot's identity in Lambda: a kubeconfig kept in AWS Secrets Manager. It is fetched for every question, so that a
 * rotated one counts at once, and is written where only this process reads it, since Kubernetes clients read files.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GetSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import { type Fault, FaultError } from '../faults.ts';

/** Fetches one secret's text by name or ARN; null: it has none, only bytes. Rejects as the AWS client does. */
export type FetchSecret = (name: string) => Promise<string | null>;

/** Fetches from AWS with the credentials and region of the process. */
const fetchFromAws: FetchSecret = async name => {
  const client = new SecretsManagerClient({ maxAttempts: 3 });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    return SecretString ?? null;
  } finally {
    client.destroy();
  }
};

let folder: string | null = null;

/**
 * Writes the secret to a file (mode 600) and returns its path, the same one each time. Throws a FaultError that never holds the
 * secret: `bad-config` when it is missing or empty, `forbidden` when the role may not read it, `internal` otherwise.
 */
export async function writeKubeconfig(name: string, fetchSecret: FetchSecret = fetchFromAws): Promise<string> {
  const text = await fetchSecret(name).catch((error: unknown) => {
    throw new FaultError(faultOfFetch(name, error), { cause: error });
  });
  if (text === null || text.trim() === '') {
    throw new FaultError({
      code: 'bad-config',
      what: `The secret ${name} holds no kubeconfig.`,
      cause: 'It is empty, or it has bytes instead of a text.',
      remedy: 'Put the kubeconfig of the account egress-bot into it; infra/aws/README.md shows how.',
    });
  }
  folder ??= mkdtempSync(join(tmpdir(), 'egress-'));
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** By the error's name, as AWS documents them. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
function faultOfFetch(name: string, error: unknown): Fault {
  const what = `The kubeconfig could not be read from the secret ${name}.`;
  const code = error instanceof SecretsManagerServiceException ? error.name : null;
  if (code === 'ResourceNotFoundException') {
    return {
      code: 'bad-config',
      what,
      cause: 'There is no such secret, or it has no value yet.',
      remedy: 'Put a kubeconfig into it; infra/aws/README.md shows how.',
    };
  }
  if (code === 'AccessDeniedException' || code === 'DecryptionFailure') {
    return {
      code: 'forbidden',
      what,
      cause: `AWS refused it (${code}).`,
      remedy:
        "Allow secretsmanager:GetSecretValue on it to the function's role, and kms:Decrypt where it has a key of its own.",
    };
  }
  return {
    code: 'internal',
    what,
    cause: `AWS Secrets Manager did not answer as it should (${error instanceof Error ? error.name : 'unknown error'}).`,
    remedy: 'Ask again; if it persists, check the network of the function and the status of AWS.',
  };
}

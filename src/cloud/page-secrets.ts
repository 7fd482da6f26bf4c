/** The secrets of pagers, kept beside Slack's in the one secret of AWS Secrets Manager, under the names that the configuration has. */
import { type FetchSecret, fieldsOf, readSecret } from './secrets.ts';

/** Reads them: `{"botToken":"…","signingSecret":"…","PAGERDUTY_WEBHOOK_SECRET":"…"}`. A variable of the environment counts where it has none. */
export async function pageSecrets(
  name: string,
  fetchSecret: FetchSecret,
  env: Readonly<Record<string, string | undefined>>,
): Promise<(variable: string) => string | null> {
  const fields = fieldsOf(await readSecret(name, 'secrets', fetchSecret));
  return variable => {
    const kept = Object.hasOwn(fields, variable) ? fields[variable] : undefined;
    return typeof kept === 'string' && kept !== '' ? kept : env[variable] || null;
  };
}

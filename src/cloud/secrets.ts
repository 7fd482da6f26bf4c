/** Secrets of AWS Secrets Manager: read when they are needed, kept for minutes, never told. */
import {
  GetSecretValueCommand,
  SecretsManagerClient,
  SecretsManagerServiceException,
} from '@aws-sdk/client-secrets-manager';
import { type Fault, FaultError } from '../faults.ts';

/** Fetches one secret's text by name or ARN; null: it has none, only bytes. Rejects as the AWS client does. */
export type FetchSecret = (name: string) => Promise<string | null>;

/** Fetches from AWS with the credentials and region of the process. */
export const fetchFromAws: FetchSecret = async name => {
  const client = new SecretsManagerClient({ maxAttempts: 3 });
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name }));
    return SecretString ?? null;
  } finally {
    client.destroy();
  }
};

/**
 * Reads a secret's text. `holds` is what should be in it, as in `kubeconfig`. Throws a FaultError that never holds the secret:
 * `bad-config` when it is missing or empty, `forbidden` when the role may not read it, `internal` otherwise.
 */
export async function readSecret(
  name: string,
  holds: string,
  fetchSecret: FetchSecret = fetchFromAws,
): Promise<string> {
  const text = await fetchSecret(name).catch((error: unknown) => {
    throw new FaultError(faultOfFetch(name, holds, error), { cause: error });
  });
  if (text !== null && text.trim() !== '') return text;
  throw new FaultError({
    code: 'bad-config',
    what: `The secret ${name} holds no ${holds}.`,
    cause: 'It is empty, or it has bytes instead of a text.',
    remedy: 'Put it in; infra/aws/README.md shows how.',
  });
}

/** A rotated secret counts after this time at the latest. */
const KEPT_FOR_MS = 300_000;

/** The same fetch, asked once in five minutes for each name; what failed is asked again at once. */
export function keepSecrets(fetchSecret: FetchSecret, now: () => number): FetchSecret {
  const kept = new Map<string, { readonly text: Promise<string | null>; readonly untilMs: number }>();
  return name => {
    const found = kept.get(name);
    if (found !== undefined && found.untilMs > now()) return found.text;
    const text = fetchSecret(name);
    kept.set(name, { text, untilMs: now() + KEPT_FOR_MS });
    text.catch(() => kept.delete(name));
    return text;
  };
}

/** By the error's name, as AWS documents them. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
function faultOfFetch(name: string, holds: string, error: unknown): Fault {
  const what = `The ${holds} could not be read from the secret ${name}.`;
  const code = error instanceof SecretsManagerServiceException ? error.name : null;
  if (code === 'ResourceNotFoundException') {
    return {
      code: 'bad-config',
      what,
      cause: 'There is no such secret, or it has no value yet.',
      remedy: `Put the ${holds} into it; infra/aws/README.md shows how.`,
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

/** The fields of a secret that is a JSON object, e.g. `{"botToken":"..."}`; none where it is anything else. Never throws. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

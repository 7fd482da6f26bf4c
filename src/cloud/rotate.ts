/**
 * Renews the bot's identity: a token of the account egress-bot, minted by itself, tried, and only then written back. It is done
 * at half of its life, so that a whole half is left for whoever has to mend what keeps it from working.
 */
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createApiClient } from '../cluster/client.ts';
import { chooseCluster, withToken } from '../cluster/kubeconfig.ts';
import { mintToken } from '../cluster/tokens.ts';
import { FaultError } from '../faults.ts';
import { writeKubeconfigFile } from './kubeconfig-file.ts';
import { type FetchSecret, readSecret } from './secrets.ts';
import { tokenLife, withNewToken } from './token-life.ts';

/** How a rotation ended. `kept`: it is young enough, or nothing that can be renewed. */
export type Rotation =
  | { readonly kind: 'kept'; readonly why: string }
  | { readonly kind: 'renewed'; readonly expiresAtMs: number };

/** Where secrets are kept. */
export type SecretPorts = {
  readonly fetch: FetchSecret;
  readonly put: (name: string, text: string) => Promise<void>;
};

/** What is asked for; the API server may grant less. https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
const WANTED_SECONDS = 7 * 86_400;
const TIMEOUT_MS = 10_000;

/** Writes to AWS with the credentials and region of the process. */
export async function putToAws(name: string, text: string): Promise<void> {
  const client = new SecretsManagerClient({ maxAttempts: 3 });
  try {
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
  } finally {
    client.destroy();
  }
}

/**
 * Renews the token in the secret `name` when half of its life is over. `namespace` is that of the bot's accounts. Throws a
 * FaultError when it should be renewed and could not; the old one stays then.
 */
export async function rotateSecret(
  name: string,
  { namespace, nowMs, secrets }: { readonly namespace: string; readonly nowMs: number; readonly secrets: SecretPorts },
): Promise<Rotation> {
  const kubeconfig = await readSecret(name, 'kubeconfig', secrets.fetch);
  const life = tokenLife(kubeconfig);
  if (life.kind === 'none') return { kind: 'kept', why: life.why };
  const halfMs = life.issuedAtMs + (life.expiresAtMs - life.issuedAtMs) / 2;
  if (nowMs < halfMs) return { kind: 'kept', why: `It is renewed after ${new Date(halfMs).toISOString()}.` };
  const token = await newToken(name, kubeconfig, namespace);
  const renewed = withNewToken(kubeconfig, token);
  await secrets.put(name, renewed);
  const next = tokenLife(renewed);
  return { kind: 'renewed', expiresAtMs: next.kind === 'token' ? next.expiresAtMs : Number.POSITIVE_INFINITY };
}

/** Minted with the old one, and tried. */
async function newToken(name: string, kubeconfig: string, namespace: string): Promise<string> {
  const file = writeKubeconfigFile(`rotate/${name}`, kubeconfig);
  const choice = chooseCluster(null, { KUBECONFIG: file });
  const bot = createApiClient(choice.kubeConfig, 'bot', TIMEOUT_MS);
  const token = await mintToken(bot, namespace, 'egress-bot', WANTED_SECONDS).finally(() => bot.close());
  const trial = createApiClient(withToken(choice.cluster, token, 'egress-bot'), 'bot', TIMEOUT_MS);
  // The one thing that this account may do.
  await mintToken(trial, namespace, 'egress-reader')
    .catch((error: unknown) => {
      throw notAccepted(name, error);
    })
    .finally(() => trial.close());
  return token;
}

function notAccepted(name: string, error: unknown): FaultError {
  return new FaultError(
    {
      code: 'forbidden',
      what: `The new token of egress-bot does not work, so the secret ${name} was left as it is.`,
      cause: error instanceof FaultError ? error.fault.cause : String(error),
      remedy:
        'Check infra/kubernetes/base/bot-role.yaml in the cluster; put a new kubeconfig into the secret before the old one expires.',
    },
    { cause: error },
  );
}

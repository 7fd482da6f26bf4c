/** Mints the short-lived tokens with which the bot reads and probes. */
import { FaultError } from '../faults.ts';
import { apiPath, type ResourceType } from './api-path.ts';
import type { ApiClient } from './client.ts';
import { asRecord, textOf } from './json.ts';

/** The namespace of the bot's own pods and accounts, as infra/kubernetes creates it. */
export const BOT_NAMESPACE = 'egress-system';
const SERVICE_ACCOUNTS: ResourceType = { group: '', version: 'v1', plural: 'serviceaccounts' };
/** Ten minutes, the shortest that the API server grants. https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
const TOKEN_SECONDS = 600;

/**
 * Asks for a token of one of the bot's service accounts, for ten minutes where `seconds` is left out. Throws a FaultError when
 * the current identity may not: without a token nothing can go on. `namespace` is that of the accounts.
 */
export async function mintToken(
  client: ApiClient,
  namespace: string,
  account: 'egress-reader' | 'egress-prober' | 'egress-bot',
  seconds = TOKEN_SECONDS,
): Promise<string> {
  const answer = await client.send({
    method: 'POST',
    path: apiPath(SERVICE_ACCOUNTS, { namespace, name: account, subresource: 'token' }),
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: seconds } },
  });
  const token = answer.kind === 'ok' ? textOf(asRecord(asRecord(answer.body).status).token) : '';
  if (token !== '') return token;
  const cause =
    answer.kind === 'refused'
      ? answer.message
      : answer.kind === 'no-answer'
        ? answer.why
        : 'The API server sent an empty token.';
  throw new FaultError({
    code: 'forbidden',
    what: `No token could be got for service account ${namespace}/${account}.`,
    cause,
    remedy:
      answer.kind === 'refused' && answer.status === 404
        ? 'Apply infra/kubernetes/base: `kubectl apply -k infra/kubernetes/base`.'
        : `Allow this identity to create serviceaccounts/token named ${account} in ${namespace} (infra/kubernetes/base/bot-role.yaml), or leave out --as-bot.`,
  });
}

/** The bot's own namespace, where control and node pods run. */
import { setTimeout as wait } from 'node:timers/promises';
import { apiPath, NAMESPACES } from './api-path.ts';
import type { ApiClient } from './client.ts';

/** Whether control and node pods have a namespace to run in. */
export type OwnNamespace =
  | { readonly kind: 'exists' }
  | { readonly kind: 'created' }
  /** Not there and not to be made, or not known: control and node pods will say why themselves. */
  | { readonly kind: 'missing'; readonly why: string };

/**
 * Makes sure of the namespace. Somebody who asks with an own kubeconfig need not have installed anything, so it is made
 * for them, as the manifests would; the bot's accounts never make one. It stays: the next question needs it again.
 */
export async function ensureOwnNamespace(client: ApiClient, name: string, mayCreate: boolean): Promise<OwnNamespace> {
  const read = await client.send({ method: 'GET', path: apiPath(NAMESPACES, { name }) });
  if (read.kind === 'ok') return { kind: 'exists' };
  if (read.kind !== 'refused' || read.status !== 404) return { kind: 'exists' };
  if (!mayCreate) return { kind: 'missing', why: `namespace ${name} does not exist` };
  const created = await client.send({ method: 'POST', path: apiPath(NAMESPACES), body: manifestOf(name) });
  if (created.kind === 'ok') {
    await accountExists(client, name);
    return { kind: 'created' };
  }
  // Two first questions at once: the other one was quicker.
  if (created.kind === 'refused' && created.status === 409) return { kind: 'exists' };
  return { kind: 'missing', why: `namespace ${name} does not exist and may not be created` };
}

/** A controller makes it within tenths of a second. */
const ACCOUNT_POLLS = 20;
const ACCOUNT_POLL_MS = 100;

/**
 * Waits for the service account `default`, without which no pod is admitted. When it never comes, the pods will say so.
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#serviceaccount-admission-controller
 */
async function accountExists(client: ApiClient, namespace: string): Promise<void> {
  const accounts = { group: '', version: 'v1', plural: 'serviceaccounts' };
  for (let poll = 0; poll < ACCOUNT_POLLS; poll += 1) {
    const answer = await client.send({ method: 'GET', path: apiPath(accounts, { namespace, name: 'default' }) });
    if (answer.kind === 'ok') return;
    await wait(ACCOUNT_POLL_MS);
  }
}

/** As infra/kubernetes/base has it: the node pod needs the host's network, which only `privileged` lets pass. */
function manifestOf(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        'app.kubernetes.io/name': 'egress',
        'pod-security.kubernetes.io/enforce': 'privileged',
      },
    },
  };
}

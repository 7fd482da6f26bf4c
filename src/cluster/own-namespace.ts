/** The bot's own namespace, where control and node pods run. */
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
  if (created.kind === 'ok') return { kind: 'created' };
  // Two first questions at once: the other one was quicker.
  if (created.kind === 'refused' && created.status === 409) return { kind: 'exists' };
  return { kind: 'missing', why: `namespace ${name} does not exist and may not be created` };
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

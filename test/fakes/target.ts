import type { Target } from '../../src/model.ts';

/** A running pod payments/billing on node-a, with whatever a test wants otherwise. */
export function targetOf(part: Partial<Target>): Target {
  return {
    namespace: 'payments',
    pod: 'billing',
    uid: 'uid-billing',
    labels: { app: 'billing' },
    namespaceLabels: { 'kubernetes.io/metadata.name': 'payments' },
    node: 'node-a',
    owner: null,
    serviceAccount: 'default',
    hostNetwork: false,
    addresses: ['10.0.0.7'],
    state: { kind: 'running', ready: true },
    dns: { policy: 'ClusterFirst', config: null, resolvConf: null },
    container: 'app',
    proxy: { kind: 'none' },
    sidecars: [],
    siblings: [],
    ...part,
  };
}

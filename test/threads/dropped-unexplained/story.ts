import { answered, concluded, connected, diagnosisOf, dropped, type Story, saw, status } from '../story.ts';

export const story: Story = {
  title: 'allowed, and dropped all the same',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'api.stripe.com',
      port: 443,
      addresses: ['203.0.113.43'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 6),
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', '203.0.113.43:443', dropped, 3000),
        saw('control', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw('control', 'tcp', '203.0.113.43:443', connected, 12),
        saw('control', 'tls', '203.0.113.43:443', connected, 31),
        saw('control', 'http', '203.0.113.43:443', status(200), 55),
        saw('node', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '203.0.113.43:443', connected, 12),
        saw('node', 'tls', '203.0.113.43:443', connected, 31),
        saw('node', 'http', '203.0.113.43:443', status(200), 55),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded(
        'dropped-unexplained',
        'observed',
        {
          summary:
            'The SYNs of the pod vanish, those of the control pod and the node arrive, and no evaluated rule denies them',
        },
        {
          findings: [
            { kind: 'observed-differs-from-predicted', text: 'The rules allow the flow and the probe was dropped' },
          ],
        },
      ),
      noFixBecause: 'No evaluated policy denies the flow.',
      coverage: [
        { kind: 'NetworkPolicy.networking.k8s.io', status: 'evaluated', objects: 3 },
        {
          kind: 'CiliumClusterwideNetworkPolicy.cilium.io',
          status: 'forbidden',
          objects: null,
          why: 'egress-reader may not list ciliumclusterwidenetworkpolicies',
        },
      ],
    },
  ),
};

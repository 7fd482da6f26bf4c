import { answered, concluded, connected, diagnosisOf, dropped, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'the security group of the node pool drops it',
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
        saw('control', 'tcp', '203.0.113.43:443', dropped, 3000),
        saw('node', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '203.0.113.43:443', dropped, 3000),
      ],
      prediction: {
        decision: 'deny',
        by: ['SecurityGroup sg-0a1b2c'],
        why: 'no outbound rule matches 443/TCP',
        trace: [],
        flows: [],
      },
      verdict: concluded('denied-by-cloud', 'confirmed', {
        summary: 'Security group sg-0a1b2c has no outbound rule for 443/TCP',
        side: 'egress',
        scope: 'external only',
        policies: [
          {
            policy: 'SecurityGroup sg-0a1b2c',
            rule: 'has no outbound rule for 443/TCP',
            cuts: { dns: null, inCluster: false, internet: true },
            selectsPods: null,
            createdAt: '2026-04-16T09:30:00Z',
            changedAt: '2026-11-20T17:02:41Z',
            managedBy: [],
          },
        ],
      }),
      noFixBecause: 'egress proposes no changes of cloud rules.',
    },
  ),
};

import { answered, concluded, connected, diagnosisOf, dropped, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'a rule by name whose DNS goes past the DNS proxy',
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
        saw('node', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '203.0.113.43:443', connected, 12),
      ],
      prediction: {
        decision: 'deny',
        by: ['CiliumNetworkPolicy payments/allow-stripe'],
        why: 'toFQDNs knows no address for this pod',
        trace: [],
        flows: [],
      },
      verdict: concluded('fqdn-not-learned', 'confirmed', {
        summary: 'The rule by name of CiliumNetworkPolicy payments/allow-stripe has no addresses',
        side: 'egress',
        scope: 'this destination only',
        policies: [
          {
            policy: 'CiliumNetworkPolicy payments/allow-stripe',
            rule: 'toFQDNs api.stripe.com knows no address for this pod',
            cuts: { dns: false, inCluster: false, internet: true },
            selectsPods: 2,
            createdAt: '2026-04-16T09:30:00Z',
            changedAt: '2026-11-20T17:02:41Z',
            managedBy: ['Argo CD app payments'],
          },
        ],
      }),
      noFixBecause: 'The DNS rule that feeds it belongs to another policy.',
    },
  ),
};

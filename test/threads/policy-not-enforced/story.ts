import { answered, concluded, connected, diagnosisOf, type Story, saw, status } from '../story.ts';

export const story: Story = {
  title: 'denied on paper only',
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
        saw('pod', 'tcp', '203.0.113.43:443', connected, 13),
        saw('pod', 'tls', '203.0.113.43:443', connected, 29),
        saw('pod', 'http', '203.0.113.43:443', status(200), 58),
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
      prediction: {
        decision: 'deny',
        by: ['NetworkPolicy payments/default-deny'],
        why: 'it has no egress rules',
        trace: [],
        flows: [],
      },
      verdict: concluded(
        'policy-not-enforced',
        'observed',
        {
          summary: 'NetworkPolicy payments/default-deny denies the flow, and the pod connects',
          side: 'egress',
          policies: [
            {
              policy: 'NetworkPolicy payments/default-deny',
              rule: 'has no egress rules',
              cuts: { dns: true, inCluster: true, internet: true },
              selectsPods: 2,
              createdAt: '2026-04-16T09:30:00Z',
              changedAt: '2026-11-20T17:02:41Z',
              managedBy: ['Argo CD app payments'],
            },
          ],
        },
        {
          findings: [
            {
              kind: 'host-network',
              text: 'The pod uses the network of its node, to which most CNIs do not apply policies',
            },
          ],
        },
      ),
      noFixBecause: 'Nothing is dropped.',
    },
  ),
};

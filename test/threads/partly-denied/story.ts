import { answered, concluded, connected, diagnosisOf, dropped, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'two of three addresses are inside an except',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'multi.example',
      port: 443,
      addresses: ['203.0.113.60', '203.0.113.61', '198.51.100.7'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('multi.example', '203.0.113.60', '203.0.113.61', '198.51.100.7'), 6),
        saw('pod', 'tcp', '203.0.113.60:443', dropped, 3000),
        saw('pod', 'tcp', '203.0.113.61:443', dropped, 3002),
        saw('pod', 'tcp', '198.51.100.7:443', connected, 12),
        saw('control', 'dns', null, answered('multi.example', '203.0.113.60', '203.0.113.61', '198.51.100.7'), 6),
        saw('control', 'tcp', '203.0.113.60:443', connected, 12),
        saw('control', 'tcp', '203.0.113.61:443', connected, 13),
        saw('control', 'tcp', '198.51.100.7:443', connected, 11),
      ],
      prediction: {
        decision: 'deny',
        by: ['NetworkPolicy payments/egress-web'],
        why: '2 of 3 addresses are inside an except list',
        trace: [],
        flows: [],
      },
      verdict: concluded('partly-denied', 'confirmed', {
        summary: '2 of 3 addresses of multi.example are denied',
        side: 'egress',
        scope: 'not checked',
        policies: [
          {
            policy: 'NetworkPolicy payments/egress-web',
            rule: '203.0.113.60 is inside except 203.0.113.0/24',
            cuts: { dns: false, inCluster: false, internet: true },
            selectsPods: 2,
            createdAt: '2026-04-16T09:30:00Z',
            changedAt: '2026-11-20T17:02:41Z',
            managedBy: ['Argo CD app payments'],
          },
        ],
      }),
      noFixBecause: 'The except list was written on purpose; widening it is for its owner to decide.',
    },
  ),
};

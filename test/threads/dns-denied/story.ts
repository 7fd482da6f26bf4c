import { answered, concluded, connected, diagnosisOf, dropped, type Story, saw, silent, traced } from '../story.ts';

export const story: Story = {
  title: 'HTTPS is allowed and DNS was forgotten',
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
        saw('pod', 'dns', null, silent, 3000),
        saw('pod', 'cluster', '10.96.0.1:443', dropped, 3000),
        saw('pod', 'tcp', '203.0.113.43:443', connected, 14),
        saw('control', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 5),
        saw('control', 'tcp', '203.0.113.43:443', connected, 12),
      ],
      prediction: {
        decision: 'allow',
        by: [],
        why: 'NetworkPolicy payments/https-only allows 443/TCP',
        trace: [],
        flows: [
          {
            purpose: 'dns',
            from: 'payments/billing-7c9d5b6f4-hx2lp',
            to: 'pod:kube-system/coredns-7db6d8ff4d-x2m5v',
            address: '10.244.0.4',
            port: 53,
            protocol: 'UDP',
            decision: 'deny',
            by: ['NetworkPolicy payments/https-only'],
            side: 'egress',
            why: 'no rule allows the lookup',
            trace: [
              traced('NetworkPolicy payments/https-only', {
                why: 'it has app=billing',
                rules: [
                  {
                    index: 0,
                    name: null,
                    action: 'accept',
                    match: 'no',
                    why: 'ports do not match: 53/UDP is not in [443/TCP]',
                    fieldsMatched: 1,
                  },
                ],
              }),
            ],
            unknowns: [],
            assumptions: [],
          },
        ],
      },
      verdict: concluded(
        'dns-denied-by-policy',
        'confirmed',
        {
          summary: 'The lookup of api.stripe.com is denied by NetworkPolicy payments/https-only',
          layer: 'dns',
          scope: 'not checked',
          side: 'egress',
          policies: [
            {
              policy: 'NetworkPolicy payments/https-only',
              rule: 'rule 1: ports do not match: 53/UDP is not in [443/TCP]',
              cuts: { dns: true, inCluster: true, internet: false },
              selectsPods: 2,
              createdAt: '2026-04-16T09:30:00Z',
              changedAt: '2026-11-20T17:02:41Z',
              managedBy: ['Argo CD app payments'],
            },
          ],
        },
        { explains: ['The pod gets no answer from DNS'] },
      ),
      noFixBecause: 'The pods of the cluster DNS could not be listed, so a rule for them cannot be written.',
    },
  ),
};

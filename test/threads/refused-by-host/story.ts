import { answered, concluded, connected, diagnosisOf, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'nothing listens there',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'api.stripe.com',
      port: 8443,
      addresses: ['203.0.113.43'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 6),
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', '203.0.113.43:8443', { kind: 'refused' }, 2),
        saw('control', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw('control', 'tcp', '203.0.113.43:8443', { kind: 'refused' }, 1),
        saw('node', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '203.0.113.43:8443', { kind: 'refused' }, 1),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('refused-by-host', 'confirmed', {
        summary: '203.0.113.43:8443 refuses the connection of the pod and of its node',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

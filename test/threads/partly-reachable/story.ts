import { answered, concluded, connected, diagnosisOf, dropped, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'one of two addresses does not answer anybody',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'half.example',
      port: 443,
      addresses: ['203.0.113.62', '203.0.113.70'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('half.example', '203.0.113.62', '203.0.113.70'), 6),
        saw('pod', 'tcp', '203.0.113.62:443', connected, 12),
        saw('pod', 'tcp', '203.0.113.70:443', dropped, 3000),
        saw('node', 'tcp', '203.0.113.62:443', connected, 10),
        saw('node', 'tcp', '203.0.113.70:443', dropped, 3000),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('partly-reachable', 'confirmed', {
        summary: '1 of 2 addresses of half.example answers: 203.0.113.70 is silent to the pod and to its node',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

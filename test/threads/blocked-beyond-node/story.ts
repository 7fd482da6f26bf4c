import { answered, concluded, connected, diagnosisOf, dropped, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'a black hole beyond the node',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'blackhole.example',
      port: 443,
      addresses: ['198.51.100.99'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('blackhole.example', '198.51.100.99'), 6),
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', '198.51.100.99:443', dropped, 3000),
        saw('control', 'dns', null, answered('blackhole.example', '198.51.100.99'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw('control', 'tcp', '198.51.100.99:443', dropped, 3001),
        saw('node', 'dns', null, answered('blackhole.example', '198.51.100.99'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '198.51.100.99:443', dropped, 3001),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('blocked-beyond-node', 'confirmed', {
        summary: 'The SYNs to 198.51.100.99:443 vanish, from the node as from the pod',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

import { answered, concluded, connected, diagnosisOf, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'a router answers that it is forbidden',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'prohibited.example',
      port: 443,
      addresses: ['198.51.100.98'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('prohibited.example', '198.51.100.98'), 6),
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', '198.51.100.98:443', { kind: 'unreachable', errno: 'EHOSTUNREACH', codes: [13] }, 3),
        saw('control', 'dns', null, answered('prohibited.example', '198.51.100.98'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw(
          'control',
          'tcp',
          '198.51.100.98:443',
          { kind: 'unreachable', errno: 'EHOSTUNREACH', codes: [1, 10, 13] },
          3,
        ),
        saw('node', 'dns', null, answered('prohibited.example', '198.51.100.98'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '198.51.100.98:443', { kind: 'unreachable', errno: 'EHOSTUNREACH', codes: [1, 10, 13] }, 3),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('blocked-beyond-node', 'confirmed', {
        summary: 'A router answers "administratively prohibited" for 198.51.100.98, to the node as to the pod',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

import { answered, concluded, connected, diagnosisOf, type Story, saw, status } from '../story.ts';

export const story: Story = {
  title: 'the NAT address is not on the list',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'allowlist.example',
      port: 443,
      addresses: ['203.0.113.55'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('allowlist.example', '203.0.113.55'), 6),
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', '203.0.113.55:443', connected, 13),
        saw('pod', 'tls', '203.0.113.55:443', connected, 30),
        saw('pod', 'http', '203.0.113.55:443', status(403), 51),
        saw('control', 'dns', null, answered('allowlist.example', '203.0.113.55'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw('control', 'tcp', '203.0.113.55:443', connected, 12),
        saw('control', 'tls', '203.0.113.55:443', connected, 31),
        saw('control', 'http', '203.0.113.55:443', status(403), 55),
        saw('node', 'dns', null, answered('allowlist.example', '203.0.113.55'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '203.0.113.55:443', connected, 12),
        saw('node', 'tls', '203.0.113.55:443', connected, 31),
        saw('node', 'http', '203.0.113.55:443', status(403), 55),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('source-not-allowlisted', 'observed', {
        summary: 'allowlist.example sees this pod as 192.0.2.77, which is not on its list (config sources.allowlist)',
        layer: 'http',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

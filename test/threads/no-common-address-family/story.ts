import { answered, concluded, connected, diagnosisOf, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'an IPv6-only host asked from an IPv4-only pod',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'v6only.example',
      port: 443,
      addresses: ['2001:db8::43'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('v6only.example', '2001:db8::43'), 6),
        saw('pod', 'tcp', '[2001:db8::43]:443', { kind: 'no-route' }, 0),
        saw('control', 'tcp', '[2001:db8::43]:443', { kind: 'no-route' }, 0),
        saw('node', 'tcp', '[2001:db8::43]:443', connected, 12),
        saw('node', 'tls', '[2001:db8::43]:443', connected, 29),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('no-common-address-family', 'confirmed', {
        summary: 'v6only.example has IPv6 addresses only, and the pod has IPv4 only',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

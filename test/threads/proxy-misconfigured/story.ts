import { answered, concluded, connected, diagnosisOf, podOf, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'HTTPS_PROXY points to a port that refuses',
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
        { ...saw('pod', 'tcp', '203.0.113.90:3128', { kind: 'refused' }, 1), via: 'proxy' },
        { ...saw('node', 'tcp', '203.0.113.90:3128', { kind: 'refused' }, 1), via: 'proxy' },
        saw('node', 'tcp', '203.0.113.43:443', connected, 12),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded(
        'proxy-misconfigured',
        'observed',
        { summary: 'HTTPS_PROXY names proxy.example:3128, which refuses the connection' },
        { findings: [{ kind: 'proxy', text: 'The container sets HTTPS_PROXY=http://proxy.example:3128' }] },
      ),
      noFixBecause: 'No policy is the cause.',
      target: {
        ...podOf('payments', 'billing-7c9d5b6f4-hx2lp', 'billing'),
        proxy: {
          kind: 'set',
          uses: { variable: 'HTTPS_PROXY', host: 'proxy.example', port: 3128, scheme: 'http' },
          variables: { HTTPS_PROXY: 'http://proxy.example:3128' },
          exemptedBy: null,
        },
      },
    },
  ),
};

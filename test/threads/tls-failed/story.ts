import { answered, concluded, connected, diagnosisOf, type Story, saw } from '../story.ts';

const expired = {
  kind: 'tls-failed',
  why: 'expired',
  detail: 'certificate has expired',
  certificate: {
    subject: 'CN=expired.example',
    issuer: 'CN=Lab CA',
    names: ['expired.example'],
    notBefore: '2020-01-01T00:00:00Z',
    notAfter: '2020-02-01T00:00:00Z',
  },
} as const;

export const story: Story = {
  title: 'an expired certificate',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'expired.example',
      port: 443,
      addresses: ['203.0.113.57'],
    },
    {
      observations: [
        saw('pod', 'dns', null, answered('expired.example', '203.0.113.57'), 6),
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', '203.0.113.57:443', connected, 13),
        saw('pod', 'tls', '203.0.113.57:443', expired, 30),
        saw('control', 'dns', null, answered('expired.example', '203.0.113.57'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw('control', 'tcp', '203.0.113.57:443', connected, 12),
        saw('control', 'tls', '203.0.113.57:443', expired, 28),
        saw('node', 'dns', null, answered('expired.example', '203.0.113.57'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '203.0.113.57:443', connected, 12),
        saw('node', 'tls', '203.0.113.57:443', expired, 28),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('tls-failed', 'confirmed', {
        summary: 'The certificate of expired.example expired on 2020-02-01',
        layer: 'tls',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

import { answered, concluded, connected, diagnosisOf, type Story, saw, status } from '../story.ts';

export const story: Story = {
  title: 'a mesh that knows only registered hosts',
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
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', '203.0.113.43:443', connected, 1),
        saw(
          'pod',
          'tls',
          '203.0.113.43:443',
          { kind: 'tls-failed', why: 'reset', detail: 'connection reset by peer', certificate: null },
          3,
        ),
        saw('control', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw('control', 'tcp', '203.0.113.43:443', connected, 12),
        saw('control', 'tls', '203.0.113.43:443', connected, 31),
        saw('control', 'http', '203.0.113.43:443', status(200), 55),
        saw('node', 'dns', null, answered('api.stripe.com', '203.0.113.43'), 4),
        saw('node', 'cluster', '10.96.0.1:443', connected, 2),
        saw('node', 'tcp', '203.0.113.43:443', connected, 12),
        saw('node', 'tls', '203.0.113.43:443', connected, 31),
        saw('node', 'http', '203.0.113.43:443', status(200), 55),
      ],
      prediction: {
        decision: 'deny',
        by: ['Sidecar payments/default'],
        why: 'api.stripe.com is in no ServiceEntry',
        trace: [],
        flows: [],
      },
      verdict: concluded(
        'denied-by-mesh',
        'confirmed',
        {
          summary: 'Sidecar payments/default lets out registered hosts only, and api.stripe.com is not registered',
          side: 'egress',
          scope: 'external only',
          layer: 'tls',
          policies: [
            {
              policy: 'Sidecar payments/default',
              rule: 'lets out registered hosts only (REGISTRY_ONLY)',
              cuts: { dns: false, inCluster: false, internet: true },
              selectsPods: 2,
              createdAt: '2026-04-16T09:30:00Z',
              changedAt: '2026-11-20T17:02:41Z',
              managedBy: ['Argo CD app payments'],
            },
          ],
        },
        {
          findings: [
            { kind: 'sidecar', text: 'istio-proxy in the pod accepts every connection: only TLS and HTTP count' },
          ],
        },
      ),
      noFixBecause: 'A ServiceEntry is for the owner of the mesh to add.',
    },
  ),
};

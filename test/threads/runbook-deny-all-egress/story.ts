import {
  answered,
  concluded,
  connected,
  diagnosisOf,
  dropped,
  type Story,
  saw,
  silent,
  status,
  traced,
} from '../story.ts';

const fix = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'allow-google-com', namespace: 'default', labels: { 'app.kubernetes.io/created-by': 'egress' } },
  spec: {
    podSelector: { matchLabels: { app: 'firewall-test' } },
    policyTypes: ['Egress'],
    egress: [
      { to: [{ ipBlock: { cidr: '203.0.113.80/32' } }], ports: [{ protocol: 'TCP', port: 80 }] },
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
            podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
          },
        ],
        ports: [
          { protocol: 'UDP', port: 53 },
          { protocol: 'TCP', port: 53 },
        ],
      },
    ],
  },
};

export const story: Story = {
  title: 'the runbook: a policy without egress rules cuts everything that its pod sends',
  diagnosis: diagnosisOf(
    {
      namespace: 'default',
      pod: 'firewall-restriction-pod',
      app: 'firewall-test',
      host: 'google.com',
      port: 80,
      addresses: ['203.0.113.80'],
    },
    {
      observations: [
        saw('pod', 'dns', null, silent, 3000),
        saw('pod', 'cluster', '10.96.0.1:443', dropped, 3000),
        saw('pod', 'tcp', '203.0.113.80:80', dropped, 3001),
        saw('control', 'dns', null, answered('google.com', '203.0.113.80'), 4),
        saw('control', 'cluster', '10.96.0.1:443', connected, 2),
        saw('control', 'tcp', '203.0.113.80:80', connected, 11),
        saw('control', 'http', '203.0.113.80:80', status(200), 19),
        saw('node', 'dns', null, answered('google.com', '203.0.113.80'), 3),
        saw('node', 'cluster', '10.96.0.1:443', connected, 1),
        saw('node', 'tcp', '203.0.113.80:80', connected, 9),
        saw('node', 'http', '203.0.113.80:80', status(200), 15),
      ],
      prediction: {
        decision: 'deny',
        by: ['NetworkPolicy default/deny-all-egress'],
        why: 'NetworkPolicy default/deny-all-egress selects the pod and has no egress rules',
        trace: [
          traced('NetworkPolicy default/deny-all-egress', {
            why: 'podSelector app=firewall-test matches; it has no egress rules',
          }),
        ],
        flows: [],
      },
      verdict: concluded(
        'denied-by-policy',
        'confirmed',
        {
          summary:
            'NetworkPolicy default/deny-all-egress has no egress rules, so nothing that firewall-restriction-pod sends gets out',
          policies: [
            {
              policy: 'NetworkPolicy default/deny-all-egress',
              rule: 'has no egress rules',
              cuts: { dns: true, inCluster: true, internet: true },
              selectsPods: 1,
              createdAt: '2026-11-21T02:11:00Z',
              changedAt: '2026-11-21T02:11:00Z',
              managedBy: ['kubectl-client-side-apply'],
            },
          ],
          scope: 'everything',
          side: 'egress',
        },
        { explains: ['The pod gets no answer from DNS', 'The pod cannot connect to the API server'] },
      ),
      fix: {
        manifests: [fix],
        summary: 'Allows pods app=firewall-test TCP 80 to 203.0.113.80 (google.com) and DNS to the cluster DNS pods',
        kind: 'NetworkPolicy with exact addresses: the ranges of this cluster are not all known, so none could be excepted from 0.0.0.0/0',
        newlyAllowed: [
          { pods: ['default/firewall-restriction-pod'], destinations: ['203.0.113.80/32'], ports: ['80/TCP'] },
          {
            pods: ['default/firewall-restriction-pod'],
            destinations: ['pod:kube-system/coredns-7db6d8ff4d-x2m5v'],
            ports: ['53/TCP', '53/UDP'],
          },
        ],
        proof: {
          before: 'deny',
          after: 'allow',
          newlyDenied: [],
          serverDryRun: { kind: 'accepted' },
          verified: { kind: 'not-asked' },
        },
      },
      byHand: [
        {
          what: 'the same request from the pod',
          command: 'kubectl exec -n default firewall-restriction-pod -- wget -qO- --timeout=3 http://google.com',
        },
        {
          what: 'the same request from its node',
          command:
            'kubectl debug node/lab-control-plane -it --image=busybox -- wget -qO- --timeout=3 http://google.com',
        },
        { what: 'the policy', command: 'kubectl describe networkpolicy -n default deny-all-egress' },
      ],
    },
  ),
};

import {
  answered,
  concluded,
  connected,
  diagnosisOf,
  dropped,
  notRun,
  type Story,
  saw,
  status,
  traced,
} from '../story.ts';

const fix = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: {
    name: 'allow-firewall-restriction-pod-to-google-com',
    namespace: 'default',
    labels: {
      'app.kubernetes.io/created-by': 'egress',
    },
    annotations: {
      'kubernetes.io/description':
        'Proposed by egress: lets Pod default/firewall-restriction-pod reach google.com on 80/TCP, which NetworkPolicy default/deny-all-egress denied.',
    },
  },
  spec: {
    podSelector: {
      matchLabels: {
        app: 'firewall-test',
      },
    },
    policyTypes: ['Egress'],
    egress: [
      {
        to: [
          {
            ipBlock: {
              cidr: '0.0.0.0/0',
              except: [
                '10.0.0.0/8',
                '100.64.0.0/10',
                '169.254.0.0/16',
                '172.16.0.0/12',
                '192.0.2.10/32',
                '192.168.0.0/16',
              ],
            },
          },
        ],
        ports: [
          {
            protocol: 'TCP',
            port: 80,
          },
        ],
      },
      {
        to: [
          {
            namespaceSelector: {
              matchLabels: {
                'kubernetes.io/metadata.name': 'kube-system',
              },
            },
            podSelector: {
              matchLabels: {
                'k8s-app': 'kube-dns',
              },
            },
          },
        ],
        ports: [
          {
            protocol: 'UDP',
            port: 53,
          },
          {
            protocol: 'TCP',
            port: 53,
          },
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
        saw('pod', 'dns', null, { kind: 'resolver-timeout', waitedMs: 3062 }, 3062),
        { ...saw('pod', 'dns', null, { kind: 'resolver-timeout', waitedMs: 3060 }, 3060), protocol: 'TCP' },
        saw('pod', 'cluster', '10.96.0.1:443', dropped, 3001.7),
        saw('pod', 'tcp', '203.0.113.80:80', dropped, 3001.1),
        saw('pod', 'http', '203.0.113.80:80', notRun('tcp did not connect'), 0),
        saw('control', 'dns', null, answered('google.com', '203.0.113.80'), 16),
        { ...saw('control', 'dns', null, answered('google.com', '203.0.113.80'), 0), protocol: 'TCP' },
        saw('control', 'cluster', '10.96.0.1:443', connected, 40.9),
        saw('control', 'tcp', '203.0.113.80:80', connected, 4.6),
        saw('control', 'http', '203.0.113.80:80', status(200), 4),
        saw('node', 'dns', null, answered('google.com', '203.0.113.80'), 4),
        { ...saw('node', 'dns', null, answered('google.com', '203.0.113.80'), 4), protocol: 'TCP' },
        saw('node', 'cluster', '10.96.0.1:443', connected, 4.4),
        saw('node', 'tcp', '203.0.113.80:80', connected, 0.2),
        saw('node', 'http', '203.0.113.80:80', status(200), 3),
      ],
      prediction: {
        decision: 'deny',
        by: ['NetworkPolicy default/deny-all-egress'],
        why: 'NetworkPolicy default/deny-all-egress has no egress rules',
        trace: [
          traced('NetworkPolicy default/deny-all-egress', {
            why: 'it has app=firewall-test; has no egress rules',
            effect: 'none',
            rules: [],
          }),
        ],
        flows: [],
      },
      verdict: concluded(
        'denied-by-policy',
        'confirmed',
        {
          summary:
            "NetworkPolicy default/deny-all-egress (the pod's egress rules) denies default/firewall-restriction-pod the connection to google.com:80.",
          layer: 'dns',
          policies: [
            {
              policy: 'NetworkPolicy default/deny-all-egress',
              rule: 'has no egress rules',
              cuts: {
                dns: true,
                inCluster: true,
                internet: true,
              },
              selectsPods: 1,
              createdAt: '2026-11-21T08:04:46Z',
              changedAt: '2026-11-21T08:04:46Z',
              managedBy: ['kubectl-client-side-apply'],
            },
          ],
          scope: 'everything',
          side: 'egress',
        },
        {
          explains: [
            'From the pod, the lookup of google.com over UDP gets no answer within 3062 ms.',
            'From the pod, the lookup of google.com over TCP gets no answer within 3060 ms.',
            'From the pod, kubernetes.default cannot be reached either.',
            'From the pod, 203.0.113.80: no answer to the SYN within 3001 ms.',
            'The control pod and the node get through to the same addresses, so the host and the network beyond the node work.',
          ],
        },
      ),
      fix: {
        manifests: [fix],
        summary:
          'Allows Pod default/firewall-restriction-pod to reach google.com on 80/TCP and to ask its nameservers, beside NetworkPolicy default/deny-all-egress, which stays as it is.',
        kind: "NetworkPolicy with an ipBlock of every address outside the cluster (in-cluster ranges from ServiceCIDR, node podCIDRs, CNI pools, node addresses, pod addresses, Service addresses, and private ranges, are in except): NetworkPolicy cannot name a host, and the addresses of google.com may change; stricter, until they do: 203.0.113.80/32; pods by the workload's labels",
        newlyAllowed: [
          {
            pods: ['default/firewall-restriction-pod'],
            destinations: [
              '0.0.0.0-9.255.255.255',
              '11.0.0.0-100.63.255.255',
              '100.128.0.0-169.253.255.255',
              '169.255.0.0-172.15.255.255',
              '172.32.0.0-192.0.2.9',
              '192.0.2.11-192.167.255.255',
              '192.169.0.0-255.255.255.255',
            ],
            ports: ['80/TCP'],
          },
          {
            pods: ['default/firewall-restriction-pod'],
            destinations: ['pod:kube-system/coredns-d6785d46b-88w5g'],
            ports: ['53/TCP', '53/UDP'],
          },
        ],
        proof: {
          before: 'deny',
          after: 'allow',
          newlyDenied: [],
          serverDryRun: {
            kind: 'accepted',
          },
          verified: {
            kind: 'not-asked',
          },
        },
      },
      byHand: [
        {
          what: 'see the pod: its state, and the labels that policies select it by',
          command:
            'kubectl --context=lab --namespace=default get pod/firewall-restriction-pod --show-labels --output=wide',
        },
        {
          what: 'ask for the name from the pod (an ephemeral container; it stays in the spec until the pod is replaced)',
          command:
            'kubectl --context=lab --namespace=default debug pod/firewall-restriction-pod -it --image=nicolaka/netshoot:v0.13 -- nslookup google.com',
        },
        {
          what: 'reach the API server from the pod: is everything cut, or only what is outside? (an ephemeral container; it stays in the spec until the pod is replaced)',
          command:
            "kubectl --context=lab --namespace=default debug pod/firewall-restriction-pod -it --image=nicolaka/netshoot:v0.13 -- curl -sS --globoff -k --noproxy '*' --max-time 3 -o /dev/null -w '%{http_code} from %{remote_ip} in %{time_total} s' https://kubernetes.default.svc/",
        },
        {
          what: 'reach the host from the pod (an ephemeral container; it stays in the spec until the pod is replaced)',
          command:
            "kubectl --context=lab --namespace=default debug pod/firewall-restriction-pod -it --image=nicolaka/netshoot:v0.13 -- curl -sS --globoff --noproxy '*' --max-time 3 -o /dev/null -w '%{http_code} from %{remote_ip} in %{time_total} s' http://google.com:80/",
        },
        {
          what: 'reach the host from the node (a pod node-debugger-…; delete it afterwards)',
          command:
            "kubectl --context=lab debug node/lab-node -it --image=nicolaka/netshoot:v0.13 -- curl -sS --globoff --noproxy '*' --max-time 3 -o /dev/null -w '%{http_code} from %{remote_ip} in %{time_total} s' http://google.com:80/",
        },
        {
          what: 'list the network policies of its namespace',
          command: 'kubectl --context=lab --namespace=default get networkpolicies.networking.k8s.io',
        },
        {
          what: 'read NetworkPolicy default/deny-all-egress',
          command: 'kubectl --context=lab --namespace=default describe networkpolicy.networking.k8s.io/deny-all-egress',
        },
      ],
      notLookedAt: [
        {
          what: 'from the host that this program runs on',
          why: 'not asked for',
        },
        {
          what: 'http from the pod',
          why: 'tcp did not connect',
        },
        {
          what: 'cloud rules',
          why: 'security groups, network ACLs, routes and NAT addresses of the cloud are not read',
        },
      ],
      timing: {
        totalMs: 6696,
        startupMs: 1437,
        probesMs: 5052,
      },
    },
  ),
};

/** Clusters of any size for the benchmarks: every namespace has the same share of pods and policies. */

/** How large, and of which kinds its policies are. */
export type ClusterSize = {
  readonly pods: number;
  readonly policies: number;
  readonly namespaces: number;
  /** `mixed`: NetworkPolicy, Cilium's, Calico's and AdminNetworkPolicy, namespaced and cluster-wide. */
  readonly kinds: 'plain' | 'mixed';
};

type Json = Readonly<Record<string, unknown>>;

/** The objects of such a cluster, ready to be written as one List. Each namespace has a Service. */
export function largeCluster({ pods, policies, namespaces, kinds }: ClusterSize): readonly object[] {
  const make = kinds === 'plain' ? networkPolicy : mixedPolicy;
  return [
    ...range(namespaces).flatMap(index => [namespace(index), service(index)]),
    ...range(pods).map(index => pod(index, namespaces)),
    ...range(policies).map(index => make(index, namespaces)),
  ];
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function namespace(index: number): Json {
  const name = `team-${index}`;
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'kubernetes.io/metadata.name': name, team: name } },
  };
}

function service(index: number): Json {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: `team-${index}` },
    spec: {
      clusterIP: `10.${96 + (index >> 8)}.${index & 255}.1`,
      selector: { app: 'app-0' },
      ports: [{ port: 80, targetPort: 8080 }],
    },
  };
}

function pod(index: number, namespaces: number): Json {
  const ip = `10.${128 + (index >> 14)}.${(index >> 7) & 127}.${(index & 127) + 1}`;
  const labels = {
    app: `app-${index % 20}`,
    'pod-template-hash': `h${index}`,
    tier: index % 2 === 0 ? 'front' : 'back',
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${index}`, namespace: `team-${index % namespaces}`, labels },
    spec: {
      nodeName: `node-${index % 100}`,
      containers: [{ name: 'main', image: 'x', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], hostIP: `192.168.${index % 100}.1` },
  };
}

function networkPolicy(index: number, namespaces: number): Json {
  const egress = [
    {
      to: [
        {
          namespaceSelector: { matchLabels: { team: `team-${index % 7}` } },
          podSelector: { matchLabels: { app: `app-${index % 20}` } },
        },
      ],
      ports: [{ port: 8080 }],
    },
    {
      to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'] } }],
      ports: [{ port: 80 }],
    },
    {
      to: [{ namespaceSelector: {} }],
      ports: [
        { protocol: 'UDP', port: 53 },
        { protocol: 'TCP', port: 53 },
      ],
    },
  ];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: namespaced(index, namespaces),
    spec: {
      podSelector: index % 5 === 0 ? {} : { matchLabels: { app: `app-${index % 20}` } },
      policyTypes: ['Egress', 'Ingress'],
      egress,
      ingress: [{ from: [{ podSelector: {} }] }],
    },
  };
}

/** Of ten policies: four of Kubernetes, three of Cilium, two of Calico, one AdminNetworkPolicy; of each, some cluster-wide. */
function mixedPolicy(index: number, namespaces: number): Json {
  switch (index % 10) {
    case 0:
    case 1:
    case 2:
    case 3:
      return networkPolicy(index, namespaces);
    case 4:
    case 5:
    case 6:
      return ciliumPolicy(index, namespaces);
    case 7:
    case 8:
      return calicoPolicy(index, namespaces);
    default:
      return adminPolicy(index);
  }
}

function ciliumPolicy(index: number, namespaces: number): Json {
  const isWide = index % 60 === 4;
  const spec = {
    endpointSelector: { matchLabels: { app: `app-${index % 20}` } },
    egress: [
      { toFQDNs: [{ matchPattern: `*.team-${index % 7}.example` }], toPorts: [tcp(443)] },
      { toEndpoints: [{ matchLabels: { app: `app-${(index + 1) % 20}` } }], toPorts: [tcp(8080)] },
      { toEntities: ['cluster'], toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }] }] },
    ],
    egressDeny: [{ toCIDR: [`198.51.${index % 100}.0/24`] }],
  };
  const kind = isWide ? 'CiliumClusterwideNetworkPolicy' : 'CiliumNetworkPolicy';
  const metadata = isWide ? { name: `policy-${index}` } : namespaced(index, namespaces);
  return { apiVersion: 'cilium.io/v2', kind, metadata, spec };
}

function tcp(port: number): Json {
  return { ports: [{ port: String(port), protocol: 'TCP' }] };
}

function calicoPolicy(index: number, namespaces: number): Json {
  const isWide = index % 40 === 7;
  const spec = {
    order: index,
    selector: `app == 'app-${index % 20}' && tier in {'front', 'back'}`,
    types: ['Egress'],
    egress: [
      { action: 'Deny', protocol: 'TCP', destination: { nets: [`198.51.${index % 100}.0/24`] } },
      {
        action: 'Allow',
        protocol: 'TCP',
        destination: { selector: `app == 'app-${(index + 1) % 20}'`, ports: [8080] },
      },
      { action: 'Allow', protocol: 'UDP', destination: { ports: [53] } },
    ],
  };
  const kind = isWide ? 'GlobalNetworkPolicy' : 'NetworkPolicy';
  const metadata = isWide ? { name: `policy-${index}` } : namespaced(index, namespaces);
  return { apiVersion: 'projectcalico.org/v3', kind, metadata, spec };
}

function adminPolicy(index: number): Json {
  return {
    apiVersion: 'policy.networking.k8s.io/v1alpha1',
    kind: 'AdminNetworkPolicy',
    metadata: { name: `policy-${index}` },
    spec: {
      priority: index % 1000,
      subject: { namespaces: { matchLabels: { team: `team-${index % 50}` } } },
      egress: [
        { action: 'Deny', to: [{ networks: [`198.51.${index % 100}.0/24`] }] },
        { action: 'Pass', to: [{ pods: { namespaceSelector: {}, podSelector: { matchLabels: { tier: 'front' } } } }] },
      ],
    },
  };
}

function namespaced(index: number, namespaces: number): Json {
  return { name: `policy-${index}`, namespace: `team-${index % namespaces}` };
}

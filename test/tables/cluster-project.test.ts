import { describe, expect, test } from 'vitest';
import { projectObject } from '../../src/cluster/project.ts';
import type { KubernetesObject } from '../../src/evidence.ts';

/** Planted wherever a secret could be: none of it may come through. */
const PLANTED = 'hunter2-planted';

const object = (apiVersion: string, kind: string, rest: Readonly<Record<string, unknown>> = {}): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: {
    name: 'x',
    namespace: 'payments',
    uid: 'u',
    resourceVersion: '7',
    generation: 2,
    creationTimestamp: '2026-11-21T07:00:00Z',
    labels: { app: 'billing' },
    annotations: {
      'kubectl.kubernetes.io/last-applied-configuration': PLANTED,
      'acme.example/token': PLANTED,
      'argocd.argoproj.io/tracking-id': 'payments:x',
    },
    managedFields: [
      { manager: 'kubectl', operation: 'Apply', time: '2026-11-21T07:01:00Z', fieldsV1: { 'f:spec': PLANTED } },
    ],
    ownerReferences: [{ kind: 'ReplicaSet', name: 'r', uid: 'o', controller: true, blockOwnerDeletion: true }],
    finalizers: [PLANTED],
  },
  ...rest,
});

const pod = object('v1', 'Pod', {
  spec: {
    nodeName: 'n',
    serviceAccountName: 'sa',
    hostNetwork: false,
    dnsPolicy: 'ClusterFirst',
    containers: [
      {
        name: 'app',
        image: 'busybox:1.36',
        env: [{ name: 'PASSWORD', value: PLANTED }],
        args: [PLANTED],
        command: [PLANTED],
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP', hostIP: '0.0.0.0' }],
      },
    ],
    initContainers: [{ name: 'sidecar', restartPolicy: 'Always', env: [{ name: 'P', value: PLANTED }] }],
    ephemeralContainers: [{ name: 'e', args: [PLANTED] }],
    volumes: [{ name: PLANTED }],
  },
  status: {
    phase: 'Running',
    podIP: '10.244.0.7',
    podIPs: [{ ip: '10.244.0.7' }],
    hostIP: '192.0.2.10',
    message: PLANTED,
  },
});

const policy = object('cilium.io/v2', 'CiliumNetworkPolicy', {
  spec: { endpointSelector: {}, futureField: { any: 'thing' } },
  specs: [{ endpointSelector: {} }],
  status: { message: PLANTED },
});

describe('what is kept', () => {
  test('of a pod: what policies see', () => {
    expect(projectObject(pod)).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'x',
        namespace: 'payments',
        uid: 'u',
        creationTimestamp: '2026-11-21T07:00:00Z',
        labels: { app: 'billing' },
        annotations: { 'argocd.argoproj.io/tracking-id': 'payments:x' },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'r', uid: 'o', controller: true }],
      },
      spec: {
        nodeName: 'n',
        serviceAccountName: 'sa',
        hostNetwork: false,
        dnsPolicy: 'ClusterFirst',
        containers: [
          { name: 'app', image: 'busybox:1.36', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }] },
        ],
        initContainers: [{ name: 'sidecar', restartPolicy: 'Always' }],
      },
      status: { phase: 'Running', podIP: '10.244.0.7', podIPs: [{ ip: '10.244.0.7' }], hostIP: '192.0.2.10' },
    });
  });

  test('of a policy: everything but its status, and of its changes who and when', () => {
    expect(projectObject(policy)).toMatchObject({
      metadata: {
        resourceVersion: '7',
        generation: 2,
        managedFields: [{ manager: 'kubectl', operation: 'Apply', time: '2026-11-21T07:01:00Z' }],
      },
      spec: { endpointSelector: {}, futureField: { any: 'thing' } },
      specs: [{ endpointSelector: {} }],
    });
  });

  test('an absent egress list stays absent, an empty one empty', () => {
    const read = (spec: object): unknown =>
      projectObject(object('networking.k8s.io/v1', 'NetworkPolicy', { spec }))?.spec;
    expect(read({ podSelector: {} })).toStrictEqual({ podSelector: {} });
    expect(read({ podSelector: {}, egress: [] })).toStrictEqual({ podSelector: {}, egress: [] });
  });

  test('of a ConfigMap: settings of the network plugin alone', () => {
    const data = {
      'enable-policy': 'default',
      'enable-k8s-cluster-network-policy': 'true',
      'tofqdns-min-ttl': '60',
      labels: 'k8s:!job-name',
      'label-prefix-file': '/x',
      'labels-of-mine': PLANTED,
      'some-password': PLANTED,
      'etcd-config': PLANTED,
    };
    expect(projectObject(object('v1', 'ConfigMap', { data }))?.data).toEqual({
      'enable-policy': 'default',
      'enable-k8s-cluster-network-policy': 'true',
      'tofqdns-min-ttl': '60',
      labels: 'k8s:!job-name',
      'label-prefix-file': '/x',
    });
  });

  test("of Istio's ConfigMap: what lets traffic out, and nothing of it when it is no YAML", () => {
    const mesh = `outboundTrafficPolicy: {mode: REGISTRY_ONLY}\nrootNamespace: mesh\naccessLogFile: ${PLANTED}\n`;
    const read = (text: string) => projectObject(object('v1', 'ConfigMap', { data: { mesh: text } }))?.data;
    expect(read(mesh)).toEqual({
      mesh: '{"outboundTrafficPolicy":{"mode":"REGISTRY_ONLY"},"rootNamespace":"mesh"}',
    });
    expect(read(`{${PLANTED}: [`)).toEqual({});
  });

  test('of a DaemonSet: switches of network plugins alone', () => {
    const container = {
      name: 'a',
      image: 'b',
      args: ['--enable-network-policy=false', PLANTED],
      command: ['/bin/x', '--run-firewall=false'],
      env: [
        { name: 'NETWORK_POLICY_ENFORCING_MODE', value: 'strict' },
        { name: 'SECRET', value: PLANTED },
      ],
    };
    const odd = { name: 'c', args: [PLANTED], env: [{ name: 'NETWORK_POLICY_ENFORCING_MODE', value: PLANTED }] };
    const spec = { template: { spec: { containers: [container, odd, { name: 'd' }] } } };
    expect(projectObject(object('apps/v1', 'DaemonSet', { spec }))?.spec).toEqual({
      template: {
        spec: {
          containers: [
            {
              name: 'a',
              image: 'b',
              args: ['--enable-network-policy=false'],
              command: ['--run-firewall=false'],
              env: [{ name: 'NETWORK_POLICY_ENFORCING_MODE', value: 'strict' }],
            },
            { name: 'c', args: [] },
            { name: 'd' },
          ],
          initContainers: [],
        },
      },
    });
  });

  test("Calico's storage: the labels that its annotation holds, and nothing else of it", () => {
    const set = {
      ...object('crd.projectcalico.org/v1', 'NetworkSet', { spec: { nets: ['10.0.0.0/8'] } }),
      metadata: {
        name: 'x',
        annotations: {
          'projectcalico.org/metadata': JSON.stringify({ labels: { role: 'db' }, annotations: { a: PLANTED } }),
        },
      },
    };
    expect(projectObject(set)?.metadata).toEqual({ name: 'x', labels: { role: 'db' } });
  });
});

test.each<readonly [string, KubernetesObject]>([
  ['Pod', pod],
  ['policy', policy],
  ['Namespace', object('v1', 'Namespace', { spec: { a: PLANTED } })],
  [
    'ServiceAccount',
    object('v1', 'ServiceAccount', { secrets: [{ name: PLANTED }], imagePullSecrets: [{ name: PLANTED }] }),
  ],
  [
    'Node',
    object('v1', 'Node', {
      spec: { podCIDRs: ['10.244.0.0/24'], providerID: PLANTED },
      status: { addresses: [], images: [PLANTED] },
    }),
  ],
  [
    'Service',
    object('v1', 'Service', { spec: { clusterIP: '10.96.0.1', x: PLANTED }, status: { conditions: [PLANTED] } }),
  ],
  [
    'EndpointSlice',
    object('discovery.k8s.io/v1', 'EndpointSlice', {
      endpoints: [{ addresses: [], deprecatedTopology: { a: PLANTED } }],
    }),
  ],
  [
    'DaemonSet',
    object('apps/v1', 'DaemonSet', {
      spec: { template: { spec: { containers: [{ name: 'a', image: 'b', args: [PLANTED] }] } } },
    }),
  ],
  ['NodeClass', object('eks.amazonaws.com/v1', 'NodeClass', { spec: { networkPolicy: 'DefaultDeny', role: PLANTED } })],
  ['CiliumNode', object('cilium.io/v2', 'CiliumNode', { spec: { addresses: [], encryption: { key: PLANTED } } })],
])('nothing planted comes through: %s', (_kind, given) => {
  const kept = projectObject(given);
  expect(kept).not.toBeNull();
  expect(JSON.stringify(kept)).not.toContain(PLANTED);
});

test.each<readonly [string, string]>([
  ['v1', 'Secret'],
  ['apps/v1', 'Deployment'],
  ['rbac.authorization.k8s.io/v1', 'Role'],
  ['acme.example/v1', 'Pod'],
])('never kept: %s %s', (apiVersion, kind) => {
  expect(projectObject(object(apiVersion, kind, { data: { a: PLANTED } }))).toBeNull();
});

test('what a broken object lacks does not break the reading', () => {
  const broken = { apiVersion: 'v1', kind: 'Pod', metadata: { labels: 'x', annotations: [1] }, spec: null, status: 7 };
  expect(projectObject(broken)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {},
    spec: { containers: [] },
    status: {},
  });
});

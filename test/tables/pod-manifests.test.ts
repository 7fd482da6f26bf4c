import { describe, expect, it } from 'vitest';
import { chooseProbeImage, DEFAULT_PROBE_IMAGE } from '../../src/cluster/image.ts';
import { controlPod, nodePod, type PodManifest, type PodPlace, twinPod } from '../../src/cluster/pods.ts';
import type { Target } from '../../src/model.ts';

const place: PodPlace = {
  namespace: 'egress-system',
  node: 'node-a',
  image: DEFAULT_PROBE_IMAGE,
  lifetimeSeconds: 120,
  run: { id: 'k3x9q2', holder: 'abc/1/2', deadline: '2026-11-21T08:00:00.000Z' },
  suffix: '',
};

const target: Target = {
  namespace: 'payments',
  pod: 'billing-7c9f-x2x4z',
  uid: '6f1c-uid',
  labels: { app: 'billing', 'pod-template-hash': '7c9f', 'app.kubernetes.io/managed-by': 'Helm' },
  namespaceLabels: {},
  node: 'node-a',
  owner: { kind: 'Deployment', name: 'billing' },
  serviceAccount: 'billing',
  hostNetwork: false,
  addresses: ['10.0.0.7'],
  state: { kind: 'running', ready: true },
  dns: {
    policy: 'None',
    config: {
      nameservers: ['10.0.0.53'],
      searches: ['corp.example'],
      options: [
        { name: 'ndots', value: '2' },
        { name: 'edns0', value: null },
      ],
    },
    resolvConf: null,
  },
  container: 'app',
  proxy: { kind: 'none' },
  sidecars: [],
  siblings: [],
};

const twinPlace: PodPlace = { ...place, namespace: 'payments' };
const all: readonly (readonly [string, PodManifest])[] = [
  ['control', controlPod(place)],
  ['node', nodePod(place)],
  ['twin', twinPod(twinPlace, target)],
];

/** What PodSecurity `restricted` wants of a container, and what we want on top. */
function containerOf(pod: PodManifest): Record<string, unknown> {
  const containers = pod.spec.containers as readonly Record<string, unknown>[];
  expect(containers).toHaveLength(1);
  return containers[0] ?? {};
}

describe.each(all)('the %s pod', (role, pod) => {
  it('is pinned to the node and tolerates every taint', () => {
    expect(pod.spec.nodeName).toBe('node-a');
    expect(pod.spec.tolerations).toEqual([{ operator: 'Exists' }]);
  });

  it('ends by itself: its sleep and its activeDeadlineSeconds', () => {
    expect(pod.spec.activeDeadlineSeconds).toBe(120);
    expect(containerOf(pod).command).toEqual(['sleep', '120']);
    expect(pod.spec.restartPolicy).toBe('Never');
    expect(pod.spec.terminationGracePeriodSeconds).toBeLessThanOrEqual(1);
  });

  it('holds no token, no volume, no host process or host IPC', () => {
    expect(pod.spec.automountServiceAccountToken).toBe(false);
    for (const field of ['volumes', 'hostPID', 'hostIPC', 'hostPath']) expect(pod.spec).not.toHaveProperty(field);
    expect(containerOf(pod)).not.toHaveProperty('volumeMounts');
    expect(containerOf(pod)).not.toHaveProperty('env');
  });

  it('meets the restricted security context', () => {
    expect(containerOf(pod).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      privileged: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65534,
      runAsGroup: 65534,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('is marked with run, role, holder and deadline', () => {
    expect(pod.metadata.labels).toMatchObject({ 'egress.dev/run': 'k3x9q2', 'egress.dev/role': role });
    expect(pod.metadata.annotations).toEqual({
      'egress.dev/holder': 'abc/1/2',
      'egress.dev/deadline': '2026-11-21T08:00:00.000Z',
    });
    expect(pod.metadata.name).toBe(`egress-${role}-k3x9q2`);
  });

  it('names requests and limits, for a quota may ask for them', () => {
    expect(containerOf(pod).resources).toEqual({
      requests: { cpu: '5m', memory: '16Mi' },
      limits: { cpu: '1', memory: '128Mi' },
    });
  });

  it('is pulled only when the node lacks the image', () => {
    expect(containerOf(pod)).toMatchObject({ image: DEFAULT_PROBE_IMAGE, imagePullPolicy: 'IfNotPresent' });
  });
});

describe('what differs', () => {
  it('the control pod is in its own network', () => {
    expect(controlPod(place).spec).not.toHaveProperty('hostNetwork');
    expect(controlPod(place).metadata.labels['app.kubernetes.io/managed-by']).toBe('egress');
  });

  it('the node pod is in the network of the node and resolves names as the node does', () => {
    expect(nodePod(place).spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'Default' });
  });

  it("the twin has every label of the target, even one that other tools' pods carry", () => {
    expect(twinPod(twinPlace, target).metadata.labels).toEqual({
      ...target.labels,
      'egress.dev/run': 'k3x9q2',
      'egress.dev/role': 'twin',
    });
  });

  it('the twin has the service account and DNS settings of the target', () => {
    expect(twinPod(twinPlace, target).spec).toMatchObject({
      serviceAccountName: 'billing',
      dnsPolicy: 'None',
      dnsConfig: {
        nameservers: ['10.0.0.53'],
        searches: ['corp.example'],
        options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
      },
    });
  });

  it('the twin of a pod in the network of its node is there too', () => {
    expect(twinPod(twinPlace, { ...target, hostNetwork: true }).spec.hostNetwork).toBe(true);
    expect(twinPod(twinPlace, target).spec).not.toHaveProperty('hostNetwork');
  });

  it('the twin is never ready, and its controller is the target pod, so that no controller adopts it', () => {
    const twin = twinPod(twinPlace, target);
    expect(twin.spec.readinessGates).toEqual([{ conditionType: 'egress.dev/never-ready' }]);
    expect(twin.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        name: 'billing-7c9f-x2x4z',
        uid: '6f1c-uid',
        controller: true,
        blockOwnerDeletion: false,
      },
    ]);
  });

  it('a suffix keeps the names of one run apart', () => {
    expect(controlPod({ ...place, suffix: '-2' }).metadata.name).toBe('egress-control-k3x9q2-2');
  });
});

describe('the probe image', () => {
  const env = { EGRESS_PROBE_IMAGE: 'mirror.example:5000/netshoot:v0.13' };
  it.each([
    ['the default, when nothing is set', null, {}, DEFAULT_PROBE_IMAGE],
    ['the variable before the default', null, env, 'mirror.example:5000/netshoot:v0.13'],
    ['the option before the variable', 'other:1', env, 'other:1'],
    ['a digest is pinned', `a@sha256:${'0'.repeat(64)}`, {}, `a@sha256:${'0'.repeat(64)}`],
  ])('%s', (_rule, option, environment, expected) => {
    expect(chooseProbeImage(option, environment)).toBe(expected);
  });

  it.each([
    ['no tag', 'netshoot'],
    ['latest', 'netshoot:latest'],
    ['a port is no tag', 'mirror.example:5000/netshoot'],
    ['empty', ''],
    ['a space', 'a b:1'],
    ['a short digest', 'a@sha256:00'],
  ])('is refused when it is not pinned: %s', (_rule, image) => {
    expect(() => chooseProbeImage(image, {})).toThrow(
      `The probe image ${JSON.stringify(image)} is not pinned. An image without a tag or with the tag latest is pulled anew for every probe, and may change under us. Name a tag or a digest, e.g. ${DEFAULT_PROBE_IMAGE}.`,
    );
  });
});

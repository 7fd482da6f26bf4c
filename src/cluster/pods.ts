/**
 * The pods that probes run in, as manifests. They only sleep, and end by themselves; the probe is exec'd into them. All of
 * them meet PodSecurity `restricted`, but for the node pod's host network.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
import type { Target } from '../model.ts';
import {
  DEADLINE_ANNOTATION,
  HOLDER_ANNOTATION,
  type PodRole,
  ROLE_LABEL,
  RUN_LABEL,
  type RunMark,
} from './run-mark.ts';

/** A manifest of a pod: plain JSON, ready to be created. */
export type PodManifest = {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: PodMetadata;
  readonly spec: Readonly<Record<string, unknown>>;
};

type PodMetadata = {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly Readonly<Record<string, unknown>>[];
};

/** Where a pod goes and how long it lives. */
export type PodPlace = {
  readonly namespace: string;
  /** Pinned by name: the scheduler is not asked, so its taints, spread rules and queues do not matter. */
  readonly node: string;
  readonly image: string;
  /** Seconds until the kubelet ends it, whatever became of us. */
  readonly lifetimeSeconds: number;
  readonly run: RunMark;
  /** Makes the name unique within the run, e.g. the number of the sibling. */
  readonly suffix: string;
};

/** The one container of every pod of ours. */
export const PROBE_CONTAINER = 'probe';

/** nobody: an image that says root is refused by `runAsNonRoot`, and no probe needs more. */
const NOBODY = 65534;

/** Meets PodSecurity `restricted`; also for ephemeral containers. */
export const RESTRICTED_SECURITY = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  privileged: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: NOBODY,
  runAsGroup: NOBODY,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

/** Small, and both ends named: a quota on requests or limits refuses pods that do not name them. */
const TINY = { requests: { cpu: '5m', memory: '16Mi' }, limits: { cpu: '1', memory: '128Mi' } } as const;

/** The condition that nobody ever sets: a pod that waits for it is never Ready, so no Service routes to it. */
const NEVER_READY_GATE = 'egress.dev/never-ready';

/** A pod on the target's node, in the bot's own namespace: same node, same CNI, other policies. */
export function controlPod(place: PodPlace): PodManifest {
  return { ...frame(place, 'control', {}), spec: podSpec(place, {}) };
}

/**
 * A pod in the node's own network. It resolves names as the node does (`Default`), which is what tells the node's
 * resolver from the cluster's. No host files, no capabilities.
 */
export function nodePod(place: PodPlace): PodManifest {
  return { ...frame(place, 'node', {}), spec: podSpec(place, { hostNetwork: true, dnsPolicy: 'Default' }) };
}

/**
 * A stand-in for the target: its labels, service account, network and DNS settings, so that the same policies select it.
 * It owns a controller reference to the target pod: controllers adopt only pods without one, and the garbage collector
 * removes the twin with the target. It waits for a readiness gate that nobody sets, so no Service routes to it.
 * https://kubernetes.io/docs/concepts/architecture/garbage-collection/
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate
 */
export function twinPod(place: PodPlace, target: Target): PodManifest {
  const { metadata, ...rest } = frame(place, 'twin', target.labels);
  const owner = {
    apiVersion: 'v1',
    kind: 'Pod',
    name: target.pod,
    uid: target.uid,
    controller: true,
    blockOwnerDeletion: false,
  };
  const spec = podSpec(place, {
    serviceAccountName: target.serviceAccount,
    readinessGates: [{ conditionType: NEVER_READY_GATE }],
    ...(target.hostNetwork ? { hostNetwork: true } : {}),
    dnsPolicy: target.dns.policy,
    ...(target.dns.config === null ? {} : { dnsConfig: dnsConfigOf(target.dns.config) }),
  });
  return { ...rest, metadata: { ...metadata, ownerReferences: [owner] }, spec };
}

/**
 * Labels of the twin: the target's own win over ours, for a policy may select by any of them
 * (`app.kubernetes.io/managed-by: Helm` must stay Helm's).
 */
function frame(place: PodPlace, role: PodRole, targetLabels: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `egress-${role}-${place.run.id}${place.suffix}`,
      namespace: place.namespace,
      labels: {
        ...(role === 'twin' ? {} : { 'app.kubernetes.io/managed-by': 'egress' }),
        ...targetLabels,
        [RUN_LABEL]: place.run.id,
        [ROLE_LABEL]: role,
      },
      annotations: { [HOLDER_ANNOTATION]: place.run.holder, [DEADLINE_ANNOTATION]: place.run.deadline },
    },
  } as const satisfies Omit<PodManifest, 'spec'>;
}

function podSpec(place: PodPlace, more: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    nodeName: place.node,
    restartPolicy: 'Never',
    activeDeadlineSeconds: place.lifetimeSeconds,
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    // The environment of a probe is not the application's: no addresses of Services in it.
    enableServiceLinks: false,
    // An empty key with Exists tolerates every taint, NoExecute too.
    tolerations: [{ operator: 'Exists' }],
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NOBODY,
      runAsGroup: NOBODY,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: PROBE_CONTAINER,
        ...sleepingContainer(place.image, place.lifetimeSeconds),
        resources: TINY,
        securityContext: RESTRICTED_SECURITY,
      },
    ],
    ...more,
  };
}

/** The image, and a command that only waits: it ends by itself. */
export function sleepingContainer(image: string, seconds: number) {
  return { image, imagePullPolicy: 'IfNotPresent', command: ['sleep', String(seconds)] } as const;
}

function dnsConfigOf(config: NonNullable<Target['dns']['config']>): Readonly<Record<string, unknown>> {
  return {
    nameservers: config.nameservers,
    searches: config.searches,
    options: config.options.map(({ name, value }) => (value === null ? { name } : { name, value })),
  };
}

/**
 * Where probes run: each vantage becomes a site, a place in which a command can be run, or a reason why not. Starting is
 * all that happens here; what is run there is `probe-phases.ts`.
 */
import type { PodMethod, Target, Vantage } from '../model.ts';
import { apiPath, PODS } from './api-path.ts';
import type { Cleanup } from './cleanup.ts';
import type { ApiClient } from './client.ts';
import { EPHEMERAL_SECONDS, startEphemeral } from './ephemeral.ts';
import { asRecord, textOf, textsOf } from './json.ts';
import { openLocal } from './local-process.ts';
import { controlPod, nodePod, type PodManifest, type PodPlace, PROBE_CONTAINER, twinPod } from './pods.ts';
import { openProbe } from './probe-exec.ts';
import type { ProbeStream, StreamRequest } from './probe-stream.ts';
import { whyRefused } from './refused-call.ts';
import type { RunMark } from './run-mark.ts';
import { startPod } from './start-pod.ts';
import { twinRefusal } from './twin.ts';

/** What every start needs. */
export type SiteSetup = {
  readonly prober: ApiClient;
  /** The bot's own namespace: control and node pods are made there. */
  readonly namespace: string;
  readonly image: string;
  readonly run: RunMark;
  readonly cleanup: Cleanup;
  /** Milliseconds that a pod or container may take until it runs. */
  readonly startupLimitMs: number;
  /** Seconds after which pods of ours end by themselves. */
  readonly lifetimeSeconds: number;
};

/** A method that was tried in the pod and did not work. */
export type MethodRefusal = { readonly method: PodMethod; readonly why: string };

/** A place in which a command can be run. */
export type Site = {
  readonly kind: 'ready';
  readonly vantage: Vantage;
  readonly method: PodMethod | null;
  /** Name of the sibling replica, or null. */
  readonly sibling: string | null;
  /** `pod/container`; `this host` for outside. */
  readonly ranIn: string;
  readonly startupMs: number;
  /** Methods that came first in the question and were refused. */
  readonly refused: readonly MethodRefusal[];
  /** The pod of ours as the API server has it; null where none was made. */
  readonly pod: unknown;
  readonly open: (request: StreamRequest) => ProbeStream;
};

/** What became of a vantage: a site, or the reason why there is none. */
export type SiteStart =
  | Site
  | { readonly kind: 'not-run'; readonly vantage: Vantage; readonly sibling: string | null; readonly why: string };

/** Starts the control pod or the node pod on a node. */
export async function startBeside(setup: SiteSetup, vantage: 'control' | 'node', node: string): Promise<SiteStart> {
  const place = placeOf(setup, setup.namespace, node, '');
  const manifest = vantage === 'control' ? controlPod(place) : nodePod(place);
  const start = await startPod(setup.prober, manifest, setup.cleanup, setup.startupLimitMs);
  if (start.kind === 'failed') return { kind: 'not-run', vantage, sibling: null, why: start.why };
  return { ...podSite(setup.prober, manifest, start), vantage, method: null, sibling: null, refused: [] };
}

/** This machine. */
export function outsideSite(): Site {
  const fixed = { kind: 'ready', vantage: 'outside', method: null, sibling: null, refused: [], pod: null } as const;
  return { ...fixed, ranIn: 'this host', startupMs: 0, open: request => openLocal(request) };
}

/** Enters the target pod by the first method that works; each refusal is recorded. */
export async function startInPod(
  setup: SiteSetup,
  target: Target,
  methods: readonly PodMethod[],
  sibling: string | null,
): Promise<SiteStart> {
  const refused: MethodRefusal[] = [];
  for (const method of methods) {
    const entry = await enter(setup, target, method);
    if (entry.kind === 'ready') return { ...entry, vantage: 'pod', method, sibling, refused };
    refused.push({ method, why: entry.why });
  }
  const why =
    refused.length === 0 ? 'no method was asked for' : refused.map(each => `${each.method}: ${each.why}`).join('; ');
  return { kind: 'not-run', vantage: 'pod', sibling, why };
}

/** Enters another replica; its labels and uid are its own, the rest is the target's. */
export async function startInSibling(
  setup: SiteSetup,
  target: Target,
  sibling: string,
  methods: readonly PodMethod[],
): Promise<SiteStart> {
  const { namespace } = target;
  const answer = await setup.prober.send({ method: 'GET', path: apiPath(PODS, { namespace, name: sibling }) });
  if (answer.kind !== 'ok') {
    const why = await whyRefused(setup.prober, answer, { verb: 'get', group: '', resource: 'pods', namespace });
    return { kind: 'not-run', vantage: 'pod', sibling, why: `replica ${sibling}: ${why}` };
  }
  const metadata = asRecord(asRecord(answer.body).metadata);
  const node = textOf(asRecord(asRecord(answer.body).spec).nodeName);
  const replica = {
    ...target,
    pod: sibling,
    uid: textOf(metadata.uid),
    labels: textsOf(metadata.labels),
    node: node === '' ? null : node,
  };
  return startInPod(setup, replica, methods, sibling);
}

type Entered = Pick<Site, 'kind' | 'ranIn' | 'startupMs' | 'pod' | 'open'>;
type Entry = Entered | { readonly kind: 'failed'; readonly why: string };

async function enter(setup: SiteSetup, target: Target, method: PodMethod): Promise<Entry> {
  switch (method) {
    case 'ephemeral-container':
      return enterByEphemeral(setup, target);
    case 'twin-pod':
      return enterByTwin(setup, target);
    case 'exec':
      return containerSite(setup.prober, target, target.container, 0);
    default:
      return method satisfies never;
  }
}

async function enterByEphemeral(setup: SiteSetup, target: Target): Promise<Entry> {
  const request = {
    namespace: target.namespace,
    pod: target.pod,
    uid: target.uid,
    image: setup.image,
    id: setup.run.id,
    lifetimeSeconds: EPHEMERAL_SECONDS,
    neededSeconds: setup.lifetimeSeconds,
  };
  const start = await startEphemeral(setup.prober, request, {
    limitMs: setup.startupLimitMs,
    stopping: setup.cleanup.stopping,
  });
  return start.kind === 'failed' ? start : containerSite(setup.prober, target, start.container, start.startupMs);
}

async function enterByTwin(setup: SiteSetup, target: Target): Promise<Entry> {
  if (target.node === null) return { kind: 'failed', why: 'the pod is on no node' };
  const refusal = await twinRefusal(setup.prober, target);
  if (refusal !== null) return { kind: 'failed', why: refusal };
  const suffix = `-${target.uid.slice(0, 8)}`;
  const manifest = twinPod(placeOf(setup, target.namespace, target.node, suffix), target);
  const start = await startPod(setup.prober, manifest, setup.cleanup, setup.startupLimitMs);
  return start.kind === 'failed' ? start : podSite(setup.prober, manifest, start);
}

function containerSite(prober: ApiClient, target: Target, container: string, startupMs: number): Entered {
  const at = { namespace: target.namespace, pod: target.pod, container };
  const open = (request: StreamRequest): ProbeStream => openProbe(prober, at, request);
  return { kind: 'ready', ranIn: `${target.pod}/${container}`, startupMs, pod: null, open };
}

function podSite(
  prober: ApiClient,
  manifest: PodManifest,
  start: { readonly pod: unknown; readonly startupMs: number },
): Entered {
  const { namespace, name } = manifest.metadata;
  const at = { namespace, pod: name, container: PROBE_CONTAINER };
  const open = (request: StreamRequest): ProbeStream => openProbe(prober, at, request);
  return { kind: 'ready', ranIn: `${name}/${PROBE_CONTAINER}`, startupMs: start.startupMs, pod: start.pod, open };
}

function placeOf(setup: SiteSetup, namespace: string, node: string, suffix: string): PodPlace {
  const { image, lifetimeSeconds, run } = setup;
  return { namespace, node, image, lifetimeSeconds, run, suffix };
}

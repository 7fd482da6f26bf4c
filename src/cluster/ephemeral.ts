/**
 * A container of ours inside the target pod, for its network is the pod's own. It cannot be removed from the pod's spec
 * again, so its name marks it ours, it ends by itself, and one serves all probes while it runs.
 * https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
 */
import { apiPath, PODS } from './api-path.ts';
import type { ApiClient } from './client.ts';
import { containerState } from './container-state.ts';
import { asList, asRecord, textOf } from './json.ts';
import { RESTRICTED_SECURITY, sleepingContainer } from './pods.ts';
import { whyRefused } from './refused-call.ts';
import { type Patience, waitUntilRunning } from './start-pod.ts';

/** Begins the name of every ephemeral container of ours; the run's id follows. */
const EPHEMERAL_PREFIX = 'egress-probe-';

/** Fifteen minutes: a follow-up and a second question find it still running; then the pod is as it was, but for a line in its spec. */
export const EPHEMERAL_SECONDS = 900;

/** Which pod is entered, and with what. */
export type EphemeralRequest = {
  readonly namespace: string;
  readonly pod: string;
  /** UID of the pod that was asked about: another pod of the same name (a StatefulSet's next) is not it. */
  readonly uid: string;
  readonly image: string;
  /** Random, of this run. */
  readonly id: string;
  readonly lifetimeSeconds: number;
  /** Seconds of life that a container found there must still have to be used again. */
  readonly neededSeconds: number;
};

/** The container that runs, or why none does. */
export type EphemeralStart =
  | { readonly kind: 'running'; readonly container: string; readonly reused: boolean; readonly startupMs: number }
  | { readonly kind: 'failed'; readonly why: string };

/** Uses an ephemeral container of ours that still runs, else adds one and waits for it. Trouble is a value. */
export async function startEphemeral(
  client: ApiClient,
  request: EphemeralRequest,
  patience: Patience,
): Promise<EphemeralStart> {
  const startedMs = performance.now();
  const path = apiPath(PODS, { namespace: request.namespace, name: request.pod });
  const found = await client.send({ method: 'GET', path });
  if (found.kind !== 'ok') {
    return {
      kind: 'failed',
      why: await whyRefused(client, found, { verb: 'get', group: '', resource: 'pods', namespace: request.namespace }),
    };
  }
  if (asRecord(asRecord(found.body).metadata).uid !== request.uid) {
    return { kind: 'failed', why: 'the pod was replaced by another of the same name meanwhile' };
  }
  const present = runningOfOurs(found.body, request, Date.now());
  const container = present ?? `${EPHEMERAL_PREFIX}${request.id}`;
  if (present === null) {
    const refusal = await addContainer(client, request, container);
    if (refusal !== null) return { kind: 'failed', why: refusal };
  }
  const address = {
    namespace: request.namespace,
    pod: request.pod,
    container,
    list: 'ephemeralContainerStatuses',
  } as const;
  const running = await waitUntilRunning(client, address, patience);
  if (running.kind === 'failed') return running;
  return { kind: 'running', container, reused: present !== null, startupMs: Math.round(performance.now() - startedMs) };
}

/**
 * The name of a container of ours in this pod that runs the same image and will go on for long enough; null: there is
 * none. A name alone is no proof: image and command must be those that we would give it.
 */
export function runningOfOurs(
  pod: unknown,
  wanted: Pick<EphemeralRequest, 'image' | 'neededSeconds'>,
  nowMs: number,
): string | null {
  const specs = asList(asRecord(asRecord(pod).spec).ephemeralContainers).map(asRecord);
  for (const spec of specs) {
    const name = textOf(spec.name);
    const [program, seconds, ...rest] = asList(spec.command);
    if (!name.startsWith(EPHEMERAL_PREFIX) || spec.image !== wanted.image) continue;
    if (program !== 'sleep' || rest.length > 0) continue;
    const state = containerState(pod, 'ephemeralContainerStatuses', name);
    if (state.kind !== 'running') continue;
    const endsMs = Date.parse(state.startedAt) + Number(seconds) * 1000;
    if (endsMs - nowMs > wanted.neededSeconds * 1000) return name;
  }
  return null;
}

/** As a strategic merge patch, which adds to the list by name; the API's default here would be a JSON patch. */
async function addContainer(client: ApiClient, request: EphemeralRequest, name: string): Promise<string | null> {
  const { namespace, pod } = request;
  const container = {
    name,
    ...sleepingContainer(request.image, request.lifetimeSeconds),
    securityContext: RESTRICTED_SECURITY,
  };
  const answer = await client.send({
    method: 'PATCH',
    path: apiPath(PODS, { namespace, name: pod, subresource: 'ephemeralcontainers' }),
    contentType: 'application/strategic-merge-patch+json',
    // The uid makes the API server refuse (409) when the pod was replaced between the reading and this.
    body: { metadata: { uid: request.uid }, spec: { ephemeralContainers: [container] } },
  });
  if (answer.kind === 'ok') return null;
  return whyRefused(client, answer, { verb: 'patch', group: '', resource: 'pods/ephemeralcontainers', namespace });
}

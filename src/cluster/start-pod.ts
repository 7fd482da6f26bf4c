/** Makes a pod of ours, waits until its container runs, and sees to it that it goes again. */
import { setTimeout as wait } from 'node:timers/promises';
import { apiPath, PODS } from './api-path.ts';
import type { Cleanup } from './cleanup.ts';
import type { ApiClient } from './client.ts';
import { containerState } from './container-state.ts';
import { type PodManifest, PROBE_CONTAINER } from './pods.ts';
import { whyRefused } from './refused-call.ts';

/** What waiting needs: how long at most, and when to give up early. */
export type Patience = { readonly limitMs: number; readonly stopping: AbortSignal };

/** The pod that runs, or why it does not. */
export type PodStart =
  /** `pod`: as the API server has it now, addresses included. */
  | { readonly kind: 'running'; readonly pod: unknown; readonly startupMs: number }
  | { readonly kind: 'failed'; readonly why: string };

/** Often enough to lose a tenth of a second at most, seldom enough for an API server not to notice. */
const POLL_MS = 100;

/**
 * Creates the pod and waits until its container runs. Its deletion is registered first. Trouble is a value: no right,
 * refused by admission, no image, not running within `limitMs`.
 */
export async function startPod(
  client: ApiClient,
  manifest: PodManifest,
  cleanup: Cleanup,
  limitMs: number,
): Promise<PodStart> {
  const startedMs = performance.now();
  const { namespace, name } = manifest.metadata;
  const creation = Promise.withResolvers<void>();
  const mayMake = cleanup.add(async () => {
    // A deletion that overtakes its creation would leave the pod behind.
    await creation.promise;
    await deletePod(client, namespace, name, null);
  });
  if (!mayMake) return { kind: 'failed', why: 'stopping' };
  const answer = await client.send({ method: 'POST', path: apiPath(PODS, { namespace }), body: manifest });
  creation.resolve();
  if (answer.kind !== 'ok') {
    const why = await whyRefused(client, answer, { verb: 'create', group: '', resource: 'pods', namespace });
    return { kind: 'failed', why: `pod ${namespace}/${name} could not be made: ${why}` };
  }
  const running = await waitUntilRunning(
    client,
    { namespace, pod: name, container: PROBE_CONTAINER, list: 'containerStatuses' },
    { limitMs, stopping: cleanup.stopping },
  );
  return running.kind === 'failed' ? running : { ...running, startupMs: Math.round(performance.now() - startedMs) };
}

/** Which container of which pod is waited for. */
export type ContainerAddress = {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly list: 'containerStatuses' | 'ephemeralContainerStatuses';
};

/** Asks for the pod again and again until the container runs or cannot. */
export async function waitUntilRunning(
  client: ApiClient,
  at: ContainerAddress,
  patience: Patience,
): Promise<{ readonly kind: 'running'; readonly pod: unknown } | { readonly kind: 'failed'; readonly why: string }> {
  const untilMs = performance.now() + patience.limitMs;
  for (;;) {
    const answer = await client.send({ method: 'GET', path: apiPath(PODS, { namespace: at.namespace, name: at.pod }) });
    if (answer.kind === 'refused') {
      return {
        kind: 'failed',
        why: await whyRefused(client, answer, { verb: 'get', group: '', resource: 'pods', namespace: at.namespace }),
      };
    }
    const state = answer.kind === 'ok' ? containerState(answer.body, at.list, at.container) : null;
    if (state?.kind === 'running' && answer.kind === 'ok') return { kind: 'running', pod: answer.body };
    if (state?.kind === 'failed')
      return { kind: 'failed', why: `container ${at.container} does not run: ${state.why}` };
    if (patience.stopping.aborted) return { kind: 'failed', why: 'stopping' };
    if (performance.now() > untilMs) {
      return {
        kind: 'failed',
        why: `container ${at.container} did not run within ${patience.limitMs / 1000} s (${state?.kind === 'waiting' ? state.doing : 'the API server is silent'})`,
      };
    }
    await wait(POLL_MS);
  }
}

/**
 * Deletes a pod of ours with one second of grace; gone already is as good. With `uid`, only that very pod. Says why it
 * could not, or null.
 */
export async function deletePod(
  client: ApiClient,
  namespace: string,
  name: string,
  uid: string | null,
): Promise<string | null> {
  const body = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    gracePeriodSeconds: 1,
    ...(uid === null ? {} : { preconditions: { uid } }),
  };
  const answer = await client.send({ method: 'DELETE', path: apiPath(PODS, { namespace, name }), body });
  if (answer.kind === 'ok' || (answer.kind === 'refused' && answer.status === 404)) return null;
  return whyRefused(client, answer, { verb: 'delete', group: '', resource: 'pods', namespace });
}

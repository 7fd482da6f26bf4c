/** Reads how far a container has come, from the pod as the API server gives it. */
import { asList, asRecord, type JsonRecord, textOf } from './json.ts';

/** How far a container has come. */
export type ContainerState =
  | { readonly kind: 'running'; readonly startedAt: string }
  /** Not yet; `doing` is the kubelet's word, e.g. ContainerCreating. */
  | { readonly kind: 'waiting'; readonly doing: string }
  /** It will not run, or runs no more. */
  | { readonly kind: 'failed'; readonly why: string };

/**
 * The kubelet goes on trying after these, but slowly (ten seconds and more), and most never mend themselves. A diagnosis
 * takes the next method instead. https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/images/types.go
 */
const HOPELESS = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CrashLoopBackOff',
]);

/** The state of a container of a pod: `list` says among which. */
export function containerState(
  pod: unknown,
  list: 'containerStatuses' | 'ephemeralContainerStatuses',
  container: string,
): ContainerState {
  const status = asRecord(asRecord(pod).status);
  const own = asList(status[list])
    .map(asRecord)
    .find(({ name }) => name === container);
  const state = asRecord(own?.state);
  if (state.running !== undefined) return { kind: 'running', startedAt: textOf(asRecord(state.running).startedAt) };
  if (state.terminated !== undefined)
    return { kind: 'failed', why: `it ended: ${reasonOf(asRecord(state.terminated))}` };
  const phase = textOf(status.phase);
  if (phase === 'Failed' || phase === 'Succeeded')
    return { kind: 'failed', why: `the pod is ${phase}: ${reasonOf(status)}` };
  const waiting = asRecord(state.waiting);
  const doing = textOf(waiting.reason);
  if (HOPELESS.has(doing)) return { kind: 'failed', why: reasonOf(waiting) };
  return { kind: 'waiting', doing: doing === '' ? phase || 'not seen by the kubelet yet' : doing };
}

function reasonOf(state: JsonRecord): string {
  const exit = typeof state.exitCode === 'number' ? `exit code ${state.exitCode}` : '';
  const parts = [textOf(state.reason), exit, textOf(state.message)].filter(part => part !== '');
  return parts.length === 0 ? 'no reason given' : parts.join(', ');
}

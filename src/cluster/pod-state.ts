/** Says whether a pod's application runs, in the words that `kubectl get pods` uses. Pure. */
import type { PodState } from '../model.ts';
import { asList, asRecord, type JsonRecord, textOf } from './json.ts';

/**
 * The state of a pod as far as `container` (the application's) is concerned: running, or why not. A crash of another
 * container leaves it running, not ready. https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/
 */
export function podState(pod: JsonRecord, container: string): PodState {
  const status = asRecord(pod.status);
  const phase = textOf(status.phase);
  const message = textOf(status.message);
  if (asRecord(pod.metadata).deletionTimestamp !== undefined) return notRunning('Terminating', 'it is being deleted');
  if (phase === 'Succeeded' || phase === 'Failed')
    return notRunning(textOf(status.reason) || phase, message || endOf(status, container));
  if (phase === 'Pending') return pendingState(status, message);
  if (phase !== 'Running')
    return notRunning(textOf(status.reason) || phase || 'Unknown', message || 'its node does not report');
  return containerState(status, container) ?? { kind: 'running', ready: isReady(status) };
}

/** Reports whether the pod's Ready condition is True. */
export function isReady(status: JsonRecord): boolean {
  return condition(status, 'Ready').status === 'True';
}

function notRunning(reason: string, message: string): PodState {
  return { kind: 'not-running', reason, message };
}

function condition(status: JsonRecord, type: string): JsonRecord {
  return asRecord(asList(status.conditions).find(one => asRecord(one).type === type));
}

function pendingState(status: JsonRecord, message: string): PodState {
  const scheduled = condition(status, 'PodScheduled');
  if (scheduled.status === 'False')
    return notRunning('Pending', textOf(scheduled.message) || 'it is not scheduled to a node');
  for (const [field, prefix] of [
    ['initContainerStatuses', 'Init:'],
    ['containerStatuses', ''],
  ] as const) {
    for (const one of asList(status[field]).map(asRecord)) {
      const waiting = asRecord(asRecord(one.state).waiting);
      const reason = textOf(waiting.reason);
      // PodInitializing is what every container says while an init container is the one to look at.
      if (reason !== '' && reason !== 'PodInitializing')
        return notRunning(`${prefix}${reason}`, describe(one, waiting));
    }
  }
  return notRunning('Pending', message || 'its containers have not started yet');
}

/** null: the container runs, or nothing is known of it. */
function containerState(status: JsonRecord, container: string): PodState | null {
  const own = asRecord(asList(status.containerStatuses).find(one => asRecord(one).name === container));
  const state = asRecord(own.state);
  if (state.running !== undefined) return null;
  const waiting = asRecord(state.waiting);
  if (state.waiting !== undefined) return notRunning(textOf(waiting.reason) || 'Waiting', describe(own, waiting));
  if (state.terminated === undefined) return null;
  const ended = asRecord(state.terminated);
  return notRunning(textOf(ended.reason) || 'Terminated', describe(own, ended));
}

/** e.g. `container app: back-off 5m0s restarting; ended with exit code 1 (Error), 12 restarts`. */
function describe(container: JsonRecord, state: JsonRecord): string {
  const last = asRecord(asRecord(container.lastState).terminated);
  const ended = typeof state.exitCode === 'number' ? state : last;
  const parts = [
    textOf(state.message),
    typeof ended.exitCode === 'number'
      ? `ended with exit code ${ended.exitCode} (${textOf(ended.reason) || 'no reason'})`
      : '',
    typeof container.restartCount === 'number' && container.restartCount > 0
      ? `${container.restartCount} restarts`
      : '',
  ].filter(part => part !== '');
  return `container ${textOf(container.name)}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

function endOf(status: JsonRecord, container: string): string {
  const own = asRecord(asList(status.containerStatuses).find(one => asRecord(one).name === container));
  const ended = asRecord(asRecord(own.state).terminated);
  return typeof ended.exitCode === 'number' ? describe(own, ended) : 'all its containers have ended';
}

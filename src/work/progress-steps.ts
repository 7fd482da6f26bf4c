/** What a diagnosis does -> the steps that people see while they wait. Pure. */
import type { Step, StepEvent } from '../diagnose/pipeline.ts';
import type { ProgressStep } from '../render/slack/progress.ts';
import type { ClusterQuestion } from './ports.ts';

const TEXTS: Readonly<Record<Step, string>> = {
  target: 'Find the pod',
  collect: 'Read the policies',
  observe: 'Probe from the pod, beside it and from its node',
  conclude: 'Conclude',
  'dry-run': 'Try the fix as a server dry run',
};
const ORDER: readonly Step[] = ['target', 'collect', 'observe', 'conclude', 'dry-run'];

/** How far each step is. A step that is not there was not begun. */
export type StepStates = Readonly<Partial<Record<Step, 'running' | 'done' | 'failed'>>>;

/** The states after one more event. A second look begins its steps again, and they are running again. */
export function afterStep(states: StepStates, event: StepEvent): StepStates {
  return { ...states, [event.step]: event.state === 'started' ? 'running' : 'done' };
}

/** The states after the work broke off: what was running has failed. */
export function afterFailure(states: StepStates): StepStates {
  return Object.fromEntries(
    Object.entries(states).map(([step, state]) => [step, state === 'running' ? 'failed' : state]),
  );
}

/** The steps to show. Without probes there is no step for them; a dry run is shown once there is something to try. */
export function stepsOf(states: StepStates, { probe }: { readonly probe: boolean }): readonly ProgressStep[] {
  return ORDER.filter(step => (step !== 'observe' || probe) && (step !== 'dry-run' || states[step] !== undefined)).map(
    step => ({ text: TEXTS[step], state: states[step] ?? 'waiting' }),
  );
}

/** What is asked, as the heading of the progress: `payments/billing → api.stripe.com`. */
export function titleOf(question: Pick<ClusterQuestion, 'namespace' | 'pod' | 'host'>): string {
  return `${subjectOf(question)} → ${question.host}`;
}

/** The pod with its namespace, where one is known: `payments/billing`, also where the pod was named with it. */
export function subjectOf({ namespace, pod }: Pick<ClusterQuestion, 'namespace' | 'pod'>): string {
  const isQualified = namespace === null || pod.startsWith(`${namespace}/`);
  return isQualified ? pod : `${namespace}/${pod}`;
}

/** The clusters of the demo: bundles captured in a real cluster, replayed with their real timings. */
import { concludeDiagnosis } from '../diagnose/conclude.ts';
import type { Answer, StepEvent } from '../diagnose/pipeline.ts';
import type { Evidence } from '../evidence.ts';
import { type Fault, FaultError } from '../faults.ts';
import type { Question } from '../model.ts';
import { readPodRequest } from '../pod-request.ts';
import { buildQuestion } from '../question.ts';
import type { ClusterQuestion, Clusters } from '../work/ports.ts';
import { type CapturedPod, capturedPods, captureOf, podsMeant } from './captured.ts';
import { predictedEvidence } from './predicted.ts';

/** What it needs. `wait` is given the milliseconds that a step took when it was captured. */
export type ReplayPorts = {
  readonly bundles: readonly Evidence[];
  readonly wait: (milliseconds: number) => Promise<void>;
};

/** Names that a type-ahead takes. */
const MOST_NAMES = 100;

/** Answers from the bundles: what was probed is replayed, everything else is predicted from the captured objects. */
export function replayClusters({ bundles, wait }: ReplayPorts): Clusters {
  const pods = capturedPods(bundles);
  const namesOf = (all: readonly string[], typed: string): readonly string[] =>
    [...new Set(all)].filter(name => name.includes(typed.toLowerCase())).slice(0, MOST_NAMES);
  return {
    diagnose: async (asked, onStep) => {
      const question = questionOf(asked, bundles);
      const pod = podOf(pods, asked, question);
      const capture = asked.probe ? captureOf(bundles, pod, question.destination) : null;
      return replay(capture ?? predictedEvidence(question, pod, bundles), { isProbed: capture !== null, wait, onStep });
    },
    findPlaces: async (_cluster, pod) => {
      const reading = readPodRequest(pod, null);
      const found = reading.kind === 'request' ? podsMeant(pods, reading.request) : [];
      return [...new Set(found.map(({ namespace }) => namespace))].map(namespace => ({ namespace, pod }));
    },
    suggestNamespaces: async (_cluster, typed) =>
      namesOf(
        pods.map(({ namespace }) => namespace),
        typed,
      ),
    suggestPods: async (_cluster, namespace, typed) =>
      namesOf(
        pods.filter(pod => namespace === null || pod.namespace === namespace).map(({ name }) => name),
        typed,
      ),
    access: async () => ({
      may: [
        'replay what was captured in a real cluster, with the timings that it had there',
        'predict everything else from the captured objects',
      ],
      mayNot: ['probe: this cluster is a captured one (start the demo with --live to ask a real one)'],
    }),
  };
}

type Replaying = {
  readonly isProbed: boolean;
  readonly wait: ReplayPorts['wait'];
  readonly onStep: (event: StepEvent) => void;
};

/** Of the time that was neither start-up nor probes, the part that finding the pod took; the rest ends the diagnosis. */
const TARGET_SHARE = 0.5;

/** Tells the steps as the pipeline did, each for as long as it took, then concludes anew. */
async function replay(evidence: Evidence, { isProbed, wait, onStep }: Replaying): Promise<Answer> {
  const { totalMs, startupMs, probesMs } = evidence.timing;
  const besidesMs = Math.max(0, totalMs - startupMs - probesMs);
  const tell = (step: StepEvent['step'], state: StepEvent['state']): void => onStep({ step, state, text: step });
  tell('collect', 'started');
  tell('target', 'started');
  await wait(besidesMs * TARGET_SHARE);
  tell('target', 'done');
  if (isProbed) tell('observe', 'started');
  tell('collect', 'done');
  await wait(startupMs + probesMs);
  if (isProbed) tell('observe', 'done');
  tell('conclude', 'started');
  const diagnosis = concludeDiagnosis(evidence);
  await wait(besidesMs * (1 - TARGET_SHARE));
  tell('conclude', 'done');
  return { evidence, diagnosis };
}

function questionOf({ cluster, namespace, pod, host, probe }: ClusterQuestion, bundles: readonly Evidence[]): Question {
  const usual = { vantages: null, podMethods: null, timeoutMs: null, siblings: null };
  const [first] = bundles;
  const settings = { timeoutMs: first?.question.timeoutMs ?? 3_000, refuseRanges: first?.refuseRanges ?? [] };
  const reading = buildQuestion({ cluster, namespace, pod, host, ...usual }, settings);
  if (reading.kind === 'refused') throw new FaultError(reading.faults[0] ?? UNREADABLE);
  return probe ? reading.question : { ...reading.question, vantages: [] };
}

const UNREADABLE: Fault = {
  code: 'usage',
  what: 'The question could not be read.',
  cause: 'It has no pod or no host.',
  remedy: 'Ask with /egress POD HOST.',
};

function podOf(pods: readonly CapturedPod[], { pod, namespace }: ClusterQuestion, question: Question): CapturedPod {
  const [found] = podsMeant(pods, question.pod);
  if (found !== undefined) return found;
  const there = pods.map(one => `${one.namespace}/${one.name}`);
  throw new FaultError({
    code: 'not-found',
    what: `There is no pod ${pod} in ${namespace === null ? 'the captured cluster' : `namespace ${namespace}`}.`,
    cause: 'The cluster of this demo is a captured one, and these are its pods.',
    remedy: `Ask about one of them: ${there.join(', ')}.`,
  });
}

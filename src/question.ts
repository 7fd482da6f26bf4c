/** What was asked, in text -> Question with every default filled in. */
import { readDestination } from './destination.ts';
import type { Fault } from './faults.ts';
import { shown } from './hostname.ts';
import type { PodMethod, Question, Vantage } from './model.ts';
import { readPodRequest } from './pod-request.ts';

/** A question as a person or an event puts it. null: not said, so the default. */
export type QuestionText = {
  readonly pod: string;
  readonly host: string;
  /** Of `-n`. */
  readonly namespace: string | null;
  /** Name of the kubeconfig context or configured cluster. */
  readonly cluster: string;
  readonly vantages: readonly string[] | null;
  readonly podMethods: readonly string[] | null;
  /** Milliseconds. */
  readonly timeoutMs: number | null;
  readonly siblings: number | null;
};

/** What an installation sets for all questions; `Config` has both. */
export type QuestionSettings = { readonly timeoutMs: number; readonly refuseRanges: readonly string[] };

/** A question, or everything that is wrong with it: one fault or more, never only the first. */
export type QuestionReading =
  | { readonly kind: 'question'; readonly question: Question }
  | { readonly kind: 'refused'; readonly faults: readonly Fault[] };

const VANTAGES = ['pod', 'control', 'node', 'outside'] as const satisfies readonly Vantage[];
const POD_METHODS = ['ephemeral-container', 'twin-pod', 'exec'] as const satisfies readonly PodMethod[];
/** The bot's own host says nothing about the cluster, so it is only asked when wanted. */
const DEFAULT_VANTAGES: readonly Vantage[] = ['pod', 'control', 'node'];

/** Bounds of a probe's time-out in ms: less than 500 would call a slow answer a drop, more outlives an exec stream behind a proxy. */
export const TIMEOUT_LIMITS_MS = { lowest: 500, highest: 60_000 };
/** Each sibling costs an ephemeral container that stays in its pod's spec. */
const MOST_SIBLINGS = 20;

/** Builds the question. Vantages and methods may be given in any order; vantages are asked in the model's order, methods in the given one. */
export function buildQuestion(text: QuestionText, settings: QuestionSettings): QuestionReading {
  const pod = readPodRequest(text.pod, text.namespace);
  const destination = readDestination(text.host, settings.refuseRanges);
  const vantages = readWords('vantage', text.vantages, VANTAGES);
  const methods = readWords('way into the pod', text.podMethods, POD_METHODS);
  const timeout = readTimeout(text.timeoutMs, settings.timeoutMs);
  const siblings = readSiblings(text.siblings);
  if (
    pod.kind !== 'request' ||
    destination.kind !== 'destination' ||
    vantages.kind !== 'read' ||
    methods.kind !== 'read' ||
    timeout.kind !== 'read' ||
    siblings.kind !== 'read'
  ) {
    const faults = [pod, destination, vantages, methods, timeout, siblings].flatMap(part =>
      part.kind === 'refused' ? [part.fault] : [],
    );
    return { kind: 'refused', faults };
  }
  const question: Question = {
    pod: pod.request,
    destination: destination.destination,
    cluster: text.cluster,
    vantages:
      vantages.value === null ? DEFAULT_VANTAGES : VANTAGES.filter(vantage => vantages.value?.includes(vantage)),
    podMethods: methods.value ?? POD_METHODS,
    timeoutMs: timeout.value,
    siblings: siblings.value,
  };
  return { kind: 'question', question };
}

type Part<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'refused'; readonly fault: Fault };

/** null: nothing was said. Several words may be in one text, with commas between them; each counts once. */
function readWords<Word extends string>(
  noun: string,
  texts: readonly string[] | null,
  known: readonly Word[],
): Part<readonly Word[] | null> {
  if (texts === null) return { kind: 'read', value: null };
  const words = texts.flatMap(text => text.split(',')).map(word => word.trim());
  const found = words.flatMap(word => known.filter(candidate => candidate === word));
  const unknown = words.find(word => !known.some(candidate => candidate === word));
  if (unknown === undefined && found.length > 0) return { kind: 'read', value: [...new Set(found)] };
  return refused(
    `${shown(unknown ?? '')} is no ${noun}.`,
    `Known are ${known.join(', ')}.`,
    'Name one or more of them, with commas between.',
  );
}

function readTimeout(wanted: number | null, usual: number): Part<number> {
  const { lowest, highest } = TIMEOUT_LIMITS_MS;
  const value = wanted ?? usual;
  if (Number.isInteger(value) && value >= lowest && value <= highest) return { kind: 'read', value };
  const cause = 'Less would call a slow answer a drop, and more outlives the stream that carries the answers.';
  return refused(
    `A time-out of ${value} ms is not possible.`,
    cause,
    `Give a whole number from ${lowest} to ${highest} milliseconds.`,
  );
}

function readSiblings(wanted: number | null): Part<number> {
  const value = wanted ?? 0;
  if (Number.isInteger(value) && value >= 0 && value <= MOST_SIBLINGS) return { kind: 'read', value };
  const cause = 'Each replica that is probed keeps an ephemeral container in its spec.';
  return refused(`${value} siblings cannot be probed.`, cause, `Give a whole number from 0 to ${MOST_SIBLINGS}.`);
}

function refused(what: string, cause: string, remedy: string): { readonly kind: 'refused'; readonly fault: Fault } {
  return { kind: 'refused', fault: { code: 'usage', what, cause, remedy } };
}

/**
 * What somebody typed into Slack -> a question, or what is missing or wrong of one: the slash command, a mention, a message
 * that quotes an error. Nothing is guessed: what is unclear goes into a form, filled in with what was found. Pure.
 */
import { readDestination } from '../destination.ts';
import type { Fault } from '../faults.ts';
import { readPodRequest } from '../pod-request.ts';
import type { Asked } from '../queue/job.ts';
import { findParts, nameBeforeHost } from './free-text.ts';
import { plainText } from './plain-text.ts';
import { hostLikeness, podLikeness } from './shapes.ts';
import { type Options, splitWords, takeOptions, type Word } from './words.ts';

/** What a form is filled in with. null: not found, or not clear. */
export type Found = {
  readonly pod: string | null;
  readonly host: string | null;
  readonly namespace: string | null;
  readonly cluster: string | null;
  /** False: `--no-probe`. */
  readonly probe: boolean;
};

/** A question; a wish for help; parts of a question, none of them wrong; or everything that is wrong. */
export type AskReading =
  | { readonly kind: 'asked'; readonly asked: Asked }
  | { readonly kind: 'help' }
  | { readonly kind: 'incomplete'; readonly found: Found }
  | { readonly kind: 'refused'; readonly faults: readonly Fault[] };

/** Longer texts are cut: a pod and a host stand at the beginning, and the patterns must stay fast. */
const LONGEST_TEXT = 4000;

/** Reads what follows `/egress`: `POD HOST[:PORT] [-n NS] [--cluster NAME] [--no-probe]`, `help`, or a sentence. */
export function readCommand(slackText: string): AskReading {
  const text = plainText(slackText.slice(0, LONGEST_TEXT));
  const { options, rest, faults } = takeOptions(splitWords(text));
  if (options.wantsHelp || isHelp(rest)) return { kind: 'help' };
  if (faults.length > 0) return { kind: 'refused', faults };
  const [pod, host] = rest;
  if (rest.length === 2 && pod !== undefined && host !== undefined) return askedOf(pod.text, host.text, options);
  if (rest.length === 1 && pod !== undefined) return loneWord(pod, options);
  return fromSentence(text, rest, options);
}

/**
 * Reads a mention: a sentence, or the same words as behind the slash command. Two words are a question only when the second
 * is a host by its look and the first no word of a sentence: "hello there" asks nothing, "ping api.stripe.com" names no pod.
 */
export function readMention(slackText: string): AskReading {
  const text = plainText(slackText.slice(0, LONGEST_TEXT));
  const { options, rest, faults } = takeOptions(splitWords(text));
  if (options.wantsHelp || isHelp(rest)) return { kind: 'help' };
  const [pod, host] = rest;
  if (rest.length === 2 && pod !== undefined && host !== undefined) {
    const pair = pairOf(pod, host);
    // What may be a sentence about egress itself is asked back: "@egress reports refused.example".
    if (pair === 'may-be') return incomplete({ ...NOTHING_FOUND, pod: pod.text, host: host.text }, options);
    if (pair === 'pod-and-host')
      return faults.length > 0 ? { kind: 'refused', faults } : askedOf(pod.text, host.text, options);
  }
  // A sentence may quote a command with options of its own, so theirs are no faults of the question.
  return fromSentence(text, rest, options);
}

/** Reads a message that somebody else wrote: whatever is found only fills in the form. Never `asked`, never `refused`. */
export function readQuotedMessage(slackText: string): Found {
  const text = plainText(slackText.slice(0, LONGEST_TEXT));
  const { options, rest } = takeOptions(splitWords(text));
  const reading = fromSentence(text, rest, options);
  if (reading.kind === 'incomplete') return reading.found;
  return reading.kind === 'asked' ? { ...reading.asked } : { ...NOTHING_FOUND };
}

/** A form with nothing in it. */
export const NOTHING_FOUND: Found = { pod: null, host: null, namespace: null, cluster: null, probe: true };

function isHelp(words: readonly Word[]): boolean {
  return words.length === 1 && /^(?:help|\?|usage|hilfe)$/i.test(words[0]?.text ?? '');
}

/** Two words and nothing else. Before what is a host for certain, any word that no sentence begins with is a pod. */
function pairOf(pod: Word, host: Word): 'pod-and-host' | 'may-be' | 'neither' {
  const look = hostLikeness(host.text);
  if (look === 'no') return 'neither';
  if (pod.isQuoted || podLikeness(pod.text) !== 'no') return 'pod-and-host';
  const name = look === 'certain' ? nameBeforeHost(pod) : 'no';
  return name === 'no' ? 'neither' : name === 'name' ? 'pod-and-host' : 'may-be';
}

/** Reads pod and host as the command line does, and gathers everything that is wrong. */
function askedOf(pod: string, host: string, { namespace, cluster, probe }: Options): AskReading {
  if (isNoPod(pod)) return { kind: 'refused', faults: [POD_FIRST] };
  const readings = [readPodRequest(pod, namespace), readDestination(host)];
  const faults = readings.flatMap(reading => (reading.kind === 'refused' ? [reading.fault] : []));
  if (faults.length > 0) return { kind: 'refused', faults };
  return { kind: 'asked', asked: { pod, host, namespace, cluster, probe } };
}

/** What no pod has in its name, and what may hold a password: it is not repeated. */
function isNoPod(text: string): boolean {
  return /:\/\/|@/.test(text);
}

const POD_FIRST: Fault = {
  code: 'usage',
  what: 'The first word is no pod.',
  cause: 'There is a :// or an @ in it, as in an address.',
  remedy: 'Write the pod first and then the host, as in `/egress billing-pod api.stripe.com`.',
};

/** `/egress api.stripe.com`: half a question. */
function loneWord(word: Word, options: Options): AskReading {
  const isHost = isNoPod(word.text) || hostLikeness(word.text) !== 'no';
  const part = isHost ? readDestination(word.text) : readPodRequest(word.text, options.namespace);
  if (part.kind === 'refused') return { kind: 'refused', faults: [part.fault] };
  return incomplete({ ...NOTHING_FOUND, [isHost ? 'host' : 'pod']: word.text }, options);
}

function fromSentence(text: string, words: readonly Word[], options: Options): AskReading {
  if (words.length === 0) return incomplete(NOTHING_FOUND, options);
  const { isCertain, ...found } = findParts(text, words);
  const namespace = options.namespace ?? found.namespace;
  const cluster = options.cluster ?? found.cluster;
  if (isCertain && found.pod !== null && found.host !== null) {
    return askedOf(found.pod, found.host, { ...options, namespace: agreed(found.pod, namespace), cluster });
  }
  return incomplete({ ...found, probe: true }, options);
}

/** A namespace that the pod's own text names already need not be said again. */
function agreed(pod: string, namespace: string | null): string | null {
  return namespace !== null && pod.startsWith(`${namespace}/`) ? null : namespace;
}

function incomplete(found: Found, { namespace, cluster, probe }: Options): AskReading {
  return {
    kind: 'incomplete',
    found: { ...found, namespace: namespace ?? found.namespace, cluster: cluster ?? found.cluster, probe },
  };
}

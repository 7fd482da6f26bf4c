/**
 * A sentence ("why can't billing-pod reach api.stripe.com") -> which words are the pod, the host, the namespace. A word counts
 * for certain when its form or its place leaves no doubt; all else only fills in a form that the asker then looks at. Pure.
 */
import { readDestination, writeDestination } from '../destination.ts';
import { type Named, namedInErrors } from './error-text.ts';
import { couldNamePod, hostLikeness, podLikeness } from './shapes.ts';
import type { Word } from './words.ts';

/** What was found of a question. null: nothing, or several that cannot all be meant. */
export type FoundParts = {
  readonly pod: string | null;
  readonly host: string | null;
  readonly namespace: string | null;
  readonly cluster: string | null;
  /** False: a part is doubtful, so the asker has to look at it. */
  readonly isCertain: boolean;
};

type Candidate = { readonly text: string; readonly isCertain: boolean };

const CANNOT =
  /^(?:can(?:'?t|not)?|could(?:n'?t)?|does(?:n'?t)?|do(?:n'?t)?|did(?:n'?t)?|is(?:n'?t)?|was(?:n'?t)?|wo(?:n'?t)|will|should(?:n'?t)?|has|why)$/i;
/** What follows is the host. */
const TOWARDS =
  /^(?:reach(?:es|ing)?|access(?:es|ing)?|call(?:s|ing)?|hit(?:s|ting)?|resolv(?:e|es|ing)|contact(?:s|ing)?|curl(?:s|ing)?|ping(?:s|ing)?|open(?:s|ing)?|to|->|-->|=>|>|→|⇒|against|with|host|towards?|into|onto)$/i;
/** What stands before is the pod. */
const FAILS =
  /^(?:times?|timing|timed|fail(?:s|ed|ing)?|unable|gets?|got|getting|cannot|never|not|keeps?|sees?|reports?|has|->|-->|=>|>|→|⇒|to)$/i;
/** Of the verbs above and below, those that services are called by as well: what they are, their place has to tell. */
const VERB_OR_NAME = /^(?:reports?|contacts?|hits?|times)$/i;
const FROM = /^(?:from|for|inside|within)$/i;
const ARTICLE = /^(?:the|a|an|our|my|your|their|this|that|any|all|some|its|of)$/i;
const OWNERS: Readonly<Record<string, string>> = {
  pod: '',
  pods: '',
  deployment: 'deploy/',
  deploy: 'deploy/',
  statefulset: 'sts/',
  daemonset: 'ds/',
  replicaset: 'rs/',
  job: 'job/',
  cronjob: 'cj/',
};
/** Words that stand where a name would, and are none. */
const NO_NAMES =
  /^(?:it|we|i|you|they|he|she|us|them|me|this|that|these|those|anyone|anybody|somebody|someone|something|anything|everything|nothing|what|which|who|how|when|where|why|and|or|but|not|be|been|able|working|blocked|allowed|reachable|there|here|outside|external|internet|network|traffic|egress|connection|connections|requests?|calls?|access|dns|out|up|down|all|our|any|some|please|check|look|help|investigate|debug|prod|staging|production|dev|service|app|application|pods?|pod's|hosts?|database|db|api|server|client|error|errors|timeouts?|connect|talk|speak|send|dial|fetch|load|login|go|get)$/i;
const GREETING = /^(?:hi|hello|hey|thanks?|thx|ok|okay|yes|no|sorry|try|test|see|re|fyi|also|still|again|now)$/i;

/** How much the one word before a host, and nothing else, is meant as a pod's name. `may-be`: it is a verb, too. */
export function nameBeforeHost(word: Word): 'name' | 'may-be' | 'no' {
  const { text, isQuoted } = trimmed(word);
  if (!couldNamePod(text)) return 'no';
  if (isQuoted) return 'name';
  if (VERB_OR_NAME.test(text)) return 'may-be';
  const isWord = NO_NAMES.test(text) || GREETING.test(text) || ARTICLE.test(text) || isRole(text) || isNoun(text);
  return isWord ? 'no' : 'name';
}

/** Reads a sentence, a quoted error message, or both. Only one pod and one host may be meant. */
export function findParts(text: string, words: readonly Word[]): FoundParts {
  const bare = words.map(trimmed).filter(word => word.text !== '');
  const errors = namedInErrors(text);
  const hosts = hostCandidates(bare, errors.hosts);
  const namespaces = [...namedBeside(bare, /^(?:namespace|ns)$/i), ...errors.namespaces.map(certain)];
  const clusters = namedBeside(bare, /^cluster$/i);
  const [namespace, cluster] = [onlyOne(namespaces), onlyOne(clusters)];
  const pods = podCandidates(bare, errors, [namespace, cluster]);
  const host = withStatedPort(chosenHost(hosts), bare);
  const pod = chosenPod(pods);
  // "billing-pod in payments" may be a namespace, a cluster or a manner of speaking.
  const loose = namespace === null ? looseNamespace(bare, pod?.text ?? null) : null;
  const isOpen =
    loose !== null || (namespace === null && namespaces.length > 0) || (cluster === null && clusters.length > 0);
  const isCertain = pod?.isCertain === true && host?.isCertain === true && !isOpen;
  return {
    pod: pod?.text ?? null,
    host: host?.text ?? null,
    namespace: namespace?.text ?? loose,
    cluster: cluster?.text ?? null,
    isCertain,
  };
}

/** Punctuation of the sentence goes; what belongs to a host or a name stays, the brackets of an IPv6 address among it. */
function trimmed(word: Word): Word {
  if (word.isQuoted) return word;
  const text = word.text.replace(/^[("'`*_~]+/, '').replace(/["'`*_~?!.,;:)]+$/, '');
  if (/^\[[0-9a-f:.]+\](?::\d+)?$/i.test(text)) return { text, isQuoted: false };
  return { text: text.replace(/^\[+|\]+$/g, ''), isQuoted: false };
}

/** Hosts by their look, by the verb before them, and in error messages. Messages win: what surrounds them is their echo. */
function hostCandidates(words: readonly Word[], fromErrors: readonly string[]): readonly Candidate[] {
  if (fromErrors.length > 0) return fromErrors.map(host => certain(withoutPath(host)));
  return words.flatMap((word, index): Candidate[] => {
    const look = hostLikeness(word.text);
    if (look === 'certain') return [certain(word.text)];
    if (!TOWARDS.test(previous(words, index)) || NO_NAMES.test(word.text)) return [];
    if (ARTICLE.test(word.text) || podLikeness(word.text) === 'certain') return [];
    if (look === 'likely') return [certain(word.text)];
    if (!couldNamePod(word.text) || word.text.includes('/')) return [];
    // A Service's name: sure when it is written as a name, or has a hyphen or a digit as words have not.
    return [{ text: word.text, isCertain: word.isQuoted || /[-\d]/.test(word.text) }];
  });
}

/** One host, in as many spellings as it likes: the one that says most is taken. Two hosts: none. */
function chosenHost(candidates: readonly Candidate[]): Candidate | null {
  const sure = candidates.filter(candidate => candidate.isCertain);
  const pool = sure.length > 0 ? sure : candidates;
  const read = pool.map(candidate => ({ candidate, name: hostName(candidate.text) }));
  const names = new Set(read.map(({ name }) => name));
  if (names.size !== 1) return null;
  const spelled = [...new Set(pool.map(({ text }) => text))].sort((a, b) => b.length - a.length);
  const ends = new Set(spelled.map(endOf).filter(end => end !== null));
  return { text: spelled[0] ?? '', isCertain: (pool[0]?.isCertain ?? false) && ends.size <= 1 };
}

/** Protocol and port where they are written; null where the usual ones are meant. */
function endOf(host: string): string | null {
  if (!/^[a-z]+:\/\//i.test(host) && !/:\d+$/.test(host)) return null;
  const reading = readDestination(host);
  return reading.kind === 'destination' ? `${reading.destination.protocol} ${reading.destination.port}` : host;
}

function hostName(text: string): string {
  const reading = readDestination(text);
  if (reading.kind !== 'destination') return text.toLowerCase();
  const { host } = reading.destination;
  return host.kind === 'name' ? host.name : host.address;
}

/** A quoted URL may carry a key in its path or query, and neither matters to the network. */
function withoutPath(host: string): string {
  return host
    .replace(/^([a-z]+:\/\/[^/?#]+).*$/i, '$1')
    .replace(/^([^/]+)\/.*$/, (whole, head: string) => (/^[a-z]+:$/i.test(head) ? whole : head));
}

/** "api.stripe.com on port 8443", "udp port 53". */
function withStatedPort(host: Candidate | null, words: readonly Word[]): Candidate | null {
  const ports = words.flatMap((word, index) =>
    /^ports?$/i.test(previous(words, index)) && /^[1-9]\d{0,4}$/.test(word.text) ? [word.text] : [],
  );
  if (host === null || ports.length === 0) return host;
  const [port] = ports;
  const stated = endOf(host.text);
  if (new Set(ports).size > 1 || (stated !== null && !stated.endsWith(` ${port}`)))
    return { ...host, isCertain: false };
  if (stated !== null) return host;
  const udp = words.some(word => /^udp$/i.test(word.text)) ? 'udp://' : '';
  const reading = readDestination(`${udp}${bracketed(host.text)}:${port}`);
  if (reading.kind !== 'destination') return { ...host, isCertain: false };
  return { ...host, text: udp === '' ? `${bracketed(host.text)}:${port}` : writeDestination(reading.destination) };
}

function bracketed(host: string): string {
  return /^[^[]*:[^[]*:/.test(host) ? `[${host}]` : host;
}

/** Pods by their look, their place in the sentence, the noun beside them, and in error messages. */
function podCandidates(
  words: readonly Word[],
  errors: Named,
  others: readonly (Candidate | null)[],
): readonly Candidate[] {
  const taken = new Set(others.map(other => other?.text));
  const isInMessage = errors.hosts.length > 0;
  const found = words.flatMap((word, index): Candidate[] => {
    const owned = ownedName(words, index);
    if (owned !== null) return [certain(owned)];
    const look = podLikeness(word.text);
    if (look === 'certain') return [certain(word.text)];
    if (isNamedBySubject(words, index)) return [{ text: word.text, isCertain: false }];
    if (taken.has(word.text) || NO_NAMES.test(word.text) || isRole(word.text) || isNoun(word.text)) return [];
    if (TOWARDS.test(previous(words, index)) && !FROM.test(previous(words, index))) return [];
    const isPlaced = isInPodPlace(words, index);
    if (look === 'likely') return [{ text: word.text, isCertain: isPlaced }];
    // Beside an error message a plain word is part of it.
    if (!isPlaced || isInMessage || !couldNamePod(word.text)) return [];
    return [{ text: word.text, isCertain: word.isQuoted || /\d/.test(word.text) }];
  });
  return [...errors.pods.map(certain), ...found].map(pod => ({
    ...pod,
    text: pod.text.replace(/^(?:po|pods?)\//i, ''),
  }));
}

/** One pod. A second word that looks like a name makes both doubtful, wherever it stands. */
function chosenPod(candidates: readonly Candidate[]): Candidate | null {
  const names = new Set(
    candidates.filter(({ text, isCertain }) => isCertain || podLikeness(text) !== 'no').map(({ text }) => text),
  );
  if (names.size > 1) return null;
  return onlyOne(names.size === 1 ? candidates.filter(({ text }) => names.has(text)) : candidates);
}

/** `pod X`, `X pod`, `deployment X`: the noun beside a word says what it is. null: none. */
function ownedName(words: readonly Word[], index: number): string | null {
  const word = words[index]?.text ?? '';
  if (!couldNamePod(word) || NO_NAMES.test(word) || isRole(word) || isNoun(word) || ARTICLE.test(word)) return null;
  const noun = [previous(words, index), words[index + 1]?.text ?? ''].map(text => OWNERS[text.toLowerCase()]);
  const owner = noun.find(prefix => prefix !== undefined);
  if (owner === undefined || TOWARDS.test(previous(words, index))) return null;
  return word.includes('/') ? word : `${owner}${word}`;
}

function isInPodPlace(words: readonly Word[], index: number): boolean {
  const before = previous(words, index);
  return CANNOT.test(before) || FROM.test(before) || FAILS.test(next(words, index)) || CANNOT.test(next(words, index));
}

/** "why can't reports reach", "reports can't reach": a verb that has no subject of its own may be a name. */
function isNamedBySubject(words: readonly Word[], index: number): boolean {
  if (!VERB_OR_NAME.test(words[index]?.text ?? '')) return false;
  const before = previous(words, index);
  const hasSubject = before !== '' && !CANNOT.test(before) && !FROM.test(before) && !ARTICLE.test(before);
  return !hasSubject && isInPodPlace(words, index);
}

/** `namespace payments`, `the payments namespace`. */
function namedBeside(words: readonly Word[], noun: RegExp): readonly Candidate[] {
  return words.flatMap((word, index): Candidate[] => {
    if (!noun.test(word.text)) return [];
    const near = [words[index + 1], words[index - 1]].filter(one => one !== undefined);
    const name = near.find(
      one => isLabel(one.text) && !NO_NAMES.test(one.text) && !isRole(one.text) && !ARTICLE.test(one.text),
    );
    return name === undefined ? [] : [certain(name.text)];
  });
}

/** The word behind `POD in`, when it could be a namespace. */
function looseNamespace(words: readonly Word[], pod: string | null): string | null {
  if (pod === null) return null;
  const at = words.findIndex(word => pod === word.text || pod.endsWith(`/${word.text}`));
  if (at < 0) return null;
  const preposition = next(words, at);
  const name = next(words, at + 1);
  return /^(?:in|on|at|@)$/i.test(preposition) && isLabel(name) && !ARTICLE.test(name) && !isNoun(name) ? name : null;
}

function isLabel(text: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(text);
}

function isRole(text: string): boolean {
  return (
    CANNOT.test(text) ||
    TOWARDS.test(text) ||
    FAILS.test(text) ||
    FROM.test(text) ||
    /^(?:in|on|at|by|port|over|via)$/i.test(text)
  );
}

function isNoun(text: string): boolean {
  return OWNERS[text.toLowerCase()] !== undefined || /^(?:namespace|ns|cluster)$/i.test(text);
}

/** The one that is certain, else the one that is likely; null where there are several. */
function onlyOne(candidates: readonly Candidate[]): Candidate | null {
  const sure = new Set(candidates.filter(candidate => candidate.isCertain).map(({ text }) => text));
  const pool = sure.size > 0 ? sure : new Set(candidates.map(({ text }) => text));
  const [text] = pool;
  return pool.size === 1 && text !== undefined ? { text, isCertain: sure.size === 1 } : null;
}

function previous(words: readonly Word[], index: number): string {
  return words[index - 1]?.text ?? '';
}

function next(words: readonly Word[], index: number): string {
  return words[index + 1]?.text ?? '';
}

function certain(text: string): Candidate {
  return { text, isCertain: true };
}

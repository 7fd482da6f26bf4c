/** The event of a direct invocation (`onQuestion`) -> the words of a command line. What a word means is read where the command line's is. */
import type { Fault } from './faults.ts';
import { shown } from './hostname.ts';

/** A question as an event puts it. Absent in the event: null, so the default. */
export type EventQuestion = {
  readonly pod: string;
  readonly host: string;
  readonly namespace: string | null;
  /** Context of the kubeconfig. */
  readonly context: string | null;
  /** Words with commas between. */
  readonly vantages: string | null;
  readonly podMethods: string | null;
  readonly timeoutMs: number | null;
  readonly siblings: number | null;
  /** `name@version`. */
  readonly engine: string | null;
  /** false: predict only. */
  readonly probe: boolean;
};

/** The question in an event, or everything that is wrong with it. */
export type EventReading =
  | { readonly kind: 'question'; readonly question: EventQuestion }
  | { readonly kind: 'refused'; readonly faults: readonly Fault[] };

/** What each key may hold. The image is the installation's and no asker's. */
const KEYS = {
  pod: 'text',
  host: 'text',
  namespace: 'text',
  context: 'text',
  vantages: 'words',
  podMethods: 'words',
  timeoutMs: 'number',
  siblings: 'number',
  engine: 'text',
  probe: 'yes or no',
} as const;
type Key = keyof typeof KEYS;
type Shape = (typeof KEYS)[Key];

const EXAMPLE = 'Send an object as in {"pod":"payments/billing-pod","host":"api.stripe.com"}.';

/** Reads an event of any shape. A key that is missing, one of the wrong type and an unknown one are each a fault; null counts as missing. */
export function readQuestionEvent(event: unknown): EventReading {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return { kind: 'refused', faults: [fault('The event is no question.', 'It is not an object.', EXAMPLE)] };
  }
  const given = new Map<string, unknown>(
    Object.entries(event).filter(([, value]) => value !== null && value !== undefined),
  );
  const faults = [...given].flatMap(([key, value]) => faultOfEntry(key, value));
  for (const key of ['pod', 'host'] as const) {
    if (!given.has(key)) faults.push(fault(`The event has no ${key}.`, 'A question needs a pod and a host.', EXAMPLE));
  }
  if (faults.length > 0) return { kind: 'refused', faults };
  const text = (key: Key): string | null => (given.has(key) ? String(given.get(key)) : null);
  const number = (key: Key): number | null => (given.has(key) ? Number(given.get(key)) : null);
  const question: EventQuestion = {
    pod: text('pod') ?? '',
    host: text('host') ?? '',
    namespace: text('namespace'),
    context: text('context'),
    vantages: text('vantages'),
    podMethods: text('podMethods'),
    timeoutMs: number('timeoutMs'),
    siblings: number('siblings'),
    engine: text('engine'),
    probe: given.get('probe') !== false,
  };
  return { kind: 'question', question };
}

function faultOfEntry(key: string, value: unknown): readonly Fault[] {
  if (!Object.hasOwn(KEYS, key)) {
    return [
      fault(
        `The event's key ${shown(key)} is not known.`,
        `Known are ${Object.keys(KEYS).join(', ')}.`,
        'Leave it out.',
      ),
    ];
  }
  const shape: Shape = KEYS[key as Key];
  if (hasShape(value, shape)) return [];
  const wanted = {
    text: 'a text',
    words: 'a text or a list of texts',
    number: 'a number',
    'yes or no': 'true or false',
  }[shape];
  return [fault(`The event's ${key} cannot be used.`, `It is ${nounOf(value)} and not ${wanted}.`, EXAMPLE)];
}

function hasShape(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string';
    case 'words':
      return typeof value === 'string' || (Array.isArray(value) && value.every(word => typeof word === 'string'));
    case 'number':
      return typeof value === 'number';
    case 'yes or no':
      return typeof value === 'boolean';
    default:
      return shape satisfies never;
  }
}

function nounOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  const nouns: Readonly<Record<string, string>> = { string: 'a text', number: 'a number', boolean: 'true or false' };
  return nouns[typeof value] ?? 'an object';
}

function fault(what: string, cause: string, remedy: string): Fault {
  return { code: 'usage', what, cause, remedy };
}

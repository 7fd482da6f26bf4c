/** What is kept of an answer while it is made and afterwards: enough for another worker to go on, and for its buttons. */
import type { Asked, Asker, Place } from '../queue/job.ts';
import type { Posted } from '../slack/api.ts';
import type { Store, Stored } from '../store/store.ts';
import type { ClusterQuestion } from './ports.ts';

/** One answer, from the question to its last message. */
export type AnswerRecord = {
  readonly answerId: string;
  readonly asked: Asked;
  readonly asker: Asker;
  readonly place: Place;
  /** ISO 8601, when it was asked. */
  readonly at: string;
  /** What the clusters were asked, once it was known who may, and in the end where the pod was found; null before, and for good when it was refused. */
  readonly question: ClusterQuestion | null;
  /** How it reaches people: into the channel, or (where the bot is no member) through the response_url. */
  readonly way: 'channel' | 'response-url';
  /** The message that is first progress and then the verdict; null: not posted yet, as far as is known. */
  readonly root: Posted | null;
  /** Parts of the thread that are posted, in order; `verdict` is the root once it shows the verdict. */
  readonly posted: readonly string[];
  /** The answer whose evidence and diagnosis are shown: this one, or that of somebody who asked the same; null: none yet. */
  readonly resultOf: string | null;
  /** The answer that this one compares itself with; null: none. */
  readonly before: string | null;
  /** What the card says above the verdict, in safe mrkdwn; null: nothing. */
  readonly note: string | null;
  readonly end: AnswerEnd | null;
};

/** How it ended. `verdict`: its code. */
export type AnswerEnd =
  | { readonly kind: 'answered'; readonly verdict: string }
  | { readonly kind: 'refused' | 'failed' | 'undeliverable'; readonly why: string };

/**
 * Milliseconds that everything about an answer is kept: its card, looks after it, what was told of it. Buttons of an older one say
 * that they are out of date.
 */
export const KEPT_MS = 30 * 86_400_000;

/** Milliseconds since 1970 until which everything about an answer asked `at` is kept. */
export function keptUntilMs(at: string): number {
  return Date.parse(at) + KEPT_MS;
}

/** The same question again, of the same cluster and namespace whatever the channel's defaults are by then. */
export function pinnedAsked({ asked, question }: AnswerRecord): Asked {
  return question === null ? asked : { ...asked, cluster: question.cluster, namespace: question.namespace };
}

/** Reads an answer's record; null: there is none, or no more. */
export async function readAnswer(store: Store, answerId: string): Promise<AnswerRecord | null> {
  const stored = (await store.get(recordKey(answerId))) as Stored<AnswerRecord> | null;
  return stored?.body ?? null;
}

/** An answer's record in the hands of the one worker that makes it. */
export type AnswerBook = {
  readonly record: () => AnswerRecord;
  /** Whether an earlier worker had it: what it did last may not be in the record. */
  readonly isTakenOver: boolean;
  /** Writes the changes. Rejects when somebody else has written meanwhile: they have the answer now. */
  readonly save: (changes: Partial<AnswerRecord>) => Promise<void>;
};

/** Opens the record of `first.answerId`, or begins it with `first`. */
export async function openAnswer(store: Store, first: AnswerRecord): Promise<AnswerBook> {
  const key = recordKey(first.answerId);
  const expiresAtMs = keptUntilMs(first.at);
  const stored = (await store.get(key)) as Stored<AnswerRecord> | null;
  let record = stored?.body ?? first;
  let expected: 'absent' | { readonly version: number } = stored === null ? 'absent' : { version: stored.version };
  const save = async (changes: Partial<AnswerRecord>): Promise<void> => {
    const next = { ...record, ...changes };
    const written = await store.put(key, next, { expected, expiresAtMs });
    if (written.kind === 'conflict') throw new Error(`another worker has written the record of ${first.answerId}`);
    expected = { version: written.version };
    record = next;
  };
  if (stored === null) await save({});
  return { record: () => record, isTakenOver: stored !== null, save };
}

/** What of a card can be used once: a new look (by either of two buttons), the choice of a pod, the evidence. */
export type SettledAction = 'look' | 'choose' | 'evidence';

/** A press of a button that counted: every later one of the same is told so. */
export type Settled = { readonly user: string; readonly at: string; readonly by: string };

/**
 * Settles a button of a card. `mine`: this press counts (also when it is delivered again); `earlier`: somebody else's did.
 */
export async function settleButton(
  store: Store,
  { answerId, action, press }: { readonly answerId: string; readonly action: SettledAction; readonly press: Settled },
): Promise<{ readonly kind: 'mine' } | { readonly kind: 'earlier'; readonly press: Settled }> {
  const key = settledKey(answerId, action);
  const written = await store.put(key, press, { expected: 'absent', expiresAtMs: keptUntilMs(press.at) });
  if (written.kind === 'stored') return { kind: 'mine' };
  const earlier = await readSettled(store, answerId, action);
  return earlier === null || earlier.by === press.by ? { kind: 'mine' } : { kind: 'earlier', press: earlier };
}

/** The press that settled this; null: none has. */
export async function readSettled(store: Store, answerId: string, action: SettledAction): Promise<Settled | null> {
  const stored = (await store.get(settledKey(answerId, action))) as Stored<Settled> | null;
  return stored?.body ?? null;
}

function settledKey(answerId: string, action: SettledAction): { partition: string; sort: string } {
  return { partition: partitionOf(answerId), sort: `settled#${action}` };
}

/** A question in a user's list for App Home. */
export type UserQuestion = { readonly answerId: string; readonly at: string };

/** Adds a question to its user's list; the same one is there once. */
export async function listForUser(store: Store, user: string, question: UserQuestion): Promise<void> {
  const key = { partition: `user#${user}`, sort: `${question.at}#${question.answerId}` };
  await store.put(key, question, { expected: 'any', expiresAtMs: keptUntilMs(question.at) });
}

/** A user's questions, newest first. */
export async function questionsOf(store: Store, user: string, limit: number): Promise<readonly UserQuestion[]> {
  const found = await store.list(`user#${user}`, { limit, order: 'descending' });
  return found.map(({ body }) => body as UserQuestion);
}

function recordKey(answerId: string): { partition: string; sort: string } {
  return { partition: partitionOf(answerId), sort: 'record' };
}

function partitionOf(answerId: string): string {
  return `answer#${answerId}`;
}

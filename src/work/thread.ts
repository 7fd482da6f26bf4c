/**
 * Puts an answer into its thread: one root message that changes, and parts in order, each once. What a killed worker had
 * posted without writing it down is found by its mark before anything is posted again.
 */
import type { Message, MessageMark, Posted, SlackResult, Upload } from '../slack/api.ts';
import type { WorkPorts } from './ports.ts';
import type { AnswerBook } from './records.ts';

/** Whether it reached Slack. `refused`: it never will, for this reason of Slack's. */
export type Sent = { readonly kind: 'sent' } | { readonly kind: 'refused'; readonly error: string };

/** What the root message shows. Its last state is written down as a part. */
export type RootPart = 'progress' | 'verdict' | 'failure';

/** An answer's place in Slack. Each function may be called again by a worker that takes over. Rejects when Slack is down. */
export type Thread = {
  /** Posts the root message, or edits it when it is there. `part`: what is written down once it shows this. */
  readonly showRoot: (message: Message, part: RootPart) => Promise<Sent>;
  readonly reply: (part: string, message: Message) => Promise<Sent>;
  /** `part` is also the mark in the file's name. */
  readonly attach: (part: string, upload: Upload, comment: string) => Promise<Sent>;
};

const SENT: Sent = { kind: 'sent' };

/** Slack refuses the blocks and would take the text: our mistake must not cost anybody the answer. */
const REFUSED_BLOCKS = new Set(['invalid_blocks', 'invalid_blocks_format', 'msg_blocks_too_long', 'msg_too_long']);
/** The message is gone: somebody deleted it. */
const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed']);

/** Opens the thread of the answer in `book`. `isStillOurs` is asked before every call: it rejects once the lease is over. */
export function openThread(ports: Pick<WorkPorts, 'slack' | 'log'>, book: AnswerBook, isStillOurs: () => void): Thread {
  const { slack } = ports;
  const found = findOnce(ports, book);
  /** A call that broke off may have arrived: from then on Slack is asked what is there. */
  const sure = async <Value>(call: Promise<Value>): Promise<Value> => {
    try {
      return await call;
    } catch (error) {
      found.doubt();
      throw error;
    }
  };
  const markOf = (part: string): MessageMark => ({ answerId: book.record().answerId, part });

  const post = async (part: string, threadTs: string | null, message: Message): Promise<SlackResult<Posted>> => {
    isStillOurs();
    const { channel } = book.record().place;
    const posted = await sure(slack.post({ channel, threadTs }, message, markOf(part)));
    if (posted.kind === 'ok' || !REFUSED_BLOCKS.has(posted.error)) return posted;
    ports.log({ event: 'blocks-refused', answerId: book.record().answerId, part, error: posted.error });
    return sure(slack.post({ channel, threadTs }, { text: message.text, blocks: [] }, markOf(part)));
  };

  const edit = async (root: Posted, message: Message): Promise<SlackResult<null>> => {
    isStillOurs();
    const edited = await slack.update(root, message, markOf('root'));
    if (edited.kind === 'ok' || !REFUSED_BLOCKS.has(edited.error)) return edited;
    ports.log({ event: 'blocks-refused', answerId: book.record().answerId, part: 'root', error: edited.error });
    return slack.update(root, { text: message.text, blocks: [] }, markOf('root'));
  };

  const rootNow = async (): Promise<Posted | null> => {
    const { root } = book.record();
    if (root !== null || !found.isInDoubt()) return root;
    const marked = (await found.inChannel()).find(one => one.part === 'root') ?? null;
    return marked === null ? null : { channel: marked.channel, ts: marked.ts };
  };

  const showRoot: Thread['showRoot'] = async (message, part) => {
    const root = await rootNow();
    if (root !== null) {
      const edited = await edit(root, message);
      if (edited.kind === 'ok') return written(book, { root, part });
      if (!GONE.has(edited.error)) return edited;
    }
    const posted = await post('root', book.record().place.threadTs, message);
    return posted.kind === 'ok' ? written(book, { root: posted.value, part }) : posted;
  };

  /** Does it unless it was done, and writes it down. */
  const once = async (part: string, work: (threadTs: string) => Promise<SlackResult<unknown>>): Promise<Sent> => {
    const { posted, place, root } = book.record();
    if (posted.includes(part)) return SENT;
    const threadTs = place.threadTs ?? root?.ts;
    if (threadTs === undefined) throw new Error(`${part} has no thread to go to`);
    const isThere = found.isInDoubt() && (await found.inThread(threadTs)).some(one => one.part === part);
    const done = isThere ? ({ kind: 'ok' } as const) : await work(threadTs);
    if (done.kind !== 'ok') return done;
    await book.save({ posted: [...posted, part] });
    return SENT;
  };

  return {
    showRoot,
    reply: (part, message) => once(part, threadTs => post(part, threadTs, message)),
    attach: (part, upload, comment) =>
      once(part, threadTs => {
        isStillOurs();
        return sure(slack.upload({ channel: book.record().place.channel, threadTs }, upload, comment));
      }),
  };
}

async function written(
  book: AnswerBook,
  { root, part }: { readonly root: Posted; readonly part: RootPart },
): Promise<Sent> {
  const { posted } = book.record();
  const isNew = part !== 'progress' && !posted.includes(part);
  await book.save({ root, ...(isNew ? { posted: [...posted, part] } : {}) });
  return SENT;
}

type Marked = readonly (Posted & MessageMark)[];

/** What of this answer is in Slack already, asked for once and only in doubt. */
type Found = {
  readonly isInDoubt: () => boolean;
  readonly doubt: () => void;
  readonly inChannel: () => Promise<Marked>;
  readonly inThread: (threadTs: string) => Promise<Marked>;
};

function findOnce({ slack, log }: Pick<WorkPorts, 'slack' | 'log'>, book: AnswerBook): Found {
  /** A refusal means that nothing of ours can be there. */
  const look = async (threadTs: string | null): Promise<Marked> => {
    const { answerId, place, at } = book.record();
    // Clocks differ a little; a minute is enough, and few messages.
    const oldestTs = String(Math.floor(Date.parse(at) / 1000) - 60);
    const answer = await slack.findMarked({ channel: place.channel, threadTs }, { answerId, oldestTs });
    if (answer.kind === 'ok') return answer.value;
    log({ event: 'not-searched', answerId, error: answer.error });
    return [];
  };
  const looks = new Map<string | null, Promise<Marked>>();
  const lookOnce = (threadTs: string | null): Promise<Marked> => {
    const known = looks.get(threadTs) ?? look(threadTs);
    looks.set(threadTs, known);
    return known;
  };
  let isInDoubt = book.isTakenOver;
  return {
    isInDoubt: () => isInDoubt,
    doubt: () => {
      isInDoubt = true;
      looks.clear();
    },
    inChannel: () => lookOnce(book.record().place.threadTs),
    inThread: lookOnce,
  };
}

/** What a channel is told of a watched flow: the answer when it breaks, and in the same thread that it is good again. */
import type { Delivery, Handled } from '../queue/queue.ts';
import { SLACK_ESCAPE } from '../render/escape.ts';
import { message, section } from '../render/slack/blocks.ts';
import { renderFault } from '../render/slack/notices.ts';
import { spanText } from '../render/span.ts';
import { timeText } from '../render/words.ts';
import type { WatchSettings } from '../settings/watch.ts';
import { answerQuestion } from './ask-job.ts';
import { redrawCard } from './card.ts';
import { addFact } from './facts.ts';
import { openAnswer, readAnswer } from './records.ts';
import { openThread } from './thread.ts';
import { isSlackDown } from './trouble.ts';
import type { WatchBook, WatchTelling } from './watch-record.ts';
import { DONE, later, type Work } from './work.ts';

/** One look in a worker's hands. */
export type WatchTurn = {
  readonly work: Work;
  readonly delivery: Delivery;
  readonly watch: WatchSettings;
  readonly book: WatchBook;
};

const SLACK_DOWN_SECONDS = 15;

/** Tells what the record says is to be told; once it is told, the record says so. */
export async function tellWatch(turn: WatchTurn): Promise<Handled> {
  const { work, book } = turn;
  const { telling } = book.record();
  if (telling === null) return DONE;
  try {
    const handled = await tell(turn, telling);
    if (handled.kind === 'done') await book.save({ telling: null }, work.ports.now());
    return handled;
  } catch (error) {
    if (isSlackDown(error)) return later(SLACK_DOWN_SECONDS);
    throw error;
  }
}

function tell(turn: WatchTurn, telling: WatchTelling): Promise<Handled> {
  switch (telling.kind) {
    case 'outage':
      return ask(turn);
    case 'recovered':
      return tellRecovered(turn, telling);
    case 'blind':
      return tellBlind(turn, telling.why);
    default:
      return telling satisfies never;
  }
}

/** The answer is that of the look: nothing is looked at again. */
async function ask(turn: WatchTurn): Promise<Handled> {
  const { work, delivery, watch, book } = turn;
  const { answerId, phase } = book.record();
  if (answerId === null) return DONE;
  const { cluster, namespace, pod, host, channel } = watch;
  const handled = await answerQuestion(work, delivery, {
    answerId,
    asked: { cluster, namespace, pod, host, probe: true },
    asker: { kind: 'system', name: 'watch' },
    place: { channel, threadTs: null, responseUrl: null },
    root: null,
    before: null,
  });
  if (handled.kind === 'later') return handled;
  const since = phase.kind === 'outage' ? ` Seen broken since ${timeText(phase.since)}.` : '';
  const name = SLACK_ESCAPE.code(watch.name);
  const text = `Asked by the watch ${name}, which looks ${everyText(watch)}.${since} This thread says when it is good again.`;
  await reply(turn, 'watch', text);
  return DONE;
}

function everyText({ everyMinutes }: WatchSettings): string {
  return everyMinutes === 1 ? 'every minute' : `every ${everyMinutes} minutes`;
}

async function tellRecovered(
  turn: WatchTurn,
  { since, at }: Extract<WatchTelling, { kind: 'recovered' }>,
): Promise<Handled> {
  const { work, watch, book } = turn;
  const after = spanText(Date.parse(at) - Date.parse(since));
  const text = `✓ *Recovered:* the watch ${SLACK_ESCAPE.code(watch.name)} saw it get through twice in a row, the last time ${timeText(at)}, ${after} after it broke. It goes on looking.`;
  await reply(turn, 'watch-recovered', text);
  const record = await readAnswer(work.ports.store, book.record().answerId ?? '');
  if (record === null || record.root === null) return DONE;
  const fact = { kind: 'watch-recovered', at, name: watch.name, since } as const;
  await addFact(work.ports.store, record.answerId, at, fact);
  const answer = await openAnswer(work.ports.store, record);
  await answer.save({ note: text });
  await redrawCard(work, answer.record(), null);
  return DONE;
}

async function reply(turn: WatchTurn, part: string, text: string): Promise<void> {
  const { work, delivery, watch, book } = turn;
  const { store, now, log } = work.ports;
  const record = await readAnswer(store, book.record().answerId ?? '');
  if (record === null || record.root === null) {
    log({ level: 'error', event: 'watch-not-told', name: watch.name, part, why: 'its answer is in no channel' });
    return;
  }
  const thread = openThread(work.ports, await openAnswer(store, record), () => {
    if (now() >= delivery.visibleAgainAtMs) throw new Error(`the lease of ${delivery.envelope.id} is over`);
  });
  const sent = await thread.reply(part, message(text, [section(text)]));
  if (sent.kind === 'refused')
    log({ level: 'error', event: 'watch-not-told', name: watch.name, part, why: sent.error });
}

/** A watch that sees nothing would be silent for good. */
async function tellBlind({ work, watch }: WatchTurn, why: string): Promise<Handled> {
  const { slack, log } = work.ports;
  const fault = {
    what: `The watch ${watch.name} sees nothing: ${watch.namespace}/${watch.pod} to ${watch.host}.`,
    cause: `Three looks in a row: ${why}`,
    remedy: `\`egress diagnose ${watch.pod} ${watch.host} -n ${watch.namespace}\` says what is missing; it goes on looking.`,
  };
  const posted = await slack.post({ channel: watch.channel, threadTs: null }, renderFault(fault), null);
  if (posted.kind === 'refused') log({ level: 'error', event: 'watch-not-told', name: watch.name, why: posted.error });
  return DONE;
}

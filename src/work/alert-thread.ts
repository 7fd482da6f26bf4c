/** What the thread of an answer is told of the alert that asked. */
import type { AlertJob } from '../page/alert.ts';
import type { Delivery } from '../queue/queue.ts';
import { SLACK_ESCAPE } from '../render/escape.ts';
import { message, section } from '../render/slack/blocks.ts';
import { cutPlain } from '../render/slack/cut.ts';
import { openAnswer, readAnswer } from './records.ts';
import { openThread } from './thread.ts';
import type { Work } from './work.ts';

/** An alert's job in a worker's hands. */
type AlertThread = { readonly work: Work; readonly delivery: Delivery; readonly job: AlertJob };

/** A reply that says who asked: the card itself names people only. */
export async function nameAlert(turn: AlertThread, answerId: string): Promise<void> {
  const { alert, alike } = turn.job;
  const { source, url } = alert.incident;
  const title = SLACK_ESCAPE.text(cutPlain(alert.title || alert.incident.key, 300));
  const link =
    url !== null && /^https?:\/\/[^\s|<>]+$/.test(url) ? ` <${url.replaceAll('&', '&amp;')}|${source}>` : ` ${source}`;
  const more = alike.length > 0 ? ` ${alike.length} more alerts in the same message are about it.` : '';
  const left = alert.leftOut > 0 ? ` The message left out ${alert.leftOut} alerts of its group.` : '';
  await replyTo(turn, answerId, { part: 'alert', text: `Asked by an alert of${link}: ${title}.${more}${left}` });
}

/** A reply into the thread of an answer, each `part` once; nothing where it has no thread. */
export async function replyTo(
  { work, delivery }: AlertThread,
  answerId: string,
  { part, text }: { part: string; text: string },
): Promise<void> {
  const record = await readAnswer(work.ports.store, answerId);
  if (record === null || record.root === null) return;
  const book = await openAnswer(work.ports.store, record);
  const thread = openThread(work.ports, book, () => {
    if (work.ports.now() >= delivery.visibleAgainAtMs) throw new Error(`the lease of ${delivery.envelope.id} is over`);
  });
  await thread.reply(part, message(text, [section(text)]));
}

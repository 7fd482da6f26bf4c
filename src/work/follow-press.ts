/** Somebody presses Follow or Stop. `pressJob` has checked that the person may, and that the card is known. */
import type { Target } from '../page/target.ts';
import type { Handled } from '../queue/queue.ts';
import { SLACK_ESCAPE } from '../render/escape.ts';
import { message, section } from '../render/slack/blocks.ts';
import { renderFault, renderRefusal, renderStale } from '../render/slack/notices.ts';
import { timeText } from '../render/words.ts';
import type { Message } from '../slack/api.ts';
import { authorize } from './authorize.ts';
import { redrawCard, shownResultOf } from './card.ts';
import { storedAnswer } from './find-answer.ts';
import {
  changeFollow,
  type FollowRecord,
  followOfAnswer,
  leaveActive,
  putFlowPage,
  readFlowPage,
} from './follow-record.ts';
import { startFollow } from './follow-start.ts';
import { askerText } from './follow-words.ts';
import { pinnedAsked, readAnswer } from './records.ts';
import { tellAsker } from './tell.ts';
import type { JobOf } from './work.ts';
import { DONE, type HandleJob, type Work } from './work.ts';

/** Makes what takes presses of Follow; `pages`: of the button that also pages when it runs out. */
export function followPress(targets: readonly Target[], { pages }: { readonly pages: boolean }): HandleJob<'press'> {
  return async (work, delivery, job) => {
    const record = await readAnswer(work.ports.store, job.value);
    const stored = record === null ? null : await storedAnswer({ work }, await shownResultOf(work, record));
    if (record === null || stored === null) return tell(work, job, renderStale());
    if (record.way === 'response-url') return tell(work, job, renderFault(NO_MEMBER));
    if (stored.diagnosis.verdict.code === 'reachable') return tell(work, job, renderFault(NOTHING_TO_FOLLOW));
    const permission = await authorize(work, { asked: pinnedAsked(record), asker: job.asker, place: record.place });
    if (permission.kind === 'refused') return tell(work, job, renderRefusal(permission.refusal));
    if (!permission.question.probe) return tell(work, job, renderFault(NO_PROBES));
    const wish = { record, stored, by: job.asker, begunBy: delivery.envelope.id, pages };
    const begun = await startFollow(work, wish);
    if (begun.kind === 'followed') return tell(work, job, await followedElsewhere(work, begun.record));
    await redrawCard(work, record, job.place.responseUrl);
    await acknowledge(work, targets, begun.record);
    return DONE;
  };
}

/** Takes presses of Stop. What was told stays told; nothing more comes. */
export const stopPress: HandleJob<'press'> = async (work, _delivery, job) => {
  const { store, now } = work.ports;
  const record = await readAnswer(store, job.value);
  const follow = record === null ? null : await followOfAnswer(store, record.answerId);
  if (record === null || follow === null) return tell(work, job, renderStale());
  const at = new Date(now()).toISOString();
  const stopped = await changeFollow(store, follow, one =>
    one.end === null
      ? { ...one, end: { kind: 'stopped', at, by: job.asker, why: null }, nextAt: null, settledAt: at }
      : null,
  );
  if (stopped?.end?.kind === 'stopped') await leaveActive(store, follow.flow);
  await redrawCard(work, record, job.place.responseUrl);
  return DONE;
};

/** Somebody looks after it: whoever was paged need not. */
async function acknowledge({ ports }: Work, targets: readonly Target[], { flow }: FollowRecord): Promise<void> {
  const page = await readFlowPage(ports.store, flow);
  if (page === null || page.acknowledgedAt !== null || page.resolvedAt !== null) return;
  for (const target of targets.filter(({ canPage }) => canPage)) {
    const told = await target.acknowledge(page.key);
    if (told.kind === 'refused') ports.log({ event: 'acknowledge-refused', target: target.kind, why: told.why });
  }
  await putFlowPage(ports.store, flow, { ...page, acknowledgedAt: new Date(ports.now()).toISOString() });
}

async function followedElsewhere(work: Work, { answerId, by, nextAt }: FollowRecord): Promise<Message> {
  const { store, slack } = work.ports;
  const root = (await readAnswer(store, answerId))?.root ?? null;
  const link = root === null ? null : await slack.permalink(root);
  const there =
    link?.kind === 'ok' && /^https?:\/\/[^\s|<>]+$/.test(link.value)
      ? `<${link.value.replaceAll('&', '&amp;')}|there>`
      : 'on the card where it was pressed first';
  const next = nextAt === null ? '' : ` Its next look is at ${SLACK_ESCAPE.text(timeText(nextAt))}.`;
  const text = `? *This flow is followed already*, by ${askerText(by)}: read it or stop it ${there}.${next}`;
  return message(text, [section(text)]);
}

const NO_MEMBER = {
  what: 'This flow cannot be followed from here.',
  cause: 'The bot is not in this channel, and could not tell what comes of it.',
  remedy: 'Invite it with `/invite @egress`, and ask again.',
};

const NOTHING_TO_FOLLOW = {
  what: 'There is nothing to follow.',
  cause: 'The pod gets through.',
  remedy: 'Ask again when it no longer does.',
};

const NO_PROBES = {
  what: 'This flow cannot be followed.',
  cause: 'You may only have predictions here, and what the rules allow has not recovered before a probe saw it.',
  remedy: 'Ask somebody who may probe, or ask for it: `probe: true` in a grant of the configuration.',
};

async function tell(work: Work, job: JobOf<'press'>, message: Message): Promise<Handled> {
  await tellAsker(work.ports, { asker: job.asker, place: job.place }, message);
  return DONE;
}

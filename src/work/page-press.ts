/** Somebody presses Page: whoever is on call is called, once for each flow however often it is pressed. */

import { pageOf } from '../page/page-text.ts';
import type { Target } from '../page/target.ts';
import { askerName } from '../queue/job.ts';
import { message, section } from '../render/slack/blocks.ts';
import { renderFault, renderStale } from '../render/slack/notices.ts';
import { shownResultOf } from './card.ts';
import { storedAnswer } from './find-answer.ts';
import { flowOf, pageKeyOf } from './flow.ts';
import { putFlowPage } from './follow-record.ts';
import { openAnswer, readAnswer } from './records.ts';
import { tellAsker } from './tell.ts';
import { openThread } from './thread.ts';
import { DONE, type HandleJob } from './work.ts';

/** Makes what takes presses of Page. `pressJob` has checked that the person may, and that the card is known. */
export function pagePress(targets: readonly Target[]): HandleJob<'press'> {
  return async (work, delivery, job) => {
    const { store, slack, now, log } = work.ports;
    const record = await readAnswer(store, job.value);
    const stored = record === null ? null : await storedAnswer({ work }, await shownResultOf(work, record));
    if (record === null || stored === null) {
      await tellAsker(work.ports, job, renderStale());
      return DONE;
    }
    const { diagnosis } = stored;
    const flow = flowOf(diagnosis, record.question?.cluster ?? null);
    const at = new Date(now()).toISOString();
    const link = record.root === null ? null : await slack.permalink(record.root);
    const page = pageOf(diagnosis, work.templates, {
      key: pageKeyOf(flow),
      by: askerName(job.asker),
      link: link?.kind === 'ok' ? link.value : null,
      at,
    });
    const told: string[] = [];
    for (const each of targets.filter(({ canPage }) => canPage)) {
      const answer = await each.trigger(page);
      if (answer.kind === 'sent') told.push(each.kind);
      else log({ event: 'page-refused', target: each.kind, why: answer.kind === 'refused' ? answer.why : answer.kind });
    }
    if (told.length === 0) {
      await tellAsker(work.ports, job, renderFault(NOBODY_PAGED));
      return DONE;
    }
    // A follow-up acknowledges it, and a recovery ends it.
    await putFlowPage(store, flow, { key: page.key, at, by: job.asker, acknowledgedAt: null, resolvedAt: null });
    const who =
      job.asker.kind === 'user' && /^[UW][A-Z0-9]+$/.test(job.asker.user) ? `<@${job.asker.user}>` : 'the bot';
    const text = `Paged by ${who}: ${told.join(', ')}.`;
    const thread = openThread(work.ports, await openAnswer(store, record), () => {
      if (now() >= delivery.visibleAgainAtMs) throw new Error(`the lease of ${delivery.envelope.id} is over`);
    });
    if (record.root !== null) await thread.reply(`paged-${job.actionTs}`, message(text, [section(text)]));
    return DONE;
  };
}

const NOBODY_PAGED = {
  what: 'Nobody was paged.',
  cause: 'Every pager of the configuration refused it; the log says why.',
  remedy: 'Call whoever is on call by the tool itself, and check the keys under paging.targets.',
};

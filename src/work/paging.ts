/** What is attached to the bot: following flows, and with a pager alerts and pages. */
import type { Target } from '../page/target.ts';
import { alertJob } from './alert-job.ts';
import { followJob } from './follow-job.ts';
import { followPress, stopPress } from './follow-press.ts';
import { pagePress } from './page-press.ts';
import { type Attached, NOTHING_ATTACHED } from './work.ts';

/** Flows can be followed; and where somebody can be reached, cards have buttons that page, at once or in the end. */
export function followAttached(targets: readonly Target[]): Attached {
  const follow = { follow: followPress(targets, { pages: false }), stop: stopPress };
  const page = { page: pagePress(targets), followAndPage: followPress(targets, { pages: true }) };
  const presses = targets.some(({ canPage }) => canPage) ? { ...follow, ...page } : follow;
  return { ...NOTHING_ATTACHED, presses, followUp: followJob(targets) };
}

/** Beside that, alerts ask. */
export function pagingAttached(targets: readonly Target[]): Attached {
  return { ...followAttached(targets), alert: alertJob(targets) };
}

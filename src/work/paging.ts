/** What a pager attaches to the bot. */
import type { Target } from '../page/target.ts';
import { alertJob } from './alert-job.ts';
import { pagePress } from './page-press.ts';
import { type Attached, NOTHING_ATTACHED } from './work.ts';

/** Alerts ask; and where somebody can be reached, cards have the button Page. */
export function pagingAttached(targets: readonly Target[]): Attached {
  const presses = targets.some(({ canPage }) => canPage) ? { page: pagePress(targets) } : {};
  return { ...NOTHING_ATTACHED, presses, alert: alertJob(targets) };
}

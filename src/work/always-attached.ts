/** What every installation has beside its pager: watched flows, and reports of what was kept. */
import { reportPress } from './report-press.ts';
import { watchJob } from './watch-job.ts';
import type { Attached } from './work.ts';

/** Adds it. Where nothing is watched no such job is ever sent. */
export function withAlways(attached: Attached): Attached {
  return { ...attached, presses: { ...attached.presses, report: reportPress }, watch: watchJob };
}

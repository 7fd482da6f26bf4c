/** What every installation has beside its pager: watched flows. */
import { watchJob } from './watch-job.ts';
import type { Attached } from './work.ts';

/** Adds it. Where nothing is watched no such job is ever sent. */
export function withAlways(attached: Attached): Attached {
  return { ...attached, watch: watchJob };
}

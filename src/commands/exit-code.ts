import type { VerdictCode } from '../model.ts';

/** The process's exit code for a verdict: 0 reachable, 3 only not-known, 1 everything else. */
export function exitCodeOfVerdict(code: VerdictCode): 0 | 1 | 3 {
  if (code === 'reachable') return 0;
  return code === 'not-known' ? 3 : 1;
}

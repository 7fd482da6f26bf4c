/** Which buttons a card gets: only those that something will answer. Pure. */
import type { Diagnosis } from '../model.ts';
import type { Action } from '../queue/job.ts';
import type { Attached } from './work.ts';

const FOLLOWS = ['follow', 'followAndPage'] as const;

/** The buttons under an answer. Following and paging are for a flow that fails, and where something is attached for them. */
export function buttonsFor(
  diagnosis: Pick<Diagnosis, 'fix' | 'verdict'>,
  attached: Attached,
  { isFollowed }: { readonly isFollowed: boolean },
): readonly Action[] {
  const fails = diagnosis.verdict.code !== 'reachable';
  const { presses } = attached;
  return [
    ...(diagnosis.fix === null ? [] : (['applied'] as const)),
    'again',
    ...(isFollowed ? (['stop'] as const) : fails ? FOLLOWS.filter(action => presses[action] !== undefined) : []),
    ...(fails && presses.page !== undefined ? (['page'] as const) : []),
    ...(presses.report === undefined ? [] : (['report'] as const)),
    'evidence',
  ];
}

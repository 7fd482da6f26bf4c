/** What a report does not know, said in so many words: a gap that nobody names is read as "nothing happened". */
import type { StoryFact } from './story.ts';

/** How it ended, as far as it is known. */
export type Ending =
  | { readonly kind: 'recovered'; readonly at: string }
  | { readonly kind: 'open'; readonly verdict: string | null; readonly at: string | null };

/** The end of the story. `facts`: oldest first. A flow that broke again after it recovered is open. */
export function endingOf(facts: readonly StoryFact[]): Ending {
  let ending: Ending = { kind: 'open', verdict: null, at: null };
  for (const fact of facts) ending = after(ending, fact);
  return ending;
}

function after(ending: Ending, fact: StoryFact): Ending {
  const { at } = fact;
  switch (fact.kind) {
    case 'looked': {
      const { code, confidence } = fact.diagnosis.verdict;
      if (code !== 'reachable') return { kind: 'open', verdict: code, at };
      // What the rules alone say has not been seen.
      return confidence === 'predicted' || ending.kind === 'recovered' ? ending : { kind: 'recovered', at };
    }
    case 'follow-looked':
      return fact.result === 'blocked' ? { kind: 'open', verdict: fact.verdict, at } : ending;
    case 'follow-ended':
      return fact.how === 'recovered' ? { kind: 'recovered', at } : ending;
    case 'watch-recovered':
      return { kind: 'recovered', at };
    default:
      return ending;
  }
}

/** The gaps, one sentence each. `facts`: oldest first. */
export function gapsOf(facts: readonly StoryFact[]): readonly string[] {
  const has = (kind: StoryFact['kind']): boolean => facts.some(fact => fact.kind === kind);
  const proposed = facts.some(fact => fact.kind === 'looked' && fact.diagnosis.fix !== null);
  const ending = endingOf(facts);
  return [
    has('alert') ? null : 'Whether an alert fired: none is linked to this.',
    has('looked') ? null : 'What the network did: there was no look, or its answer is no longer kept.',
    proposed && !has('fix-seen') ? 'Whether the proposed fix was applied, when, and by whom: not told.' : null,
    has('fix-seen') ? 'Which person applied the fix: not told; the cluster records programs.' : null,
    ending.kind === 'recovered'
      ? null
      : 'When it recovered: not told; no look has seen it get through since the last that failed.',
    ending.kind === 'recovered' && !has('fix-seen') ? 'Why it recovered: not told.' : null,
    has('follow-began') || has('watch-recovered') ? null : 'What happened between the looks: nobody followed the flow.',
    'What was said and done elsewhere: only what egress saw and did is here.',
  ].filter(gap => gap !== null);
}

/** Finds the names that a mistyped one may have meant. Pure. */
import { distance } from 'fastest-levenshtein';

/** As many as fit on one line of an answer. */
const MOST = 3;

/**
 * Picks the up to three names nearest to `asked`, nearest first: those that begin with it (a Deployment's name for one
 * of its pods), then those a few letters away. `name` tells the part of a candidate to compare.
 */
export function nearestNames<T>(asked: string, candidates: readonly T[], name: (candidate: T) => string): readonly T[] {
  const farthest = Math.max(2, Math.floor(asked.length / 3));
  return candidates
    .map(candidate => ({ candidate, name: name(candidate), away: awayFrom(asked, name(candidate)) }))
    .filter(one => one.away <= farthest)
    .toSorted((a, b) => a.away - b.away || (a.name < b.name ? -1 : 1))
    .slice(0, MOST)
    .map(one => one.candidate);
}

/**
 * A pod's name ends in what its controllers added, so the parts before a hyphen count as well, after a whole match; and
 * yesterday's pod of a Deployment shares the beginning with today's.
 */
function awayFrom(asked: string, name: string): number {
  const beginnings = beginningsOf(name);
  const shares = beginningsOf(asked).some(beginning => beginnings.includes(beginning));
  return Math.min(
    distance(asked, name),
    ...beginnings.map(beginning => distance(asked, beginning) + 0.5),
    shares ? SHARED : Number.POSITIVE_INFINITY,
  );
}

/** As far as a typing error or two. */
const SHARED = 2;

/** `a` and `a-b` of `a-b-c`. */
function beginningsOf(name: string): readonly string[] {
  const parts = name.split('-');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('-'));
}

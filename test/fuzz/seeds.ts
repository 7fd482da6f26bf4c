/** The seeds whose sets are tried. A seed that once showed a disagreement stays. */

/** All of them. */
export const WHOLE: readonly number[] = Array.from({ length: 200 }, (_, index) => index + 1);

/**
 * A fast part: denials that win, names that are learned, requirements, ICMP types, sets that deny much and sets that deny
 * little, and a selector that gives a label twice.
 */
export const FAST: readonly number[] = [4, 8, 13, 19, 35, 36, 73, 85, 164];

/** Seeds that somebody wants to see again, e.g. `17,42`; null: not said. */
export function wantedSeeds(text: string | undefined): readonly number[] | null {
  if (text === undefined || text === '') return null;
  return text.split(',').map(Number);
}

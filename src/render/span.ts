/** How long something lasted, as people say it: its two largest units. */

const SECOND_MS = 1000;
const UNITS = [
  { word: 'd', ms: 86_400 * SECOND_MS },
  { word: 'h', ms: 3600 * SECOND_MS },
  { word: 'min', ms: 60 * SECOND_MS },
  { word: 's', ms: SECOND_MS },
] as const;

/** Milliseconds, as in `26 min`, `1 h 5 min`, `2 d`; less than a second is `0 s`. Seconds are left out beside hours and days. */
export function spanText(milliseconds: number): string {
  const index = UNITS.findIndex(({ ms }) => milliseconds >= ms);
  const [first, second] = index < 0 ? [] : UNITS.slice(index, index + 2);
  if (first === undefined) return '0 s';
  const count = Math.floor(milliseconds / first.ms);
  const rest = second === undefined ? 0 : Math.floor((milliseconds - count * first.ms) / second.ms);
  return `${count} ${first.word}${rest === 0 ? '' : ` ${rest} ${second?.word}`}`;
}

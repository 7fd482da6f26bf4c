import { expect, test } from 'vitest';
import { spanText } from '../../src/render/span.ts';

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

test.each([
  ['nothing', 0, '0 s'],
  ['less than a second', 999, '0 s'],
  ['a second', SECOND, '1 s'],
  ['seconds alone', 59 * SECOND + 999, '59 s'],
  ['whole minutes', 26 * MINUTE, '26 min'],
  ['minutes and seconds', 8 * MINUTE + 40 * SECOND, '8 min 40 s'],
  ['hours and minutes; seconds are left out', HOUR + 5 * MINUTE + 59 * SECOND, '1 h 5 min'],
  ['an hour and seconds', HOUR + 59 * SECOND, '1 h'],
  ['days and hours', 2 * DAY + 3 * HOUR + 59 * MINUTE, '2 d 3 h'],
] as const)('%s', (_, milliseconds, text) => {
  expect(spanText(milliseconds)).toBe(text);
});

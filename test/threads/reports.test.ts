/** Reports of incidents: goldens as people read them, and what has to be in them looked for apart from the goldens. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { REPORTS, reportOf, STORIES_OF_REPORTS } from './reports.ts';

const stories = Object.entries(STORIES_OF_REPORTS);

test.each(stories)('%s is the golden, byte for byte', (name, story) => {
  expect(reportOf(story)).toBe(readFileSync(join(REPORTS, `${name}.md`), 'utf8'));
});

test('there is a golden for each, and none that nobody tells', () => {
  expect(new Set(readdirSync(REPORTS))).toEqual(new Set(stories.map(([name]) => `${name}.md`)));
});

const linesOf = (name: string): readonly string[] =>
  reportOf(STORIES_OF_REPORTS[name] as (typeof STORIES_OF_REPORTS)[string]).split('\n');
const timeline = (name: string) => linesOf(name).filter(line => /^- \d{4}-/.test(line));

describe('a report', () => {
  test('has every line with its time in UTC, the time since the first fact, and how it is known', () => {
    for (const [name] of stories) {
      for (const line of timeline(name)) {
        expect(line).toMatch(
          /^- \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(\+\d+ (s|min|h|d)( \d+ \w+)?\) \*\*(observed|predicted|concluded|done by a (person|program)):\*\* \S/,
        );
      }
    }
  });

  test('is in the order of time', () => {
    for (const [name] of stories) {
      const times = timeline(name).map(line => line.slice(2, 22));
      expect(times).toEqual(times.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    }
  });

  test('says who asked, saw, concluded, applied, recovered, and what is not told', () => {
    const text = linesOf('from-alert-to-recovery').join('\n');
    for (const part of [
      /done by a program:\*\* Alert `PGR0VU2` of pagerduty came in/,
      /observed:\*\* What the probes saw/,
      /concluded:\*\* `denied-by-policy` \(confirmed\)/,
      /decided by `NetworkPolicy default\/deny-all-egress`/,
      /A fix is proposed, and nothing was applied/,
      /done by a person:\*\* `U0ADA` had the people on call paged/,
      /11:08:40Z \(\+8 min 40 s\) \*\*observed:\*\* The fix was applied, by the field manager `kubectl-client-side-apply`; which person that was: not told/,
      /11:11:02Z \(\+11 min 2 s\) \*\*concluded:\*\* Recovered/,
      /Which person applied the fix: not told/,
      /^kind: /m,
    ]) {
      expect(text).toMatch(part);
    }
  });

  test('of a flow that was not seen to recover says so, with what was seen last', () => {
    const text = linesOf('asked-by-hand-and-open').join('\n');
    expect(text).toContain('Not seen to have recovered: `blocked-beyond-node` at 2026-11-21T11:00:06Z');
    expect(text).toContain('When it recovered: not told');
  });

  test('of a fix that nobody signed says that it is not told by whom', () => {
    expect(linesOf('mended-by-somebody').join('\n')).toContain('The fix was applied, by whom: not told');
  });

  test('of a storm has ten alerts and ten notes, and counts the others', () => {
    const lines = timeline('storm');
    expect(lines.filter(line => line.includes(' Alert ')).length).toBe(10);
    expect(lines.filter(line => /… and 20 more (alerts|notes)$/.test(line)).length).toBe(2);
  });
});

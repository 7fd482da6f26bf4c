/** The rows of Calico's own selector parser below EGRESS_CASES: what each selector matches, and which do not parse. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseSelector } from '../../src/policy/calico-selector.ts';
import { matchExpression } from '../../src/policy/selector.ts';

type Row = { readonly selector: string; readonly labels: Readonly<Record<string, string>>; readonly expect: string };

const root = process.env.EGRESS_CASES ?? '';
const files = globSync('**/selectors.yaml', { cwd: root });

function answerOf({ selector, labels }: Row): string {
  const reading = parseSelector(selector);
  if (reading.kind === 'unreadable') return 'error';
  return String(matchExpression(reading.expression, labels).match === 'yes');
}

test.each(files)('%s', file => {
  const { rows } = parse(readFileSync(join(root, file), 'utf8')) as { readonly rows: readonly Row[] };
  const wrong = rows.filter(row => answerOf(row) !== row.expect).map(row => ({ ...row, got: answerOf(row) }));
  expect(wrong).toEqual([]);
  expect(rows.length).toBeGreaterThan(100);
});

test('there are rows of selectors', () => {
  expect(files).not.toEqual([]);
});

/** A comparison as aligned text, for a terminal and for a chat's code block. */
import Table from 'cli-table3';
import type { Comparison } from './comparison.ts';
import { columnsOf, paintOf } from './paint.ts';
import type { Page } from './templates.ts';

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** The first column never gets narrower than this, however narrow the terminal is. */
const NARROWEST = 12;

/**
 * Lays the table out within the page's width: when it does not fit, cells break at spaces, widest columns first.
 * No trailing spaces, no final line break. Cells are escaped already.
 */
export function textTable(comparison: Comparison, page: Page): string {
  const plain = [
    ['', ...comparison.columns],
    ...comparison.rows.map(row => [row.label, ...row.cells.map(cell => cell.text)]),
  ];
  const natural = (plain[0] ?? []).map((_, column) => Math.max(...plain.map(row => columnsOf(row[column] ?? ''))));
  const widths = fitted(natural, page.width);
  const table = new Table({
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colWidths: widths,
    wordWrap: true,
    // A word longer than its column (an IPv6 address) is broken rather than cut off.
    wrapOnWordBoundary: !hasLongWord(plain, widths),
  });
  table.push(['', ...comparison.columns.map(title => paintOf('heading', page.colour)(title))]);
  for (const row of comparison.rows) {
    table.push([row.label, ...row.cells.map(cell => paintOf(cell.tone, page.colour)(cell.text))]);
  }
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}

function hasLongWord(cells: readonly (readonly string[])[], widths: readonly number[]): boolean {
  return cells.some(row =>
    row.some((cell, column) => cell.split(' ').some(word => columnsOf(word) > (widths[column] ?? 0))),
  );
}

/** Takes columns from the widest until the row fits, two spaces between columns. */
function fitted(natural: readonly number[], width: number | null): number[] {
  const widths = [...natural];
  const total = () => widths.reduce((sum, one) => sum + one, 0) + 2 * (widths.length - 1);
  while (width !== null && total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] ?? 0) <= NARROWEST) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

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
    wrapOnWordBoundary: true,
  });
  // Broken before it is painted: cli-table3 cuts a word that is longer than its column, and colours with it.
  const cell = (text: string, column: number, style: string) =>
    paintOf(style, page.colour)(breakLongWords(text, widths[column] ?? NARROWEST));
  table.push(['', ...comparison.columns.map((title, index) => cell(title, index + 1, 'heading'))]);
  for (const row of comparison.rows) {
    table.push([cell(row.label, 0, ''), ...row.cells.map(({ text, tone }, index) => cell(text, index + 1, tone))]);
  }
  return table
    .toString()
    .split('\n')
    .map(line => line.trimEnd())
    .join('\n');
}

/** Puts spaces into words that are longer than `columns`, such as IPv6 addresses in a narrow terminal. */
function breakLongWords(text: string, columns: number): string {
  return text
    .split(' ')
    .flatMap(word => (columnsOf(word) <= columns ? [word] : piecesOf(word, columns)))
    .join(' ');
}

function piecesOf(word: string, columns: number): readonly string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (columnsOf(piece + character) > columns) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
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

/** The reply that compares the vantages: one table, layers and addresses down, vantages across. */
import type { TableBlock } from '@slack/types';
import { visibleLine } from '../escape.ts';
import type { View } from '../view.ts';
import { countText } from '../words.ts';
import { message, sections } from './blocks.ts';
import { cutMrkdwn, cutPlain, fitLines, type Room } from './cut.ts';
import { moreIn, type Reply, type Sources, textFile } from './replies.ts';

/** Slack takes 100 rows of 20 cells and 10,000 characters; a phone shows fewer. */
const TABLE_ROWS = 60;
const TABLE_COLUMNS = 12;
const TABLE_CHARACTERS = 6500;
const CELL_CHARACTERS = 80;
const BESIDE_TABLE: Room = { characters: 2500, lines: 30, lineCharacters: 500 };

const FILENAME = 'comparison.txt';

/** The comparison of the vantages as a table, and from where each looked. */
export function comparisonReply({ view, plain, mrkdwn, plainText }: Sources): Reply {
  const { table, left } = tableOf(view.comparison);
  const around = fitLines(mrkdwn('slack/looked').split('\n'), BESIDE_TABLE, cutMrkdwn);
  const blocks = [
    ...sections([mrkdwn('slack/observed')]),
    ...table,
    ...sections([
      ...left.map(what => `… ${what} in the file ${FILENAME}`),
      ...around.lines,
      ...moreIn(FILENAME, around),
    ]),
  ];
  const whole = textFile(FILENAME, 'The whole comparison', `${plain.table}\n\n${plainText('slack/looked')}`);
  return {
    part: 'comparison',
    message: message(mrkdwn('thread/comparison'), blocks),
    files: left.length > 0 || around.wasCut ? [whole] : [],
  };
}

/** A table that is within the limits, and what of it is left out. No rows: no table. */
type Fitting = { readonly table: readonly TableBlock[]; readonly left: readonly string[] };

function tableOf({ columns, rows }: View['comparison']): Fitting {
  if (rows.length === 0) return { table: [], left: [] };
  const whole = [['layer', ...columns], ...rows.map(row => [row.label, ...row.cells.map(cell => cell.text)])];
  const shown = withinCharacters(
    whole.map(cells => cells.slice(0, TABLE_COLUMNS + 1).map(cellText)).slice(0, TABLE_ROWS),
  );
  const lines = shown.map(cells => cells.map(text => ({ type: 'raw_text' as const, text })));
  return {
    // The first column holds addresses, and may wrap.
    table: [{ type: 'table', rows: lines, column_settings: [{ is_wrapped: true }] }],
    left: [
      ...moreOf(whole.length - shown.length, 'row'),
      ...moreOf(columns.length - TABLE_COLUMNS, 'column'),
      ...(whole.flat().some(cell => visibleLine(cell).length > CELL_CHARACTERS) ? ['whole names'] : []),
    ],
  };
}

function moreOf(count: number, noun: string): readonly string[] {
  return count > 0 ? [countText(count, `more ${noun}`)] : [];
}

/** Slack refuses an empty cell. */
function cellText(text: string): string {
  return cutPlain(visibleLine(text), CELL_CHARACTERS) || '–';
}

function withinCharacters(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let used = 0;
  const fits = rows.map(row => {
    // Beside its text, what says that each cell is one counts for the whole message.
    used += row.join('').length + row.length * 'raw_text'.length;
    return used <= TABLE_CHARACTERS;
  });
  return rows.filter((_, index) => fits[index]);
}

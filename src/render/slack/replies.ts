/** The replies of a thread: cause, comparison, fix, commands, gaps. What does not fit is in a file beside its message. */
import type { KnownBlock, TableBlock } from '@slack/types';
import type { Message } from '../../slack/api.ts';
import { visibleLine } from '../escape.ts';
import type { contextOf } from '../report.ts';
import type { View } from '../view.ts';
import { countText } from '../words.ts';
import { message, preformatted, richLine, richText, sections } from './blocks.ts';
import { cutMrkdwn, cutPlain, type Fitted, fitLines, type Room } from './cut.ts';

/** A text that belongs to a message and is too long for it, or is to be copied whole. */
export type AnswerFile = {
  readonly filename: string;
  readonly title: string;
  /** For pictures; null: a text, which needs none. */
  readonly altText: string | null;
  readonly text: string;
};

/** One reply. `part` names it in the thread: `cause`, `comparison`, `fix`, `by-hand`, `not-looked-at`. */
export type Reply = { readonly part: string; readonly message: Message; readonly files: readonly AnswerFile[] };

/** The answer, escaped for mrkdwn and for plain text, and the templates rendered with either. */
export type Sources = {
  readonly view: View;
  readonly slack: ReturnType<typeof contextOf>;
  readonly plain: ReturnType<typeof contextOf>;
  readonly mrkdwn: (template: string) => string;
  readonly plainText: (template: string) => string;
};

/**
 * Room in one message. All blocks together may have some 13,200 characters (`msg_blocks_too_long`,
 * https://github.com/slackapi/bolt-js/issues/2509); these leave a good part of that for what surrounds the text.
 */
const PROSE: Room = { characters: 7500, lines: 80, lineCharacters: 900 };
const BESIDE_TABLE: Room = { characters: 2500, lines: 30, lineCharacters: 500 };
const YAML: Room = { characters: 3500, lines: 120, lineCharacters: 700 };
const DIFF: Room = { characters: 1200, lines: 40, lineCharacters: 400 };
const BESIDE_YAML: Room = { characters: 1500, lines: 20, lineCharacters: 700 };

/** Says that lines are missing, and where they are. Empty when none are. */
function moreIn(file: string, { left, wasCut }: Fitted, noun = 'line'): readonly string[] {
  if (left > 0) return [`… ${left} more ${noun}${left === 1 ? '' : 's'} in the file ${file}`];
  return wasCut ? [`… cut; the whole text is in the file ${file}`] : [];
}

function textFile(filename: string, title: string, text: string): AnswerFile {
  return { filename, title, altText: null, text };
}

/** What the rules say, rule by rule, and what this one cause explains. */
export function causeReply(sources: Sources): Reply {
  return proseReply(sources, {
    part: 'cause',
    title: 'What the rules say, in full',
    templates: ['thread/cause', 'slack/explains'],
  });
}

/** What was not looked at, and how the answer was found. */
export function notLookedAtReply(sources: Sources): Reply {
  const templates = ['thread/not-looked-at'];
  return proseReply(sources, { part: 'not-looked-at', title: 'What was not looked at, in full', templates });
}

function proseReply(
  { mrkdwn, plainText }: Sources,
  { part, title, templates }: { part: string; title: string; templates: readonly string[] },
): Reply {
  const filename = `${part}.txt`;
  const text = templates
    .map(mrkdwn)
    .filter(one => one !== '')
    .join('\n\n');
  const fitted = fitLines(text.split('\n'), PROSE, cutMrkdwn);
  const lines = [...fitted.lines, ...moreIn(filename, fitted)];
  const whole = templates.map(plainText).join('\n');
  return {
    part,
    message: message(lines.join('\n'), sections(lines)),
    files: fitted.wasCut ? [textFile(filename, title, whole)] : [],
  };
}

const TABLE_ROWS = 60;
const TABLE_COLUMNS = 12;
const CELL_CHARACTERS = 60;
const TABLE_CHARACTERS = 5000;

/** The comparison of the vantages as a table, and what was looked from where. */
export function comparisonReply(sources: Sources): Reply {
  const filename = 'comparison.txt';
  const { comparison } = sources.view;
  const table = tableOf(comparison);
  const around = fitLines(sources.mrkdwn('slack/looked').split('\n'), BESIDE_TABLE, cutMrkdwn);
  const missing = comparison.rows.length - table.shownRows;
  const cutTable = missing > 0 || comparison.columns.length > table.shownColumns;
  const below = [
    ...(missing > 0 ? [`… ${countText(missing, 'more row')} in the file ${filename}`] : []),
    ...(comparison.columns.length > table.shownColumns
      ? [`… ${countText(comparison.columns.length - table.shownColumns, 'more column')} in the file ${filename}`]
      : []),
  ];
  const blocks: KnownBlock[] = [
    ...sections(['*Observed: what the probes saw*']),
    ...table.blocks,
    ...sections([...below, ...around.lines, ...moreIn(filename, around)]),
  ];
  return {
    part: 'comparison',
    message: message(sources.mrkdwn('thread/comparison'), blocks),
    files:
      cutTable || around.wasCut
        ? [textFile(filename, 'The whole comparison', `${sources.plain.table}\n\n${sources.plainText('slack/looked')}`)]
        : [],
  };
}

function tableOf({ columns, rows }: View['comparison']): {
  readonly blocks: readonly TableBlock[];
  readonly shownRows: number;
  readonly shownColumns: number;
} {
  const shownColumns = Math.min(columns.length, TABLE_COLUMNS);
  if (rows.length === 0) return { blocks: [], shownRows: 0, shownColumns };
  const cellText = (text: string) => cutPlain(visibleLine(text), CELL_CHARACTERS) || '–';
  const head = ['layer', ...columns.slice(0, shownColumns)].map(cellText);
  const body = rows
    .slice(0, TABLE_ROWS)
    .map(row => [row.label, ...row.cells.slice(0, shownColumns).map(cell => cell.text)].map(cellText));
  const kept = withinCharacters([head, ...body]);
  return {
    blocks: [
      {
        type: 'table',
        rows: kept.map(cells => cells.map(text => ({ type: 'raw_text', text }))),
        column_settings: [{ is_wrapped: true }],
      },
    ],
    shownRows: kept.length - 1,
    shownColumns,
  };
}

function withinCharacters(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let used = 0;
  const fits = rows.map(row => {
    used += row.join('').length;
    return used <= TABLE_CHARACTERS;
  });
  return rows.filter((_, index) => fits[index]);
}

/** The fix as YAML, and what proves it; null: neither a fix nor a reason for none. */
export function fixReply(sources: Sources): Reply | null {
  const { view } = sources;
  if (view.fix === null) {
    return view.noFixBecause === null
      ? null
      : proseReply(sources, { part: 'fix', title: 'Why there is no fix', templates: ['thread/fix'] });
  }
  const yaml = view.fix.yaml.text;
  const shown = fitLines(yaml.split('\n'), YAML, cutPlain);
  const diffs = view.fix.diffs.map(({ policy, diff }) => ({
    policy,
    lines: fitLines(diff.text.split('\n'), DIFF, cutPlain),
  }));
  const intro = fitLines(sources.mrkdwn('slack/fix').split('\n'), BESIDE_YAML, cutMrkdwn);
  const proof = fitLines(sources.mrkdwn('slack/proof').split('\n'), { ...PROSE, characters: 2500 }, cutMrkdwn);
  const blocks: KnownBlock[] = [
    ...sections([...intro.lines, ...moreIn('fix.txt', intro)]),
    richText([
      preformatted(shown.lines.join('\n')),
      ...moreIn('fix.yaml', shown).map(richLine),
      ...diffs
        .slice(0, 1)
        .flatMap(({ policy, lines }) => [
          richLine(`Change of ${cutPlain(visibleLine(policy), 300)}, line by line:`),
          preformatted(lines.lines.join('\n')),
          ...moreIn('fix.txt', lines).map(richLine),
        ]),
    ]),
    ...sections([...proof.lines, ...moreIn('fix.txt', proof)]),
  ];
  const wasCut = intro.wasCut || proof.wasCut || diffs.length > 1 || diffs.some(({ lines }) => lines.wasCut);
  return {
    part: 'fix',
    message: message(sources.mrkdwn('thread/fix'), blocks),
    files: [
      ...(shown.wasCut ? [textFile('fix.yaml', 'The fix, for kubectl apply', `${yaml}\n`)] : []),
      ...(wasCut ? [textFile('fix.txt', 'The fix and its proof, in full', sources.plainText('thread/fix'))] : []),
    ],
  };
}

const COMMANDS_CHARACTERS = 6500;

/** The commands that check the answer by hand. A command is shown whole or not at all: half of one must not be run. */
export function byHandReply(sources: Sources): Reply | null {
  const steps = sources.view.byHand;
  if (steps.length === 0) return null;
  const filename = 'by-hand.txt';
  let used = 0;
  const shown = steps.filter(({ what, command }) => {
    used += what.length + command.text.length;
    return used <= COMMANDS_CHARACTERS;
  });
  const left = steps.length - shown.length;
  const more = moreIn(filename, { lines: [], left, wasCut: left > 0 }, 'command');
  const rich = [
    ...shown.flatMap(({ what, command }) => [richLine(`${visibleLine(what)}:`), preformatted(command.text)]),
    ...more.map(richLine),
  ];
  return {
    part: 'by-hand',
    message: message(sources.mrkdwn('thread/by-hand'), [...sections(['*Check by hand*']), richText(rich)]),
    files: left > 0 ? [textFile(filename, 'Every command', sources.plainText('thread/by-hand'))] : [],
  };
}

/** The reply of a follow-up that has something to say: what is other, and what became of the policies that decide. */
import type { KnownBlock } from '@slack/types';
import type { PolicyChange } from '../../diagnose/policy-changes.ts';
import type { Message } from '../../slack/api.ts';
import { SLACK_ESCAPE, visibleLine } from '../escape.ts';
import { countText, timeText } from '../words.ts';
import { message, preformatted, richLine, richText, sections } from './blocks.ts';
import { cutMrkdwn, cutPlain, fitLines, type Room } from './cut.ts';
import { type AnswerFile, moreIn, textFile } from './replies.ts';

/** What is told. `lines` are mrkdwn that is safe already; `changes` since the first look, null: that is not told. */
export type FollowNews = { readonly lines: readonly string[]; readonly changes: readonly PolicyChange[] | null };

const PROSE: Room = { characters: 3000, lines: 30, lineCharacters: 900 };
/** Three of them stay below what all blocks of a message may have together (`replies.ts`). */
const DIFF: Room = { characters: 1500, lines: 40, lineCharacters: 300 };
const DIFFS_SHOWN = 3;
const NAME_CHARACTERS = 300;
const FILENAME = 'policy-changes.diff';

/** Renders it. What does not fit is in the file. */
export function renderFollowNews({ lines, changes }: FollowNews): {
  readonly message: Message;
  readonly files: readonly AnswerFile[];
} {
  const prose = fitLines([...lines, ...summaryOf(changes)], PROSE, cutMrkdwn);
  const diffs = (changes ?? []).filter(({ diff }) => diff !== '');
  const shown = diffs
    .slice(0, DIFFS_SHOWN)
    .map(change => ({ change, fitted: fitLines(linesOf(change), DIFF, cutPlain) }));
  const left = diffs.length - shown.length;
  const wasCut = left > 0 || shown.some(({ fitted }) => fitted.wasCut);
  const rich = shown.flatMap(({ change, fitted }) => [
    richLine(`${headOf(change)}:`),
    preformatted(fitted.lines.join('\n')),
    ...moreIn(FILENAME, fitted).map(richLine),
  ]);
  const more =
    left > 0 ? [richLine(`… ${left} more ${left === 1 ? 'policy' : 'policies'} in the file ${FILENAME}`)] : [];
  const blocks: KnownBlock[] = [...sections(prose.lines), ...(rich.length > 0 ? [richText([...rich, ...more])] : [])];
  const whole = diffs.map(change => `# ${headOf(change)}\n${change.diff}\n`).join('\n');
  return {
    message: message(prose.lines.join('\n'), blocks),
    files: wasCut ? [textFile(FILENAME, 'What changed in the policies, in full', whole)] : [],
  };
}

/** One line each: which policy, what became of it, by whom and when. */
function summaryOf(changes: FollowNews['changes']): readonly string[] {
  if (changes === null) return [];
  if (changes.length === 0) return ['No policy that decides about this flow was changed since the first look.'];
  return [
    `Since the first look ${countText(changes.length, 'policy').replace(/ys$/, 'ies')} that ${changes.length === 1 ? 'decides' : 'decide'} about this flow changed:`,
    ...changes.map(change => `• ${SLACK_ESCAPE.code(cutPlain(change.policy, NAME_CHARACTERS))} ${becameText(change)}`),
  ];
}

function becameText({ kind, by, at }: PolicyChange): string {
  const who =
    by.length === 0 ? 'not told' : by.map(name => SLACK_ESCAPE.code(cutPlain(name, NAME_CHARACTERS))).join(', ');
  const when = at === null ? '' : `, ${SLACK_ESCAPE.text(timeText(at))}`;
  switch (kind) {
    case 'added':
      return `was added (by: ${who}${when})`;
    case 'changed':
      return `was changed (by: ${who}${when})`;
    case 'removed':
      return 'is gone (by whom: not told)';
    case 'unread':
      return 'could not be compared: its kind could not be listed at both looks';
    default:
      return kind satisfies never;
  }
}

function headOf({ policy, kind }: PolicyChange): string {
  return `${cutPlain(visibleLine(policy), NAME_CHARACTERS)}, ${kind === 'changed' ? 'changed' : kind === 'added' ? 'new' : 'gone'}`;
}

function linesOf({ diff }: PolicyChange): readonly string[] {
  return diff.split('\n');
}

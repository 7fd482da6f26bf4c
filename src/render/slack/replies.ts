/** Replies of a thread that are prose or commands. What does not fit is in a file beside its message. */
import type { Message } from '../../slack/api.ts';
import { visibleLine } from '../escape.ts';
import type { contextOf } from '../report.ts';
import type { View } from '../view.ts';
import { message, preformatted, richLine, richText, sections } from './blocks.ts';
import { cutMrkdwn, type Fitted, fitLines, type Room } from './cut.ts';

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

/** Says that lines are missing, and where they are. Empty when none are. */
export function moreIn(file: string, { left, wasCut }: Fitted, noun = 'line'): readonly string[] {
  if (left > 0) return [`… ${left} more ${noun}${left === 1 ? '' : 's'} in the file ${file}`];
  return wasCut ? [`… cut; the whole text is in the file ${file}`] : [];
}

/** A file of plain text. */
export function textFile(filename: string, title: string, text: string): AnswerFile {
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

/** A reply of nothing but text: templates one after the other, cut at a line's end. */
export function proseReply(
  { mrkdwn, plainText }: Pick<Sources, 'mrkdwn' | 'plainText'>,
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

const COMMANDS_CHARACTERS = 6500;
const COMMANDS_SHOWN = 25;

/** The commands that check the answer by hand. A command is shown whole or not at all: half of one must not be run. */
export function byHandReply(sources: Sources): Reply | null {
  const steps = sources.view.byHand;
  if (steps.length === 0) return null;
  const filename = 'by-hand.txt';
  let used = 0;
  const shown = steps.slice(0, COMMANDS_SHOWN).filter(({ what, command }) => {
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
    message: message(sources.mrkdwn('thread/by-hand'), [
      ...sections([sources.mrkdwn('slack/by-hand')]),
      richText(rich),
    ]),
    files: left > 0 ? [textFile(filename, 'Every command', sources.plainText('thread/by-hand'))] : [],
  };
}

/** One line of a timeline, ready for its output, and how sentences with hostile words in them are put together. */

import { type Asker, askerName } from '../../queue/job.ts';
import { type Code, code, type Escape } from '../escape.ts';
import { cutPlain } from '../slack/cut.ts';

/** How a line is known, or who did what it tells. */
export type Mark = 'observed' | 'predicted' | 'concluded' | 'done by a person' | 'done by a program';

/** One line, and the lines below it; escaped. `at`: ISO 8601. */
export type Entry = {
  readonly at: string;
  readonly mark: Mark;
  readonly text: string;
  readonly details: readonly string[];
};

/** Makes a sentence: what stands in the template is ours, what is put into it is escaped. */
export type Say = (
  words: TemplateStringsArray,
  ...values: readonly (string | number | Code | readonly Code[])[]
) => string;

/** Longer words are no names, and reasons are a sentence or two. */
const WORD_CHARACTERS = 500;

/** The sentences of one output. */
export function saying(output: Escape): Say {
  const one = (value: string | number | Code): string => {
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string') return output.text(cutPlain(value, WORD_CHARACTERS));
    return output.code(cutPlain(value.text, WORD_CHARACTERS));
  };
  return (words, ...values) =>
    words
      .map((word, index) => {
        const value = values[index];
        if (value === undefined) return word;
        return word + (Array.isArray(value) ? value.map(one).join(', ') : one(value as string | number | Code));
      })
      .join('');
}

/** Who it was, as Slack or a program is named. */
export function nameOf(asker: Asker): Code {
  return code(askerName(asker));
}

/** Whose deed it is. */
export function markOf(asker: Asker): Mark {
  return asker.kind === 'user' ? 'done by a person' : 'done by a program';
}

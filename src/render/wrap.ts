/** Filling of lines. */
import { columnsOf } from './paint.ts';

/** How a paragraph is broken into lines. */
export type WrapShape = {
  /** Columns, or null: one line. */
  readonly width: number | null;
  /** Put before the first line. */
  readonly first: string;
  /** Put before each further line. */
  readonly rest: string;
};

/**
 * Fills lines with the words of `text`, white space and line breaks counting as one space each. A word that is longer
 * than a line keeps its own line: a name must stay in one piece to be copied.
 */
export function wrapLine(text: string, { width, first, rest }: WrapShape): string {
  const words = text.split(/\s+/).filter(word => word !== '');
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of words) {
    const joined = isEmpty ? line + word : `${line} ${word}`;
    if (isEmpty || width === null || columnsOf(joined) <= width) {
      line = joined;
    } else {
      lines.push(line);
      line = rest + word;
    }
    isEmpty = false;
  }
  return [...lines, line].join('\n');
}

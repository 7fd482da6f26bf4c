/** How wide a text is in DejaVu Sans, near enough to lay a picture out without drawing it, and texts fitted to a width. */

/** Size in units, and weight. */
export type Font = { readonly size: number; readonly bold: boolean };

/** Bold is wider by this. */
const BOLD = 1.13;

/** Width in units; never less than what is drawn, but for a few symbols. From the advance widths of the font. */
export function widthOf(text: string, { size, bold }: Font): number {
  let ems = 0;
  for (const character of text) ems += emsOf(character);
  return ems * size * (bold ? BOLD : 1);
}

function emsOf(character: string): number {
  if (/[ijlI.,:;'!|/\\ ]/.test(character)) return 0.34;
  if (/[frt()[\]{}"*-]/.test(character)) return 0.43;
  if (/[mwMW@%…\u2014]/.test(character)) return 1;
  if (/[a-z0-9_=+?]/.test(character)) return 0.64;
  if (/[\u0020-\u024f]/.test(character)) return 0.8;
  return 1.1;
}

/** The text if it fits, else its two ends with an ellipsis between: the ends of a name tell most. */
export function shortened(text: string, width: number, font: Font): string {
  if (widthOf(text, font) <= width) return text;
  const characters = [...text];
  const endsOf = (kept: number) =>
    `${characters.slice(0, Math.ceil(kept / 2)).join('')}…${characters.slice(characters.length - Math.floor(kept / 2)).join('')}`;
  let kept = Math.min(characters.length - 1, Math.floor(width / (font.size * 0.3)));
  while (kept > 0 && widthOf(endsOf(kept), font) > width) kept -= 1;
  return endsOf(kept);
}

/** At most `count` lines; a word that is longer than a line is shortened, the last line says when there is more. */
export function filledLines(
  text: string,
  width: number,
  { font, count }: { font: Font; count: number },
): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').map(one => shortened(one, width, font))) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(`${line} ${word}`, font) <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  if (lines.length <= count) return lines;
  return [...lines.slice(0, count - 1), endingInEllipsis(lines[count - 1] ?? '', width, font)];
}

/** Prose that goes on: without its last words where there is no place for the ellipsis. */
function endingInEllipsis(line: string, width: number, font: Font): string {
  const words = line.split(' ');
  while (words.length > 1 && widthOf(`${words.join(' ')} …`, font) > width) words.pop();
  return `${words.join(' ')} …`;
}

/** Colours of a terminal. They repeat what words and symbols say, and are never the only sign of anything. */
import { createColors } from 'picocolors';

const COLOURED = createColors(true);
const STYLES: Readonly<Record<string, (text: string) => string>> = {
  good: text => COLOURED.bold(COLOURED.green(text)),
  bad: text => COLOURED.bold(COLOURED.red(text)),
  unsure: text => COLOURED.bold(COLOURED.yellow(text)),
  none: COLOURED.dim,
  dim: COLOURED.dim,
  heading: COLOURED.bold,
  name: COLOURED.cyan,
};

/** A function that paints text in a style, or leaves it as it is when there is no colour or no such style. */
export function paintOf(style: string, colour: boolean): (text: string) => string {
  const painter = STYLES[style];
  return colour && painter !== undefined ? painter : text => text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape code is a control character.
const ESCAPE_CODES = /\u001b\[[0-9;]*m/g;

/** How many columns text takes, colours not counted. East Asian wide characters count two. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text.replace(ESCAPE_CODES, '')) columns += isWide(character) ? 2 : 1;
  return columns;
}

/** https://www.unicode.org/reports/tr11/, cut down to the blocks a terminal really widens. */
function isWide(character: string): boolean {
  return /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
    character,
  );
}

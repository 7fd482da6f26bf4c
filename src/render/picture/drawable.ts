/** Text -> text that the packaged font can draw: a box says nothing, and two names must not look the same. */

/** Code points that DejaVu Sans has, regular and bold, all of them: Latin, Greek, Cyrillic, signs. A test compares with the font. */
export const DRAWN: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x391, 0x3a1],
  [0x3a3, 0x4ff],
  [0x1e00, 0x1efb],
  [0x2010, 0x2027],
  [0x2030, 0x205e],
  [0x2190, 0x22ff],
  [0x2500, 0x25ff],
  [0x2713, 0x2713],
  [0x2717, 0x2717],
  [0xfffd, 0xfffd],
];

/** Writes every other character as its number: `漢` is `\u{6F22}`. Marks that can be one with their letter are. */
export function drawable(text: string): string {
  return Array.from(text.toWellFormed().normalize('NFC'), character => {
    const code = character.codePointAt(0) ?? 0;
    return DRAWN.some(([first, last]) => code >= first && code <= last)
      ? character
      : `\\u{${code.toString(16).toUpperCase()}}`;
  }).join('');
}

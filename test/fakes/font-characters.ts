/** Which characters a TrueType font has a glyph for, read from its own table. https://learn.microsoft.com/typography/opentype/spec/cmap */

/** Code points with a glyph, by the table's formats 4 and 12. */
export function charactersOf(font: Uint8Array): ReadonlySet<number> {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const cmap = tableAt(view, 'cmap');
  const found = new Set<number>();
  for (let index = 0; index < view.getUint16(cmap + 2); index += 1) {
    const at = cmap + view.getUint32(cmap + 4 + 8 * index + 4);
    const platform = view.getUint16(cmap + 4 + 8 * index);
    // Unicode and Windows; Macintosh tables count in code pages.
    if (platform !== 0 && platform !== 3) continue;
    const format = view.getUint16(at);
    if (format === 4) addSegments(view, at, found);
    if (format === 12) addGroups(view, at, found);
  }
  return found;
}

function tableAt(view: DataView, tag: string): number {
  for (let index = 0; index < view.getUint16(4); index += 1) {
    const at = 12 + 16 * index;
    const name = String.fromCharCode(...[0, 1, 2, 3].map(byte => view.getUint8(at + byte)));
    if (name === tag) return view.getUint32(at + 8);
  }
  throw new Error(`the font has no table ${tag}`);
}

function addSegments(view: DataView, at: number, found: Set<number>): void {
  const twice = view.getUint16(at + 6);
  for (let index = 0; index < twice; index += 2) {
    const end = view.getUint16(at + 14 + index);
    const start = view.getUint16(at + 16 + twice + index);
    const delta = view.getUint16(at + 16 + 2 * twice + index);
    const rangeAt = at + 16 + 3 * twice + index;
    const range = view.getUint16(rangeAt);
    for (let code = start; code <= end && code < 0xffff; code += 1) {
      const listed = range === 0 ? code : view.getUint16(rangeAt + range + 2 * (code - start));
      const glyph = range !== 0 && listed === 0 ? 0 : (listed + delta) & 0xffff;
      if (glyph !== 0) found.add(code);
    }
  }
}

function addGroups(view: DataView, at: number, found: Set<number>): void {
  for (let index = 0; index < view.getUint32(at + 12); index += 1) {
    const group = at + 16 + 12 * index;
    const [start, end] = [view.getUint32(group), view.getUint32(group + 4)];
    for (let code = start; code <= end; code += 1) found.add(code);
  }
}

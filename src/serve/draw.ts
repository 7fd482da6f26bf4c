/** The last pictures are kept: who asks the same gets the same picture, and drawing takes a tenth of a second of computing. */

/** SVG -> PNG. */
type Draw = (svg: string) => Promise<Uint8Array>;

/** A picture has a hundred kilobytes. */
const PICTURES_KEPT = 32;

/** Draws each picture once, as long as it is among the last that were asked for. */
export function keepPictures(draw: Draw): Draw {
  const kept = new Map<string, Promise<Uint8Array>>();
  return svg => {
    const known = kept.get(svg);
    const drawn = known ?? draw(svg);
    // The order of a Map is that of its insertions: what was asked for goes to the end.
    kept.delete(svg);
    kept.set(svg, drawn);
    if (known === undefined) drawn.catch(() => kept.delete(svg));
    const [oldest] = kept.keys();
    if (kept.size > PICTURES_KEPT && oldest !== undefined) kept.delete(oldest);
    return drawn;
  };
}

/** SVG -> PNG, with resvg as WebAssembly and a font of our own: AWS Lambda has none. */
import { readFile } from 'node:fs/promises';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import { assetUrl } from './assets.ts';

/** Pixels per unit of the SVG: sharp on a phone's screen. */
const SCALE = 2;

let ready: Promise<readonly Uint8Array[]> | undefined;

/** Draws the SVG on white at twice its size. Texts are drawn in DejaVu Sans, whatever family they name. */
export async function pngOf(svg: string): Promise<Uint8Array> {
  ready ??= load();
  const fontBuffers = [...(await ready)];
  const picture = new Resvg(svg, {
    background: '#ffffff',
    fitTo: { mode: 'zoom', value: SCALE },
    font: {
      fontBuffers,
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  try {
    return picture.render().asPng();
  } finally {
    picture.free();
  }
}

/** Once in a process: the WebAssembly module can be initialised only once. */
async function load(): Promise<readonly Uint8Array[]> {
  const [wasm, ...fonts] = await Promise.all(
    (['resvg', 'sans', 'sans-bold'] as const).map(async asset => readFile(assetUrl(asset))),
  );
  await initWasm(wasm ?? new Uint8Array());
  return fonts;
}

/** Where the files are that a picture needs: in node_modules, or beside the bundle when there is none. */
import { existsSync } from 'node:fs';

const FILES = {
  resvg: { specifier: '@resvg/resvg-wasm/index_bg.wasm', name: 'resvg.wasm' },
  sans: { specifier: 'dejavu-fonts-ttf/ttf/DejaVuSans.ttf', name: 'DejaVuSans.ttf' },
  'sans-bold': { specifier: 'dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf', name: 'DejaVuSans-Bold.ttf' },
} as const;

/** One file that a picture needs. */
export type Asset = keyof typeof FILES;

/** The URL of a file: `assets/NAME` beside this module (a bundle has them there), else that of its package. */
export function assetUrl(asset: Asset): URL {
  const { specifier, name } = FILES[asset];
  const beside = new URL(`./assets/${name}`, import.meta.url);
  return existsSync(beside) ? beside : new URL(import.meta.resolve(specifier));
}

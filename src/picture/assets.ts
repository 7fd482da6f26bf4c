/** Where the files are that a picture needs: in node_modules, or beside the bundle when there is none. */
import { existsSync } from 'node:fs';

/** Name beside a bundle, and where the package has it. The specifiers stand here in full, so that tools see them. */
const FILES = {
  resvg: { name: 'resvg.wasm', inPackage: () => import.meta.resolve('@resvg/resvg-wasm/index_bg.wasm') },
  sans: { name: 'DejaVuSans.ttf', inPackage: () => import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf') },
  'sans-bold': {
    name: 'DejaVuSans-Bold.ttf',
    inPackage: () => import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
  },
} as const;

/** One file that a picture needs. */
export type Asset = keyof typeof FILES;

/** The URL of a file: `assets/NAME` beside this module (a bundle has them there), else that of its package. */
export function assetUrl(asset: Asset): URL {
  const { name, inPackage } = FILES[asset];
  const beside = new URL(`./assets/${name}`, import.meta.url);
  return existsSync(beside) ? beside : new URL(inPackage());
}

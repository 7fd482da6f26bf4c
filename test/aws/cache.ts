import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs that the tests install are kept between runs: a folder of that name, which is made when it is not there. */
export function cacheFolder(name: string): string {
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'egress-tests', name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

#!/usr/bin/env node
// The `egress` command. Plain JavaScript, so that a Node too old for the sources can still start it: it then hands
// over to the Node that `npm ci` installed beside it. `--link` (npm's prepare step) puts it on npx's path in a checkout.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 19);
const bundledNode = join(root, 'node_modules', 'node', 'bin', 'node');

if (process.argv[2] === '--link') {
  const bin = join(root, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, 'egress'), { force: true });
  symlinkSync(join('..', '..', 'src', 'egress.js'), join(bin, 'egress'));
} else if (runsTypeScript) {
  const { main } = await import('./cli.ts');
  await main(process.argv.slice(2));
} else if (existsSync(bundledNode)) {
  const child = spawnSync(bundledNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(child.status ?? 4);
} else {
  process.stderr.write(
    `egress: Node ${process.versions.node} is too old (22.19 or later is needed). Run \`npm ci\` in ${root}, which installs one beside it.\n`,
  );
  process.exit(4);
}

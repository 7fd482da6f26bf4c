#!/usr/bin/env node
// The `egress` command. Plain JavaScript, so that a Node too old for the sources can still start it: it then hands
// over to the Node that `npm ci` installed beside it. `--link` (npm's prepare step) puts it on npx's path in a checkout.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major, minor] = process.versions.node.split('.').map(Number);
const runsTypeScript = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 19);
const bundledNode = join(root, 'node_modules', 'node', 'bin', 'node');

/** Those that ask a command to end: it deletes its pods first, so it must hear of them. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Runs the same command with the newer Node and ends as it ends: same code, or same signal. */
function handOver() {
  // In a process group of its own: a terminal and `timeout` signal the whole group, and with ours forwarded as well the
  // child would hear each signal twice, of which the second means "at once, leave the pods".
  const options = { stdio: 'inherit', detached: true };
  // Listening comes first: a signal may arrive as soon as there is a child.
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  const child = spawn(bundledNode, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], options);
  child.on('error', error => {
    process.stderr.write(`egress: ${bundledNode} could not be started: ${error.message}. Run \`npm ci\` in ${root}.\n`);
    process.exitCode = 4;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 4);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // Reached where the signal does not end this process at once: the code that shells give for it.
    process.exitCode = 128 + constants.signals[signal];
  });
}

if (process.argv[2] === '--link') {
  const bin = join(root, 'node_modules', '.bin');
  mkdirSync(bin, { recursive: true });
  rmSync(join(bin, 'egress'), { force: true });
  symlinkSync(join('..', '..', 'src', 'egress.js'), join(bin, 'egress'));
} else if (runsTypeScript) {
  // Half of the start-up is stripping types and compiling; in our own folder, since one in /tmp could be somebody else's.
  module.enableCompileCache?.(join(root, 'node_modules', '.cache', 'egress'));
  const { main } = await import('./cli.ts');
  await main(process.argv.slice(2));
} else if (existsSync(bundledNode)) {
  handOver();
} else {
  process.stderr.write(
    `egress: Node ${process.versions.node} is too old (22.19 or later is needed). Run \`npm ci\` in ${root}, which installs one beside it.\n`,
  );
  process.exit(4);
}

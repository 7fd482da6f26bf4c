import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What the newer Node would be: says that it runs, notes every signal, then ends as it is told. */
const STAND_IN = `#!/bin/sh
trap 'echo heard INT; exit 7' INT
trap 'echo heard TERM; exit 8' TERM
trap 'echo heard HUP; exit 9' HUP
echo "started $2 $3"
case "$2" in
  exit) exit "$3" ;;
  die) kill -KILL $$ ;;
esac
while :; do sleep 0.05; done
`;
/** Makes any Node look too old for the sources. */
const OLD_NODE = "Object.defineProperty(process.versions, 'node', { value: '20.0.0' })";

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'egress-command-'));
  mkdirSync(join(root, 'src'));
  cpSync(new URL('../../src/egress.js', import.meta.url), join(root, 'src/egress.js'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'old.cjs'), OLD_NODE);
});

afterEach(() => rmSync(root, { recursive: true }));

function installNewerNode(): void {
  mkdirSync(join(root, 'node_modules/node/bin'), { recursive: true });
  writeFileSync(join(root, 'node_modules/node/bin/node'), STAND_IN);
  chmodSync(join(root, 'node_modules/node/bin/node'), 0o755);
}

type Run = { readonly child: ChildProcess; readonly started: Promise<void>; readonly ended: Promise<Ended> };
type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly output: string };

/** In a group of its own, so that the whole group can be signalled without ending this test. */
function runOnOldNode(...args: readonly string[]): Run {
  const command = ['--require', join(root, 'old.cjs'), join(root, 'src/egress.js'), ...args];
  const child = spawn(process.execPath, command, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const { promise: started, resolve } = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', chunk => {
      output += String(chunk);
      if (output.includes('started')) resolve();
    });
  }
  const ended = new Promise<Ended>(done => child.on('close', (code, signal) => done({ code, signal, output })));
  return { child, started, ended };
}

describe('on a Node that is too old, the command is handed to the Node beside it', () => {
  test('and ends with the same code', async () => {
    installNewerNode();
    expect(await runOnOldNode('exit', '3').ended).toEqual({ code: 3, signal: null, output: 'started exit 3\n' });
  });

  test('and ends by the same signal', async () => {
    installNewerNode();
    expect(await runOnOldNode('die').ended).toMatchObject({ code: null, signal: 'SIGKILL' });
  });

  test.each([
    ['SIGINT', 7, 'heard INT'],
    ['SIGTERM', 8, 'heard TERM'],
    ['SIGHUP', 9, 'heard HUP'],
  ] as const)('and hears %s', async (signal, code, heard) => {
    installNewerNode();
    const run = runOnOldNode('wait');
    await run.started;
    run.child.kill(signal);
    expect(await run.ended).toEqual({ code, signal: null, output: `started wait \n${heard}\n` });
  });

  test('and hears a signal to the whole group, as Ctrl-C is, once', async () => {
    installNewerNode();
    const run = runOnOldNode('wait');
    await run.started;
    process.kill(-(run.child.pid ?? Number.NaN), 'SIGINT');
    expect((await run.ended).output).toBe('started wait \nheard INT\n');
  });

  test('and where there is none, says what to do', async () => {
    expect(await runOnOldNode('diagnose').ended).toEqual({
      code: 4,
      signal: null,
      output: `egress: Node 20.0.0 is too old (22.19 or later is needed). Run \`npm ci\` in ${root}, which installs one beside it.\n`,
    });
  });
});

test('npm run prepare puts the command where npx finds it', async () => {
  const ended = await runOnOldNode('--link').ended;
  expect(ended).toEqual({ code: 0, signal: null, output: '' });
  expect(readFileSync(join(root, 'node_modules/.bin/egress'), 'utf8')).toBe(
    readFileSync(join(root, 'src/egress.js'), 'utf8'),
  );
});

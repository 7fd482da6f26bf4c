/** The image of the one process, without a builder: the Dockerfile's own steps, and what they leave, run as the Deployment runs it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startLocalSlack } from '../../src/local-slack/start.ts';
import { buildByHand, type Image } from './image.ts';

const ROOT = join(import.meta.dirname, '../..');
const ADA = 'U0ADA';
const CHANNEL = 'C0INCIDENTS';
const CONFIG = `
clusters: [{name: prod, access: {kind: kubeconfig, context: nowhere}}]
channels: [{id: ${CHANNEL}, cluster: prod, namespaces: [payments]}]
grants: [{users: [${ADA}], clusters: [prod], namespaces: [payments], probe: true}]
`;

let folder = '';
let image: Image;
/** The only place where the process may write, as the volume of the Deployment. */
let data = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'egress-image-'));
  chmodSync(folder, 0o755);
  image = buildByHand(join(ROOT, 'infra/Dockerfile'), ROOT, join(folder, 'stages'));
  data = join(folder, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'config.yaml'), CONFIG);
  execFileSync('chmod', ['-R', 'a-w,a+rX', image.root]);
  if (isRoot()) execFileSync('chown', ['-R', image.user, data]);
}, 600_000);

afterAll(() => {
  execFileSync('chmod', ['-R', 'u+w', folder]);
  rmSync(folder, { recursive: true });
});

/** Whoever may not change users is not root, and the files belong to somebody who may write: then they only are write-protected. */
function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const [program = '', ...first] = image.entrypoint;
  const [uid, gid] = image.user.split(':').map(Number);
  return spawn(program === 'node' ? process.execPath : program, [...first, ...args], {
    cwd: join(image.root, image.workdir),
    env: { PATH: process.env.PATH, ...env },
    ...(isRoot() && uid !== undefined && gid !== undefined ? { uid, gid } : {}),
  });
}

/** Runs to the end. */
async function run(args: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = start(args);
  const output = outputOf(child);
  const code = await new Promise<number | null>(resolve => child.once('close', resolve));
  return { code, output: output() };
}

function outputOf(child: ChildProcess): () => string {
  let output = '';
  child.stdout?.on('data', chunk => (output += String(chunk)));
  child.stderr?.on('data', chunk => (output += String(chunk)));
  return () => output;
}

/** Names, sizes and times of everything in the image but the packages. */
const listing = () =>
  execFileSync('find', [image.root, '-path', '*/node_modules', '-prune', '-o', '-printf', '%P %s %T@\n'], {
    encoding: 'utf8',
  });

describe('the image of the one process', { timeout: 180_000 }, () => {
  test('has the Node of the project, no root, and a command that the Deployment gives arguments to', () => {
    expect(image.base).toMatch(new RegExp(`^node:${process.versions.node.split('.')[0]}-`));
    expect(image.user).toMatch(/^[1-9]\d{3,}:[1-9]\d{3,}$/);
    expect(image.entrypoint).toEqual(['node', 'src/egress.js']);
    const deployment = readFileSync(join(ROOT, 'infra/kubernetes/overlays/serve/deployment.yaml'), 'utf8');
    expect(deployment).toContain(`runAsUser: ${image.user.split(':')[0]}`);
    expect(deployment).toContain(`args: [${image.command.join(', ')}`);
  });

  test('has the packages that run, and none that only build or test', () => {
    const names = execFileSync('ls', [join(image.root, image.workdir, 'node_modules')], { encoding: 'utf8' }).split(
      '\n',
    );
    expect(names).toEqual(
      expect.arrayContaining(['@kubernetes', '@slack', '@resvg', 'dejavu-fonts-ttf', 'handlebars']),
    );
    for (const name of ['vitest', 'typescript', 'osls', 'node', '@biomejs']) expect(names).not.toContain(name);
  });

  test('starts as its user: help, and an answer from captured evidence, with templates and all', async () => {
    expect(await run(['serve', '--help'])).toMatchObject({ code: 0, output: expect.stringContaining('--socket') });
    const replayed = await run(['replay', 'src/demo/05-cloud-firewall-drops.json']);
    expect(replayed).toMatchObject({ code: 1, output: expect.stringContaining('blocked-beyond-node') });
  });

  test('answers Slack, and writes nothing but to its volume', async () => {
    const before = listing();
    const slack = await startLocalSlack({ pace: null });
    const child = start(image.command, {
      SLACK_BOT_TOKEN: slack.botToken,
      SLACK_APP_TOKEN: slack.appToken,
      SLACK_API_URL: slack.url,
      EGRESS_CONFIG: join(data, 'config.yaml'),
      EGRESS_DATABASE: join(data, 'egress.sqlite'),
      KUBECONFIG: join(data, 'none'),
    });
    const output = outputOf(child);
    const ended = new Promise<number | null>(resolve => child.once('close', resolve));
    try {
      slack.deliverTo({ kind: 'socket' });
      await until(() => output().includes('"event":"ready"'), output);
      await slack.command({ user: ADA, channel: CHANNEL, command: '/egress', text: 'billing-pod api.stripe.com' });
      await until(() => [...slack.state.messages.values()].some(({ text }) => text.includes('✗ *')), output);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
      await slack.close();
    }
    expect(listing()).toBe(before);
  });

  test('draws the pictures of its answers', async () => {
    const program =
      "const { pngOf } = await import('./src/picture/png.ts'); console.log((await pngOf(process.argv[1])).length);";
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">a</text></svg>';
    const drawn = execFileSync(process.execPath, ['--input-type=module', '--eval', program, svg], {
      cwd: join(image.root, image.workdir),
      encoding: 'utf8',
    });
    expect(Number(drawn)).toBeGreaterThan(50);
  });
});

async function until(isSo: () => boolean, output: () => string): Promise<void> {
  for (let count = 0; count < 3000; count += 1) {
    if (isSo()) return;
    await pause(20);
  }
  throw new Error(`it never came: ${output()}`);
}

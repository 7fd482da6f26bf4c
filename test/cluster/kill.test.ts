/** The real command, ended by a signal at each stage: nothing of it stays in the cluster. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { core, create, dropNamespace, namespace, pod, waitForPods } from './cluster.ts';
import { eventually, testNamespace } from './probe-cluster.ts';

const EGRESS = fileURLToPath(new URL('../../src/egress.js', import.meta.url));
const NS = testNamespace('kill');
/** Where control and node pods go. */
const OWN = testNamespace('kill-own');

/** Asks for a host that never answers, with a long time-out, so that every stage lasts. */
function ask(...more: readonly string[]): ChildProcess {
  const args = [
    'diagnose',
    'victim',
    'blackhole.example',
    '-n',
    NS,
    '--pod-method',
    'twin-pod',
    '--timeout',
    '6000',
    ...more,
  ];
  return spawn(process.execPath, [EGRESS, ...args], {
    env: { ...process.env, EGRESS_NAMESPACE: OWN },
    stdio: 'ignore',
  });
}

type Ours = { readonly name: string; readonly phase: string };

async function ours(): Promise<readonly Ours[]> {
  const lists = await Promise.all(
    [NS, OWN].map(name => core.listNamespacedPod({ namespace: name, labelSelector: 'egress.dev/run' })),
  );
  return lists
    .flatMap(({ items }) => items)
    .map(({ metadata, status }) => ({ name: metadata?.name ?? '', phase: status?.phase ?? '' }));
}

function ending(child: ChildProcess): Promise<string> {
  return new Promise(resolve => child.on('exit', (code, signal) => resolve(signal ?? `exit ${code}`)));
}

const pause = (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms));

/** By the time each resolves, the command is in that stage. */
const stages: Readonly<Record<string, () => Promise<unknown>>> = {
  'before anything is made': () => pause(250),
  'while the pods are being made': () => eventually(async () => (await ours()).length > 0),
  'while the probes run': async () => {
    await eventually(async () => {
      const pods = await ours();
      return pods.length === 3 && pods.every(({ phase }) => phase === 'Running');
    });
    await pause(1_000);
  },
};
const names = Object.keys(stages);
const reach = (stage: string): Promise<unknown> => stages[stage]?.() ?? Promise.reject(new Error(`no stage ${stage}`));
const gone = () => eventually(async () => (await ours()).length === 0, 20_000);

beforeAll(async () => {
  await create(namespace(NS), namespace(OWN), pod(NS, 'victim'));
  await waitForPods(NS);
});

afterAll(async () => {
  await Promise.all([dropNamespace(NS), dropNamespace(OWN)]);
});

describe.each(['SIGINT', 'SIGTERM'] as const)('%s', signal => {
  it.each(names)('%s: the process deletes its pods and ends by that signal', async stage => {
    const child = ask();
    const ended = ending(child);
    await reach(stage);
    child.kill(signal);
    expect(await ended).toBe(signal);
    expect(await gone()).toBe(true);
  });
});

describe('SIGKILL', () => {
  it.each(names)('%s: the next run removes what stayed', async stage => {
    const child = ask();
    const ended = ending(child);
    await reach(stage);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    const left = await ours();
    if (stage === 'while the probes run') expect(left).toHaveLength(3);
    // Its own pods are other ones, and go with it.
    expect(await ending(ask('--timeout', '1000'))).toBe('exit 1');
    expect(await gone()).toBe(true);
  });

  it('the sweep of one run leaves the pods of another that lives', async () => {
    const child = ask();
    const ended = ending(child);
    await reach('while the probes run');
    const before = (await ours()).map(({ name }) => name).sort();
    expect(before).toHaveLength(3);
    const other = ending(ask('--timeout', '1000', '--vantage', 'node'));
    expect(await eventually(async () => (await ours()).length > 3)).toBe(true);
    await pause(500);
    const names = (await ours()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(before));
    expect(await other).toBe('exit 1');
    child.kill('SIGTERM');
    await ended;
    expect(await gone()).toBe(true);
  });
});

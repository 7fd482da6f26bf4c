import { describe, expect, it, vi } from 'vitest';
import { type Cleanup, type SignalSource, withCleanup } from '../../src/cluster/cleanup.ts';
import type { ApiRequest } from '../../src/cluster/client.ts';
import { type ContainerState, containerState } from '../../src/cluster/container-state.ts';
import { runningOfOurs, startEphemeral } from '../../src/cluster/ephemeral.ts';
import { controlPod } from '../../src/cluster/pods.ts';
import { createLineReader } from '../../src/cluster/probe-stream.ts';
import { deletePod, startPod } from '../../src/cluster/start-pod.ts';
import { fakeClient, ok, refused } from '../fakes/api-client.ts';

const RUNNING = { running: { startedAt: '2026-11-21T08:00:00Z' } };
const podOf = (state: object, phase = 'Running') => ({
  status: {
    phase,
    containerStatuses: [
      { name: 'other', state: RUNNING },
      { name: 'probe', state },
    ],
  },
});
const waitingFor = (reason: string, message?: string) => podOf({ waiting: { reason, message } }, 'Pending');

describe('how far a container has come', () => {
  const rows: readonly [string, unknown, ContainerState][] = [
    ['running', podOf(RUNNING), { kind: 'running', startedAt: '2026-11-21T08:00:00Z' }],
    ['being made', waitingFor('ContainerCreating'), { kind: 'waiting', doing: 'ContainerCreating' }],
    ['no status yet', { status: { phase: 'Pending' } }, { kind: 'waiting', doing: 'Pending' }],
    ['nothing known', {}, { kind: 'waiting', doing: 'not seen by the kubelet yet' }],
    ['no image', waitingFor('ErrImagePull', 'not found'), { kind: 'failed', why: 'ErrImagePull, not found' }],
    ['bad image name', waitingFor('InvalidImageName'), { kind: 'failed', why: 'InvalidImageName' }],
    [
      'ended',
      podOf({ terminated: { reason: 'Error', exitCode: 127 } }),
      { kind: 'failed', why: 'it ended: Error, exit code 127' },
    ],
    [
      'refused by the kubelet',
      { status: { phase: 'Failed', reason: 'OutOfcpu', message: 'Node has no cpu' } },
      { kind: 'failed', why: 'the pod is Failed: OutOfcpu, Node has no cpu' },
    ],
  ];
  it.each(rows)('%s', (_rule, pod, expected) => {
    expect(containerState(pod, 'containerStatuses', 'probe')).toEqual(expected);
  });
});

describe('an ephemeral container of ours is used again', () => {
  const nowMs = Date.parse('2026-11-21T08:10:00Z');
  const pod = (spec: object, state: object = RUNNING) => ({
    metadata: { uid: 'u' },
    spec: { ephemeralContainers: [{ name: 'egress-probe-a', image: 'i:1', command: ['sleep', '900'], ...spec }] },
    status: { ephemeralContainerStatuses: [{ name: 'egress-probe-a', state }] },
  });
  const rows: readonly [string, unknown, number, string | null][] = [
    ['while it runs for long enough', pod({}), 299, 'egress-probe-a'],
    ['not when it ends too soon', pod({}), 300, null],
    ['not when it has ended', pod({}, { terminated: { exitCode: 0 } }), 1, null],
    ['not when it is of another image', pod({ image: 'i:2' }), 1, null],
    ['not when it runs something else', pod({ command: ['sh', '900'] }), 1, null],
    ['not when it has more to say', pod({ command: ['sleep', '900', '9'] }), 1, null],
    ['not when its time is no number', pod({ command: ['sleep', 'infinity'] }), 1, null],
    ['not when the name is not ours', { ...pod({ name: 'debugger' }) }, 1, null],
    ['not when there is none', { spec: {} }, 1, null],
  ];
  it.each(rows)('%s', (_rule, object, neededSeconds, expected) => {
    expect(runningOfOurs(object, { image: 'i:1', neededSeconds }, nowMs)).toBe(expected);
  });

  const request = {
    namespace: 'n',
    pod: 'p',
    uid: 'u',
    image: 'i:1',
    id: 'x',
    lifetimeSeconds: 900,
    neededSeconds: 10,
  };
  const patience = { limitMs: 200, stopping: new AbortController().signal };

  it('a new one is added by a strategic merge patch, with the uid that was asked about', async () => {
    const empty = { metadata: { uid: 'u' }, spec: {} };
    const running = { ...empty, status: { ephemeralContainerStatuses: [{ name: 'egress-probe-x', state: RUNNING }] } };
    let patched = false;
    const client = fakeClient(({ method }) => {
      if (method === 'PATCH') patched = true;
      return ok(patched ? running : empty);
    });
    expect(await startEphemeral(client, request, patience)).toMatchObject({
      kind: 'running',
      container: 'egress-probe-x',
      reused: false,
    });
    const patch = client.sent.find(({ method }) => method === 'PATCH');
    expect(patch).toMatchObject({
      path: '/api/v1/namespaces/n/pods/p/ephemeralcontainers',
      contentType: 'application/strategic-merge-patch+json',
      body: {
        metadata: { uid: 'u' },
        spec: { ephemeralContainers: [{ name: 'egress-probe-x', command: ['sleep', '900'] }] },
      },
    });
  });

  it('a pod that was replaced meanwhile is not entered', async () => {
    const client = fakeClient(() => ok({ metadata: { uid: 'another' } }));
    expect(await startEphemeral(client, request, patience)).toEqual({
      kind: 'failed',
      why: 'the pod was replaced by another of the same name meanwhile',
    });
    expect(client.sent.some(({ method }) => method === 'PATCH')).toBe(false);
  });

  it.each([
    [
      'RBAC',
      false,
      'no permission: needs a Role in n with apiGroups: [""], resources: ["pods/ephemeralcontainers"], verbs: ["patch"]',
    ],
    ['admission', true, 'admission refused it: violates PodSecurity'],
  ])('a 403 is told apart: %s', async (_rule, allowed, why) => {
    const client = fakeClient(({ method }) => {
      if (method === 'PATCH') return refused(403, 'Forbidden', 'violates PodSecurity');
      return method === 'POST' ? ok({ status: { allowed } }) : ok({ metadata: { uid: 'u' } });
    });
    expect(await startEphemeral(client, request, patience)).toEqual({ kind: 'failed', why });
  });
});

const quiet: SignalSource = { on: () => undefined, off: () => undefined, pid: 0, kill: () => undefined };
const manifest = controlPod({
  namespace: 'egress-system',
  node: 'node-a',
  image: 'i:1',
  lifetimeSeconds: 60,
  run: { id: 'a', holder: 'h', deadline: 'd' },
  suffix: '',
});
const deletions = (sent: readonly ApiRequest[]) =>
  sent.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
const PATH = '/api/v1/namespaces/egress-system/pods/egress-control-a';

describe('a pod of ours is deleted however the work ends', () => {
  it('success', async () => {
    const client = fakeClient(() => ok(podOf(RUNNING)));
    await withCleanup(cleanup => startPod(client, manifest, cleanup, 1000), quiet);
    expect(deletions(client.sent)).toEqual([PATH]);
  });

  it('a throw', async () => {
    const client = fakeClient(() => ok(podOf(RUNNING)));
    const work = async (cleanup: Cleanup) => {
      await startPod(client, manifest, cleanup, 1000);
      throw new Error('broken');
    };
    await expect(withCleanup(work, quiet)).rejects.toThrow('broken');
    expect(deletions(client.sent)).toEqual([PATH]);
  });

  it('a container that never runs', async () => {
    const client = fakeClient(() => ok(waitingFor('ContainerCreating')));
    const start = await withCleanup(cleanup => startPod(client, manifest, cleanup, 150), quiet);
    expect(start).toEqual({ kind: 'failed', why: 'container probe did not run within 0.15 s (ContainerCreating)' });
    expect(deletions(client.sent)).toEqual([PATH]);
  });

  it('a signal while it is being made: the deletion waits for the creation, and the process ends by that signal', async () => {
    const created = Promise.withResolvers<void>();
    const client = fakeClient(async ({ method }) => {
      if (method === 'POST') await created.promise;
      return ok(podOf({ waiting: {} }));
    });
    const listeners = new Map<string, (signal: NodeJS.Signals) => void>();
    const killed = Promise.withResolvers<string>();
    const signals: SignalSource = {
      on: (signal, listener) => listeners.set(signal, listener),
      off: signal => listeners.delete(signal),
      pid: 7,
      kill: (pid, signal) => killed.resolve(`${pid} ${signal}`),
    };
    const done = withCleanup(cleanup => startPod(client, manifest, cleanup, 60_000), signals);
    listeners.get('SIGTERM')?.('SIGTERM');
    // The same key press, passed on by npm.
    listeners.get('SIGINT')?.('SIGINT');
    await new Promise(resolve => setTimeout(resolve, 20));
    expect(deletions(client.sent)).toEqual([]);
    created.resolve();
    expect(await killed.promise).toBe('7 SIGTERM');
    expect(deletions(client.sent)).toEqual([PATH]);
    expect(await done).toEqual({ kind: 'failed', why: 'stopping' });
    expect(listeners.size).toBe(0);
  });

  it('a second signal after a moment ends the process at once, whatever is still being undone', async () => {
    const listeners = new Map<string, (signal: NodeJS.Signals) => void>();
    const killed: string[] = [];
    const signals: SignalSource = {
      on: (signal, listener) => listeners.set(signal, listener),
      off: signal => listeners.delete(signal),
      pid: 7,
      kill: (_pid, signal) => killed.push(signal),
    };
    const undone = Promise.withResolvers<void>();
    const worked = Promise.withResolvers<void>();
    const done = withCleanup(async cleanup => {
      cleanup.add(() => undone.promise);
      await worked.promise;
    }, signals);
    const now = vi.spyOn(performance, 'now').mockReturnValue(10_000);
    try {
      listeners.get('SIGTERM')?.('SIGTERM');
      now.mockReturnValue(10_900);
      listeners.get('SIGTERM')?.('SIGTERM');
      expect(killed).toEqual([]);
      now.mockReturnValue(11_100);
      listeners.get('SIGINT')?.('SIGINT');
      expect(killed).toEqual(['SIGINT']);
    } finally {
      now.mockRestore();
    }
    undone.resolve();
    worked.resolve();
    await done;
  });

  it('nothing is made once the undoing has begun', async () => {
    const client = fakeClient(() => ok(podOf(RUNNING)));
    let kept: Cleanup | undefined;
    await withCleanup(async cleanup => {
      kept = cleanup;
    }, quiet);
    if (kept === undefined) throw new Error('no cleanup was given');
    expect(await startPod(client, manifest, kept, 1000)).toEqual({ kind: 'failed', why: 'stopping' });
    expect(client.sent).toEqual([]);
  });

  it('a pod that is gone already is as good as deleted; any other answer is told', async () => {
    expect(
      await deletePod(
        fakeClient(() => refused(404, 'NotFound', '')),
        'n',
        'p',
        'u',
      ),
    ).toBeNull();
    const busy = fakeClient(() => refused(409, 'Conflict', 'uid differs'));
    expect(await deletePod(busy, 'n', 'p', 'u')).toBe('the API server answered 409 Conflict: uid differs');
    expect(busy.sent[0]?.body).toMatchObject({ gracePeriodSeconds: 1, preconditions: { uid: 'u' } });
  });
});

describe('lines are cut from whatever chunks come', () => {
  const read = (chunks: readonly (string | Buffer)[]) => {
    const lines: string[] = [];
    const reader = createLineReader(
      line => lines.push(line.text),
      () => 0,
    );
    const fits = chunks.map(chunk => reader.push(Buffer.from(chunk)));
    reader.flush();
    return { lines, fits };
  };
  it.each([
    ['one chunk, two lines', ['a\nb\n'], ['a', 'b']],
    ['a line in two chunks', ['a', 'b\n'], ['ab']],
    ['a character in two chunks', [Buffer.from([0xc3]), Buffer.from([0xa4, 0x0a])], ['ä']],
    ['an empty line counts', ['a\n\nb\n'], ['a', '', 'b']],
    ['a last line without a newline', ['a\nb'], ['a', 'b']],
    ['nothing', [], []],
  ])('%s', (_rule, chunks, expected) => {
    expect(read(chunks).lines).toEqual(expected);
  });

  it('more than a probe prints is not kept', () => {
    const { lines, fits } = read([`${'x'.repeat(200_000)}\n`, `${'y'.repeat(60_000)}\n`]);
    expect(fits).toEqual([true, false]);
    expect(lines).toHaveLength(1);
  });
});

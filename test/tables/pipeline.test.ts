/** The order of one diagnosis: what is asked of the world, when, and how often. The world is a captured bundle. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBundle } from '../../src/commands/bundle.ts';
import { type Answer, diagnose, type Ports } from '../../src/diagnose/pipeline.ts';
import type { Evidence } from '../../src/evidence.ts';
import type { Question } from '../../src/model.ts';

const bundle = (name: string) => readBundle(join(import.meta.dirname, '../../src/demo', `${name}.json`));
const DENIED = bundle('01-deny-all-egress');
const REFUSED = bundle('06-refused');
const NOT_RUNNING = bundle('13-not-running');

/** A world that shows this bundle, and what was asked of it; `given` changes single ports. */
function world(seen: Evidence, given: Partial<Ports> = {}) {
  const asked: string[] = [];
  let ms = 0;
  const note =
    <In extends readonly unknown[], Out>(name: string, work: (...input: In) => Out) =>
    (...input: In): Out => {
      asked.push(name);
      return work(...input);
    };
  const plain: Ports = {
    target: async () => seen.target,
    collect: async () => seen.collected,
    observe: async () => ({
      transcripts: seen.transcripts,
      notRun: seen.notRun,
      controlPod: seen.controlPod,
      startupMs: seen.timing.startupMs,
      probesMs: seen.timing.probesMs,
    }),
    dryRun: async () => ({ kind: 'accepted' }),
    changedPolicies: async () => [],
    nowMs: () => {
      ms += 100.4;
      return ms;
    },
    clock: () => seen.askedAt,
    onStep: ({ step, state }) => asked.push(`${step} ${state}`),
    refuseRanges: ['198.51.100.0/24'],
    ...given,
  };
  const ports: Ports = {
    ...plain,
    target: note('target', plain.target),
    collect: note('collect', plain.collect),
    observe: note('observe', plain.observe),
    dryRun: note('dryRun', plain.dryRun),
    changedPolicies: note('changedPolicies', plain.changedPolicies),
  };
  return { ports, asked, ask: (question: Question = seen.question): Promise<Answer> => diagnose(question, ports) };
}

const LOOK = [
  'collect started',
  'collect',
  'target started',
  'target',
  'collect done',
  'target done',
  'observe started',
  'observe',
  'observe done',
  'changedPolicies',
  'conclude started',
  'conclude done',
];
const DRY_RUN = ['dry-run started', 'dryRun', 'dry-run done'];

describe('one look', () => {
  test('policies are read while the pod is found; a fix goes to the server for a dry run, and its answer into the bundle', async () => {
    const { ask, asked } = world(DENIED);
    const { evidence, diagnosis } = await ask();
    expect(asked).toEqual([...LOOK, ...DRY_RUN]);
    expect(evidence).toMatchObject({
      schema: 'egress-evidence/v1',
      askedAt: DENIED.askedAt,
      question: DENIED.question,
      target: DENIED.target,
      collected: DENIED.collected,
      transcripts: DENIED.transcripts,
      controlPod: DENIED.controlPod,
      changedMeanwhile: [],
      dryRun: { kind: 'accepted' },
      timing: { totalMs: 100, startupMs: DENIED.timing.startupMs, probesMs: DENIED.timing.probesMs },
      refuseRanges: ['198.51.100.0/24'],
      verify: null,
    });
    expect(diagnosis.verdict.code).toBe('denied-by-policy');
    expect(diagnosis.fix?.proof.serverDryRun).toEqual({ kind: 'accepted' });
  });
  test('the dry run is of the proposed manifests', async () => {
    const sent: unknown[] = [];
    const { ask } = world(DENIED, {
      dryRun: async manifests => {
        sent.push(...manifests);
        return { kind: 'refused', why: 'quota' };
      },
    });
    const { evidence, diagnosis } = await ask();
    expect(sent).toEqual(diagnosis.fix?.manifests);
    expect(evidence.dryRun).toEqual({ kind: 'refused', why: 'quota' });
  });
  test('without a fix there is no dry run', async () => {
    const { ask, asked } = world(REFUSED);
    const { evidence, diagnosis } = await ask();
    expect(asked).toEqual(LOOK);
    expect(diagnosis.fix).toBeNull();
    expect(evidence.dryRun).toEqual({ kind: 'skipped', why: 'no fix was proposed' });
  });
  test('a pod that does not run is not probed, and each vantage says why', async () => {
    const { ask, asked } = world(NOT_RUNNING);
    const { evidence, diagnosis } = await ask();
    expect(asked).not.toContain('observe');
    const { state } = NOT_RUNNING.target;
    const why = `the pod is not running (${state.kind === 'not-running' ? state.reason : ''})`;
    expect(evidence).toMatchObject({
      transcripts: [],
      notRun: [
        { vantage: 'pod', why },
        { vantage: 'control', why },
        { vantage: 'node', why },
      ],
      controlPod: null,
      timing: { startupMs: 0, probesMs: 0 },
    });
    expect(diagnosis.verdict.code).toBe('pod-not-running');
  });
  test('where no vantage is asked for, nothing is probed, and the rules alone answer', async () => {
    const { ask, asked } = world(DENIED);
    const { evidence, diagnosis } = await ask({ ...DENIED.question, vantages: [] });
    expect(asked).not.toContain('observe');
    expect(evidence.notRun.map(({ why }) => why)).toEqual(Array(3).fill('no probes were asked for'));
    expect(diagnosis.verdict.confidence).toBe('predicted');
  });
});

describe('a second look', () => {
  /** The policies that each look finds changed. */
  const changing = (...found: readonly (readonly string[])[]): Partial<Ports> => {
    const left = [...found];
    return { changedPolicies: async () => left.shift() ?? [] };
  };
  test('is taken once where a policy changed meanwhile, and all that changed stays named', async () => {
    const { ask, asked } = world(
      REFUSED,
      changing(['NetworkPolicy a/b', 'NetworkPolicy a/c'], ['NetworkPolicy a/c', 'X d'], ['Y e']),
    );
    const { evidence } = await ask();
    expect(asked).toEqual([...LOOK, ...LOOK]);
    expect(evidence.changedMeanwhile).toEqual(['NetworkPolicy a/b', 'NetworkPolicy a/c', 'X d']);
  });
  test('is the one that counts', async () => {
    const looks = [DENIED, REFUSED];
    const { ask } = world(REFUSED, {
      ...changing(['NetworkPolicy a/b']),
      collect: async () => (looks.shift() ?? REFUSED).collected,
    });
    const { evidence } = await ask();
    expect(evidence.collected).toBe(REFUSED.collected);
  });

  /** The bundle of a denied pod in which every probe of an open one came back, with policies that changed so long ago. */
  const contradicting = (ageMs: number): Evidence => {
    const changed = new Date(Date.parse(DENIED.askedAt) - ageMs).toISOString();
    const objects = DENIED.collected.objects.map(object =>
      object.kind === 'NetworkPolicy'
        ? { ...object, metadata: { ...object.metadata, creationTimestamp: changed, managedFields: [] } }
        : object,
    );
    const open = DENIED.transcripts.find(({ vantage }) => vantage === 'control');
    const transcripts = DENIED.transcripts.map(transcript =>
      transcript.vantage === 'pod' && open !== undefined
        ? { ...transcript, lines: open.lines, lineTimesMs: open.lineTimesMs, jobs: open.jobs ?? [] }
        : transcript,
    );
    return { ...DENIED, collected: { ...DENIED.collected, objects }, transcripts };
  };
  test.each([
    ['29 s old', 29_000, 2],
    ['30 s old', 30_000, 1],
    ['a day old', 86_400_000, 1],
  ])('is taken where what was seen contradicts a policy that is seconds old: %s', async (_, ageMs, looks) => {
    const { ask, asked } = world(contradicting(ageMs));
    const { diagnosis } = await ask();
    expect(diagnosis.verdict.findings.map(({ kind }) => kind)).toContain('observed-differs-from-predicted');
    expect(diagnosis.verdict.cause.policies.length).toBeGreaterThan(0);
    expect(asked.filter(each => each === 'observe')).toHaveLength(looks);
  });
  test('is not taken for a young policy that agrees with what was seen', async () => {
    const young = contradicting(1000);
    const { ask, asked } = world({ ...young, transcripts: DENIED.transcripts });
    await ask();
    expect(asked.filter(each => each === 'observe')).toHaveLength(1);
  });
});

describe('what fails', () => {
  test('a pod that is not found is the fault, whatever the policies say', async () => {
    const { ask } = world(DENIED, {
      target: async () => Promise.reject(new Error('no such pod')),
      collect: async () => Promise.reject(new Error('forbidden')),
    });
    await expect(ask()).rejects.toThrow('no such pod');
  });
  test('policies that cannot be read are the fault else', async () => {
    const { ask } = world(DENIED, { collect: async () => Promise.reject(new Error('forbidden')) });
    await expect(ask()).rejects.toThrow('forbidden');
  });
});

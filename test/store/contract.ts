import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listAudit, putAudit } from '../../src/store/audit.ts';
import { finishClaim, renewClaim, takeClaim } from '../../src/store/claims.ts';
import { getResult, putResult } from '../../src/store/results.ts';
import type { ListOptions, Store } from '../../src/store/store.ts';

/** A store under test, with a clock of the test's own. */
export type StoreUnderTest = { readonly store: Store; readonly close: () => Promise<void> };

const ANY = { expected: 'any', expiresAtMs: null } as const;
const ALL: ListOptions = { limit: 1000, order: 'ascending' };
const START_MS = Date.parse('2026-11-21T10:00:00.000Z');

/** The rules of the port, which hold for both ways to keep things. Each test has a partition of its own. */
export function storeRules(title: string, open: (now: () => number) => Promise<StoreUnderTest>): void {
  describe(title, () => {
    let clock = START_MS;
    let opened: StoreUnderTest;
    let count = 0;
    const store = (): Store => opened.store;
    const own = (): string => {
      count += 1;
      return `test-${count}`;
    };

    beforeAll(async () => {
      opened = await open(() => clock);
    }, 120_000);
    afterAll(() => opened.close());

    test('what was put is got, with its version, as plain JSON', async () => {
      const key = { partition: own(), sort: 'a' };
      const body = { text: 'café ☕ \u0000 "x"', list: [1, null, { deep: true }] };
      const written = await store().put(key, body, ANY);
      expect(await store().get(key)).toEqual({
        key,
        body,
        version: written.kind === 'stored' ? written.version : 'none',
        expiresAtMs: null,
      });
    });

    test('what was never put, and what was removed, is null', async () => {
      const key = { partition: own(), sort: 'a' };
      expect(await store().get(key)).toBeNull();
      await store().put(key, 1, ANY);
      await store().remove(key);
      await store().remove(key);
      expect(await store().get(key)).toBeNull();
    });

    test('"absent" stores once and conflicts afterwards', async () => {
      const key = { partition: own(), sort: 'a' };
      const options = { expected: 'absent', expiresAtMs: null } as const;
      expect(await store().put(key, 1, options)).toMatchObject({ kind: 'stored' });
      expect(await store().put(key, 2, options)).toEqual({ kind: 'conflict' });
      expect(await store().get(key)).toMatchObject({ body: 1 });
    });

    test('of twenty writers at once that expect nothing there, one wins', async () => {
      const key = { partition: own(), sort: 'a' };
      const writes = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store().put(key, n, { expected: 'absent', expiresAtMs: null })),
      );
      expect(writes.filter(({ kind }) => kind === 'stored')).toHaveLength(1);
    });

    test('a version stores once; the version grows by one; a stale version conflicts', async () => {
      const key = { partition: own(), sort: 'a' };
      const first = await store().put(key, 1, ANY);
      if (first.kind !== 'stored') throw new Error('a plain write conflicted');
      const { version } = first;
      const expected = { expected: { version }, expiresAtMs: null };
      expect(await store().put(key, 2, expected)).toEqual({ kind: 'stored', version: version + 1 });
      expect(await store().put(key, 3, expected)).toEqual({ kind: 'conflict' });
      expect(await store().get(key)).toMatchObject({ body: 2, version: version + 1 });
    });

    test('a version of an item that was removed and made again is not the old one', async () => {
      const key = { partition: own(), sort: 'a' };
      const first = await store().put(key, 1, ANY);
      if (first.kind !== 'stored') throw new Error('a plain write conflicted');
      await store().remove(key);
      clock += 1;
      await store().put(key, 2, ANY);
      const stale = { expected: { version: first.version }, expiresAtMs: null };
      expect(await store().put(key, 3, stale)).toEqual({ kind: 'conflict' });
    });

    test('a version of something that is not there conflicts', async () => {
      const options = { expected: { version: 1 }, expiresAtMs: null };
      expect(await store().put({ partition: own(), sort: 'a' }, 1, options)).toEqual({ kind: 'conflict' });
    });

    test('what expired is absent for get, list and put, to the millisecond', async () => {
      const key = { partition: own(), sort: 'a' };
      const written = await store().put(key, 1, { expected: 'any', expiresAtMs: clock + 500 });
      if (written.kind !== 'stored') throw new Error('a plain write conflicted');
      clock += 499;
      expect(await store().get(key)).toMatchObject({ body: 1, expiresAtMs: clock + 1 });
      clock += 1;
      expect(await store().get(key)).toBeNull();
      expect(await store().list(key.partition, ALL)).toEqual([]);
      const late = { expected: { version: written.version }, expiresAtMs: null };
      expect(await store().put(key, 2, late)).toEqual({ kind: 'conflict' });
      expect(await store().put(key, 3, { expected: 'absent', expiresAtMs: null })).toMatchObject({ kind: 'stored' });
      expect(await store().get(key)).toMatchObject({ body: 3, expiresAtMs: null });
    });

    test('a list is in the order of bytes, within inclusive bounds, either way, up to its limit', async () => {
      const partition = own();
      for (const sort of ['b', 'a', 'é', 'B', 'c']) await store().put({ partition, sort }, sort, ANY);
      await store().put({ partition: `${partition}0`, sort: 'b' }, 'of another partition', ANY);
      const list = async (options: Partial<ListOptions>): Promise<readonly unknown[]> =>
        (await store().list(partition, { ...ALL, ...options })).map(({ body }) => body);
      expect(await list({})).toEqual(['B', 'a', 'b', 'c', 'é']);
      expect(await list({ order: 'descending' })).toEqual(['é', 'c', 'b', 'a', 'B']);
      expect(await list({ from: 'a', to: 'c' })).toEqual(['a', 'b', 'c']);
      expect(await list({ from: 'b' })).toEqual(['b', 'c', 'é']);
      expect(await list({ to: 'a' })).toEqual(['B', 'a']);
      expect(await list({ limit: 2, order: 'descending' })).toEqual(['é', 'c']);
    });

    test('a list goes on where expired items fill its first pages', async () => {
      const partition = own();
      for (let n = 0; n < 6; n += 1)
        await store().put({ partition, sort: `a${n}` }, n, { expected: 'any', expiresAtMs: clock + 10 });
      await store().put({ partition, sort: 'b' }, 'live', ANY);
      clock += 10;
      expect((await store().list(partition, { limit: 2, order: 'ascending' })).map(({ body }) => body)).toEqual([
        'live',
      ]);
    });

    test.each([
      ['an empty sort key', { partition: 'p', sort: '' }, 1],
      ['a sort key of more than 1,024 bytes', { partition: 'p', sort: 'é'.repeat(513) }, 1],
      ['a body of more than 350,000 bytes', { partition: 'p', sort: 's' }, 'é'.repeat(175_000)],
      ['no JSON', { partition: 'p', sort: 's' }, undefined],
    ])('%s is refused', async (_rule, key, body) => {
      await expect(store().put(key, body, ANY)).rejects.toThrow(/bytes|JSON/);
    });

    describe('a claim', () => {
      const lease = (holder: string, milliseconds = 1000): { holder: string; untilMs: number; nowMs: number } => ({
        holder,
        untilMs: clock + milliseconds,
        nowMs: clock,
      });

      test('is held by one, and by the next when its lease ran out, who is told', async () => {
        const name = own();
        const first = await takeClaim(store(), name, lease('a'));
        expect(first).toMatchObject({ kind: 'taken', claim: { isTakenOver: false } });
        expect(await takeClaim(store(), name, lease('b'))).toEqual({ kind: 'held', untilMs: clock + 1000 });
        clock += 1000;
        expect(await takeClaim(store(), name, lease('b'))).toMatchObject({
          kind: 'taken',
          claim: { holder: 'b', isTakenOver: true },
        });
        // The one that overslept can neither renew nor finish.
        if (first.kind !== 'taken') throw new Error('it was free');
        expect(await renewClaim(store(), first.claim, clock + 1000)).toBeNull();
        expect(await finishClaim(store(), first.claim, { outcome: 1, untilMs: clock + 1000 })).toBe(false);
      });

      test('is taken over at once by the same holder: its earlier self has ended', async () => {
        const name = own();
        await takeClaim(store(), name, lease('a'));
        expect(await takeClaim(store(), name, lease('a'))).toMatchObject({
          kind: 'taken',
          claim: { isTakenOver: true },
        });
      });

      test('of ten who ask at once, one has it', async () => {
        const name = own();
        const takings = await Promise.all(
          Array.from({ length: 10 }, (_, n) => takeClaim(store(), name, lease(`h${n}`))),
        );
        expect(takings.filter(({ kind }) => kind === 'taken')).toHaveLength(1);
      });

      test('that is done stays done with its outcome, and is free again when that expires', async () => {
        const name = own();
        const taking = await takeClaim(store(), name, lease('a'));
        if (taking.kind !== 'taken') throw new Error('it was free');
        const renewed = await renewClaim(store(), taking.claim, clock + 5000);
        if (renewed === null) throw new Error('it was ours');
        expect(await finishClaim(store(), renewed, { outcome: { ts: '1.2' }, untilMs: clock + 60_000 })).toBe(true);
        clock += 59_999;
        expect(await takeClaim(store(), name, lease('b'))).toEqual({ kind: 'done', outcome: { ts: '1.2' } });
        clock += 1;
        expect(await takeClaim(store(), name, lease('b'))).toMatchObject({
          kind: 'taken',
          claim: { isTakenOver: false },
        });
      });
    });

    describe('a result', () => {
      test('of megabytes comes back as it was, and a second one replaces it', async () => {
        const id = own();
        // Random hex does not compress to less than half: several chunks.
        const value = { evidence: Array.from({ length: 40_000 }, (_, n) => noise(n)), verdict: 'reachable' };
        await putResult(store(), id, value, clock + 1000);
        expect(await getResult(store(), id)).toEqual(value);
        await putResult(store(), id, { small: true }, clock + 1000);
        expect(await getResult(store(), id)).toEqual({ small: true });
        clock += 1000;
        expect(await getResult(store(), id)).toBeNull();
      });

      test('of which a chunk is missing is none', async () => {
        const id = own();
        await putResult(store(), id, { a: 1 }, clock + 1000);
        const [chunk] = await store().list(`result#${id}`, ALL);
        if (chunk === undefined) throw new Error('nothing was kept');
        await store().remove(chunk.key);
        expect(await getResult(store(), id)).toBeNull();
      });
    });

    test('the audit log has one entry for a job, with its outcome, by time and user', async () => {
      const base = { action: 'ask', subject: 'a/b c', cluster: 'prod', channel: 'C1' } as const;
      const entry = (id: string, at: string, user: string): Parameters<typeof putAudit>[1] => ({
        ...base,
        id,
        at,
        who: { kind: 'user', team: 'T1', user },
        outcome: { kind: 'started' },
      });
      await putAudit(store(), entry('2', '2026-10-02T00:00:00.000Z', 'U2'));
      await putAudit(store(), entry('1', '2026-10-01T23:59:59.999Z', 'U1'));
      await putAudit(store(), entry('3', '2026-10-02T08:00:00.000Z', 'U1'));
      await putAudit(store(), {
        ...entry('3', '2026-10-02T08:00:00Z', 'U1'),
        outcome: { kind: 'answered', verdict: 'reachable' },
      });
      const ids = async (query: Partial<Parameters<typeof listAudit>[1]>): Promise<readonly string[]> => {
        const all = { sinceMs: Date.parse('2026-10-01T00:00:00Z'), untilMs: Date.parse('2026-10-03T00:00:00Z') };
        const entries = await listAudit(store(), { ...all, user: null, limit: 10, ...query });
        return entries.map(({ id, outcome }) => `${id} ${outcome.kind}`);
      };
      expect(await ids({})).toEqual(['1 started', '2 started', '3 answered']);
      expect(await ids({ user: 'U1' })).toEqual(['1 started', '3 answered']);
      expect(await ids({ limit: 2 })).toEqual(['2 started', '3 answered']);
      expect(await ids({ sinceMs: Date.parse('2026-10-02T00:00:00Z') })).toEqual(['2 started', '3 answered']);
      expect(await ids({ untilMs: Date.parse('2026-10-02T00:00:00Z') })).toEqual(['1 started', '2 started']);
      // A day of more entries than one page.
      for (let n = 0; n < 520; n += 1) await putAudit(store(), entry(`n${n}`, '2026-10-05T00:00:00.000Z', 'U3'));
      const many = await ids({ untilMs: Date.parse('2026-10-06T00:00:00Z'), user: 'U3', limit: 1000 });
      expect(new Set(many).size).toBe(520);
      expect(many).toHaveLength(520);
    });
  });
}

/** 64 characters that look random and are the same each time. */
function noise(seed: number): string {
  let state = seed + 1;
  return Array.from({ length: 8 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state.toString(16).padStart(8, '0');
  }).join('');
}

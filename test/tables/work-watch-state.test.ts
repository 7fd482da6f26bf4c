/** What a watched flow is from one look to the next, and what is told of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  lookOf,
  NEVER_LOOKED,
  nextWatched,
  type WatchEvent,
  type WatchLook,
  wantsLookSoon,
} from '../../src/work/watch-state.ts';
import { BUNDLES, diagnosisOf } from '../fakes/bundle-clusters.ts';

const LOOKS: Readonly<Record<string, WatchLook>> = {
  g: { kind: 'good' },
  b: { kind: 'bad', verdict: 'dropped-unexplained', namesPolicy: false },
  p: { kind: 'bad', verdict: 'denied-by-policy', namesPolicy: true },
  u: { kind: 'unknown', why: 'the pod is gone' },
};

/** `g` good, `b` bad, `p` bad with a policy's name, `u` unknown: the phase after each look with what is told. */
function told(looks: string) {
  let watched = NEVER_LOOKED;
  const events: WatchEvent[] = [];
  const phases: string[] = [];
  for (const [index, letter] of [...looks].entries()) {
    const next = nextWatched(watched, LOOKS[letter] as WatchLook, `2026-11-21T11:0${index % 10}:00Z`);
    watched = next.watched;
    events.push(next.event);
    phases.push(watched.phase.kind);
  }
  return { watched, events: events.filter(event => event !== 'none'), phases };
}

describe('what is told', () => {
  test.each([
    ['a flow that gets through is not told of', 'ggg', []],
    ['a look that names the policy is enough', 'gp', ['outage']],
    ['also when it is the first look', 'p', ['outage']],
    ['one bad look that names none is not', 'gb', []],
    ['two in a row are', 'gbb', ['outage']],
    ['with a good one between them they are not', 'gbgb', []],
    ['a look that saw nothing between them says nothing', 'gbub', ['outage']],
    ['one that names the policy settles a doubt', 'gbp', ['outage']],
    ['an outage is told once, however long', 'gpbpbpu', ['outage']],
    ['one good look is no recovery', 'gpg', ['outage']],
    ['two in a row are', 'gpgg', ['outage', 'recovered']],
    ['with a bad one between them they are not', 'gpgbg', ['outage']],
    ['a look that saw nothing does not count as good', 'gpug', ['outage']],
    ['a second outage is told as the first', 'gpggp', ['outage', 'recovered', 'outage']],
    ['two looks that saw nothing are not told', 'guu', []],
    ['three in a row are, once', 'guuuuuu', ['blind']],
    ['again when it saw something in between', 'guuuguuu', ['blind', 'blind']],
    ['what is seen again after that counts', 'puuugg', ['outage', 'blind', 'recovered']],
  ])('%s: %s', (_, looks, events) => {
    expect(told(looks).events).toEqual(events);
  });
});

describe('the flow', () => {
  test('is broken since the first bad look, and keeps the newest verdict', () => {
    expect(told('gbbp').watched.phase).toEqual({
      kind: 'outage',
      since: '2026-11-21T11:01:00Z',
      verdict: 'denied-by-policy',
      goodLooks: 0,
    });
  });
  test('is good since the look that made it so', () => {
    expect(told('gg').watched.phase).toEqual({ kind: 'good', since: '2026-11-21T11:00:00Z' });
    expect(told('gpggg').watched.phase).toEqual({ kind: 'good', since: '2026-11-21T11:03:00Z' });
  });
  test.each([
    ['gb', true],
    ['gpg', true],
    ['g', false],
    ['gp', false],
    ['gbu', false],
    ['u', false],
  ])('after %s it is looked at again soon: %s', (looks, isSoon) => {
    expect(wantsLookSoon(told(looks).watched)).toBe(isSoon);
  });
});

test('outages and recoveries take turns, whatever the looks are', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('g', 'b', 'p', 'u'), { maxLength: 40 }), letters => {
      const events = told(letters.join('')).events.filter(event => event !== 'blind');
      expect(events).toEqual(events.map((_, index) => (index % 2 === 0 ? 'outage' : 'recovered')));
    }),
  );
});

describe('what a diagnosis says of its flow', () => {
  const [bundle] = BUNDLES;
  if (bundle === undefined) throw new Error('no bundles');
  const denied = diagnosisOf(bundle);
  const of = (verdict: Partial<typeof denied.verdict>) =>
    lookOf({ ...denied, verdict: { ...denied.verdict, ...verdict } });
  const nobody = { ...denied.verdict.cause, policies: [] };

  test('denied by a policy, and seen to be: bad, and it names the policy', () => {
    expect(lookOf(denied)).toEqual({ kind: 'bad', verdict: 'denied-by-policy', namesPolicy: true });
  });
  test('denied on paper alone: bad, but not at once', () => {
    expect(of({ confidence: 'predicted' })).toMatchObject({ kind: 'bad', namesPolicy: false });
  });
  test('refused by the host: bad, and names nobody', () => {
    expect(of({ code: 'refused-by-host', confidence: 'observed', cause: nobody })).toEqual({
      kind: 'bad',
      verdict: 'refused-by-host',
      namesPolicy: false,
    });
  });
  test.each(['reachable', 'policy-not-enforced'] as const)('%s, and seen to be: good', code => {
    expect(of({ code, confidence: 'observed' })).toEqual({ kind: 'good' });
  });
  test('reachable on paper alone is not known: nobody looked', () => {
    expect(of({ code: 'reachable', confidence: 'predicted' })).toMatchObject({ kind: 'unknown' });
  });
  test.each(['not-known', 'pod-not-running'] as const)('%s is not known', code => {
    expect(of({ code, confidence: code === 'not-known' ? null : 'observed' })).toMatchObject({ kind: 'unknown' });
  });
});

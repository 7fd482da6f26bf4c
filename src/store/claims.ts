/**
 * A claim: who does a thing that must be done once. A lease that runs out unless it is renewed, and after it is done a
 * record that says so. Two holders never have it at once, but one that overslept its lease may still be running: what it
 * writes afterwards is a conflict.
 */
import type { Store, Stored } from './store.ts';

/** A claim that is held. */
export type Claim = {
  /** What is claimed, as in `job#cmd:123`. */
  readonly name: string;
  readonly holder: string;
  readonly version: number;
  /** True: somebody had it before and did not finish, so what was done may be half done. */
  readonly isTakenOver: boolean;
};

/** What came of asking for it. `held`: try again after `untilMs`. `done`: with the outcome that the other one left. */
export type Taking =
  | { readonly kind: 'taken'; readonly claim: Claim }
  | { readonly kind: 'held'; readonly untilMs: number }
  | { readonly kind: 'done'; readonly outcome: unknown };

type Body =
  | { readonly state: 'held'; readonly holder: string; readonly untilMs: number }
  | { readonly state: 'done'; readonly outcome: unknown };

/** A day: longer than anybody repeats a question's delivery. */
export const DONE_FOR_MS = 86_400_000;

/**
 * Takes the claim until `untilMs`. A lease that ran out is taken over, and so is one of the same `holder`: its name says that
 * its earlier self is known to have ended (`Delivery.holder`).
 */
export async function takeClaim(
  store: Store,
  name: string,
  { holder, untilMs, nowMs }: { readonly holder: string; readonly untilMs: number; readonly nowMs: number },
): Promise<Taking> {
  const stored = (await store.get(keyOf(name))) as Stored<Body> | null;
  if (stored?.body.state === 'done') return { kind: 'done', outcome: stored.body.outcome };
  if (stored !== null && stored.body.holder !== holder && stored.body.untilMs > nowMs) {
    return { kind: 'held', untilMs: stored.body.untilMs };
  }
  const expected = stored === null ? 'absent' : { version: stored.version };
  const body: Body = { state: 'held', holder, untilMs };
  const written = await store.put(keyOf(name), body, { expected, expiresAtMs: untilMs + DONE_FOR_MS });
  // Somebody was quicker by a moment: theirs is read at the next try.
  if (written.kind === 'conflict') return { kind: 'held', untilMs: nowMs };
  return { kind: 'taken', claim: { name, holder, version: written.version, isTakenOver: stored !== null } };
}

/** Keeps the claim until `untilMs`, which may also be now, to give it up. null: it is somebody else's by now. */
export async function renewClaim(store: Store, claim: Claim, untilMs: number): Promise<Claim | null> {
  const body: Body = { state: 'held', holder: claim.holder, untilMs };
  const options = { expected: { version: claim.version }, expiresAtMs: untilMs + DONE_FOR_MS };
  const written = await store.put(keyOf(claim.name), body, options);
  return written.kind === 'conflict' ? null : { ...claim, version: written.version };
}

/** Marks it as done until `untilMs`; reports false when it is somebody else's by now, and then nothing is marked. */
export async function finishClaim(
  store: Store,
  claim: Claim,
  { outcome, untilMs }: { readonly outcome: unknown; readonly untilMs: number },
): Promise<boolean> {
  const body: Body = { state: 'done', outcome };
  const options = { expected: { version: claim.version }, expiresAtMs: untilMs };
  return (await store.put(keyOf(claim.name), body, options)).kind === 'stored';
}

function keyOf(name: string): { partition: string; sort: string } {
  return { partition: name, sort: 'claim' };
}

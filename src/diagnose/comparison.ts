/** Side by side: for each address, what the rules predict and how far pod, control, node and outside got. */
import type { Vantage } from '../model.ts';
import { type Expectation, expectationAt, expectationOf } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { isFailing, observationsFrom, type Reach, type Route, reachOf } from './reach.ts';

/** One address of the host: what the rules say of it, and how far each vantage got. */
export type AddressRow = {
  /** null: the address is not known, or the probe did not tell it; the row then stands for all of them. */
  readonly address: string | null;
  readonly expected: Expectation;
  readonly pod: Reach;
  /** Only where it is a control: where its own flow may pass. */
  readonly control: Reach;
  readonly node: Reach;
  readonly outside: Reach;
};

/** One row for each address of the destination, by the direct route. Never empty. */
export function compareAddresses(facts: VerdictFacts): readonly AddressRow[] {
  const rows = addressesOf(facts).map(address => rowOf(facts, address));
  return rows.length > 0 ? rows : [rowOf(facts, null)];
}

/** The one row of the way from the pod to its proxy: connects alone, nothing behind them. */
export function compareProxy(facts: VerdictFacts): AddressRow {
  const reach = (vantage: Vantage): Reach =>
    reachOf(
      observationsFrom(facts, vantage, 'proxy').filter(
        seen => seen.layer === 'tcp' && seen.outcome.kind !== 'http-status',
      ),
      false,
    );
  return {
    address: null,
    expected: expectationOf(facts, 'proxy'),
    pod: reach('pod'),
    // The control's way to the proxy is not predicted: its success proves the proxy, its failure proves nothing.
    control: onlyConnected(reach('control')),
    node: reach('node'),
    outside: reach('outside'),
  };
}

/** What the rules say of the control pod's own flow to the destination. Denied: it is no control. */
export function controlExpectation(facts: VerdictFacts): Expectation {
  return expectationOf(facts, 'control-destination');
}

function addressesOf(facts: VerdictFacts): readonly (string | null)[] {
  const fromPod = observationsFrom(facts, 'pod', 'direct').filter(seen => seen.outcome.kind !== 'not-run');
  // A tool that resolves by itself (curl with a name) tells one outcome and no address.
  if (fromPod.length > 0 && fromPod.every(seen => seen.address === undefined)) return [null];
  const host = facts.host;
  const known = host.kind === 'address' ? [host.address] : host.addresses;
  const tried = (['pod', 'control', 'node', 'outside'] as const)
    .flatMap(vantage => observationsFrom(facts, vantage, 'direct'))
    .flatMap(seen => (seen.address === undefined || seen.outcome.kind === 'not-run' ? [] : [seen.address]));
  // Where the pod's answers are known, other vantages' answers are other hosts (split horizon, CDN).
  return [...new Set(known.length > 0 ? known : tried)];
}

function rowOf(facts: VerdictFacts, address: string | null): AddressRow {
  const hasSidecar = facts.target.sidecars.length > 0;
  return {
    address,
    expected: expectationAt(facts, 'destination', address),
    pod: reachAt(facts, 'pod', address, hasSidecar),
    control: asControl(expectationAt(facts, 'control-destination', address), reachAt(facts, 'control', address, false)),
    node: reachAt(facts, 'node', address, false),
    outside: reachAt(facts, 'outside', address, false),
  };
}

const DIRECT: Route = 'direct';

function reachAt(facts: VerdictFacts, vantage: Vantage, address: string | null, hasSidecar: boolean): Reach {
  const seen = observationsFrom(facts, vantage, DIRECT);
  const here = address === null ? seen : seen.filter(each => each.address === address);
  return reachOf(here, hasSidecar);
}

/** A control's failure says something only where its own flow is allowed, its success unless it is denied. */
function asControl(expected: Expectation, reach: Reach): Reach {
  switch (expected.decision) {
    case 'allow':
      return reach;
    case 'deny':
    case 'mixed':
      return { kind: 'not-looked', why: `the control pod's own flow is denied by ${expected.deniedBy.join(', ')}` };
    case 'unknown':
    case 'not-judged':
      return onlyConnected(reach);
    default:
      return expected.decision satisfies never;
  }
}

function onlyConnected(reach: Reach): Reach {
  return isFailing(reach)
    ? { kind: 'not-looked', why: "what the rules say of the control pod's own flow is not known" }
    : reach;
}

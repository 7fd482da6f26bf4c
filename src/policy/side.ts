/** One side of a flow: the egress rules of the source, or the ingress rules of the destination pod. */
import type { Decision, PolicyTrace } from '../model.ts';
import { combineTier, type Outcome } from './combine.ts';
import { type Judged, judgeTier } from './judge-policy.ts';
import type { BlindSpot, Layer, RuleBook, SideDecision, Tier } from './model.ts';
import { type Packet, podName } from './packet.ts';

/** A side's answer with its evidence. */
export type JudgedSide = SideDecision & {
  readonly trace: readonly PolicyTrace[];
  readonly unknowns: readonly string[];
  readonly notes: readonly string[];
};

type JudgedLayer = SideDecision & {
  readonly unknowns: readonly string[];
  readonly notes: readonly string[];
  readonly tiers: readonly JudgedTier[];
};
type JudgedTier = { readonly tier: Tier; readonly judged: readonly Judged[] };

/**
 * Judges one side. Every layer must let the packet pass; within a layer the first tier that decides, decides. What
 * could not be read turns the answer into `unknown` where it could change it.
 */
export function judgeSide(book: RuleBook, packet: Packet): JudgedSide {
  const layers = book.layers.map(layer => judgeLayer(layer, packet));
  const joined = joinLayers(layers);
  const { decision, by, why, unknowns } = withBlindSpots(joined, book.blindSpots, packet);
  const deciding = new Set(decision === 'unknown' ? [] : by);
  const trace = layers.flatMap(layer =>
    layer.tiers.flatMap(({ tier, judged }) => judged.filter(isTold).map(each => traceOf(each, tier, packet, deciding))),
  );
  return { decision, by, why, unknowns, trace, notes: layers.flatMap(layer => layer.notes) };
}

function judgeLayer(layer: Layer, packet: Packet): JudgedLayer {
  const tiers: JudgedTier[] = [];
  const outcomes: Outcome[] = [];
  const unknowns: string[] = [];
  let mayGoOn = true;
  for (const tier of layer.tiers) {
    const judged = judgeTier(tier, packet);
    tiers.push({ tier, judged });
    // Later tiers stay in the trace: a reader asks why they did not help.
    if (!mayGoOn) continue;
    const result = combineTier(tier, judged, packet.side);
    outcomes.push(...result.outcomes);
    unknowns.push(...result.unknowns);
    mayGoOn = result.mayGoOn;
  }
  if (mayGoOn) outcomes.push(defaultOutcome(tiers, packet));
  return { ...decide(outcomes, unknowns), tiers };
}

function defaultOutcome(tiers: readonly JudgedTier[], packet: Packet): Outcome {
  const selecting = tiers.some(({ judged }) =>
    judged.some(each => each.selects.match !== 'no' && (each.isolates || each.rules.length > 0)),
  );
  const why = selecting
    ? `no policy decides ${packet.side} of pod ${podName(packet.subject)}; the default allows`
    : `no policy selects pod ${podName(packet.subject)} for ${packet.side}; the default allows`;
  return { kind: 'accept', by: [], why, notes: [] };
}

/** The last outcome is the one that comes about when nothing unknown strikes; the others only matter when they differ. */
function decide(outcomes: readonly Outcome[], unknowns: readonly string[]): Omit<JudgedLayer, 'tiers'> {
  const last = outcomes.at(-1);
  if (last === undefined) throw new Error('a layer ended without an outcome');
  if (outcomes.every(each => each.kind === last.kind)) {
    return {
      decision: last.kind === 'accept' ? 'allow' : 'deny',
      by: last.by,
      why: last.why,
      unknowns: [],
      notes: last.notes,
    };
  }
  const by = [...new Set(outcomes.slice(0, -1).flatMap(each => each.by))];
  return {
    decision: 'unknown',
    by,
    why: `cannot be told: ${unknowns[0] ?? 'a rule could not be read'}`,
    unknowns: [...new Set(unknowns)],
    notes: [],
  };
}

function joinLayers(layers: readonly JudgedLayer[]): Omit<JudgedLayer, 'tiers'> {
  const deciding =
    layers.find(layer => layer.decision === 'deny') ?? layers.find(layer => layer.decision === 'unknown');
  if (deciding !== undefined) return deciding;
  const telling = layers.filter(layer => layer.by.length > 0);
  const why = (telling.length > 0 ? telling : layers.slice(0, 1)).map(layer => layer.why).join('; ');
  return {
    decision: 'allow',
    by: telling.flatMap(layer => layer.by),
    why: why || 'no policy exists; the default allows',
    unknowns: [],
    notes: layers.flatMap(layer => layer.notes),
  };
}

type Open = {
  readonly decision: Decision;
  readonly by: readonly string[];
  readonly why: string;
  readonly unknowns: readonly string[];
};

function withBlindSpots(side: Omit<JudgedLayer, 'tiers'>, blindSpots: readonly BlindSpot[], packet: Packet): Open {
  const { subject, side: direction } = packet;
  const touching = blindSpots.filter(
    spot =>
      (spot.namespaces === 'all' || spot.namespaces.includes(subject.namespace)) &&
      (spot.side === undefined || spot.side === direction) &&
      (spot.towards === undefined || goesTo(spot.towards, packet)),
  );
  const relevant = touching.filter(spot => side.decision !== 'deny' || spot.effect === 'may-decide');
  if (relevant.length === 0) return side;
  const texts = relevant.map(spot => `${spot.object}: ${spot.why}`);
  const why =
    side.decision === 'unknown'
      ? side.why
      : `cannot be told: ${texts[0]} (the rest says ${side.decision}: ${side.why})`;
  return {
    decision: 'unknown',
    by: [...new Set([...(side.decision === 'unknown' ? side.by : []), ...relevant.map(spot => spot.object)])],
    why,
    unknowns: [...side.unknowns, ...texts],
  };
}

function goesTo(towards: NonNullable<BlindSpot['towards']>, { flow }: Packet): boolean {
  if ('address' in towards) return (flow.service?.address ?? flow.destination.address) === towards.address;
  return flow.service !== null && `${flow.service.namespace}/${flow.service.name}` === towards.service;
}

/** What an engine does by itself is told only where it comes in. */
function isTold({ policy, rules }: Judged): boolean {
  return policy.implied !== true || rules.length > 0;
}

function traceOf(judged: Judged, tier: Tier, packet: Packet, deciding: ReadonlySet<string>): PolicyTrace {
  const { policy, name, selects, rules, isolates } = judged;
  const silent = selects.match !== 'no' && !isolates && policy[packet.side] === 'absent';
  return {
    policy: name,
    tier: tier.name,
    side: packet.side,
    selects: selects.match,
    why: [
      selects.why,
      ...(silent ? [`says nothing of ${packet.side}`] : []),
      ...emptyText(judged, packet.side),
      ...policy.problems,
    ].join('; '),
    effect: effectOf(judged),
    decides: deciding.has(name) && selects.match !== 'no',
    rules,
  };
}

function emptyText({ selects, isolates, rules }: Judged, side: string): readonly string[] {
  return selects.match !== 'no' && isolates && rules.length === 0 ? [`has no ${side} rules`] : [];
}

function effectOf({ selects, rules }: Judged): PolicyTrace['effect'] {
  if (selects.match === 'no') return 'not-selected';
  if (selects.match === 'unknown') return 'unknown';
  const first = rules.find(rule => rule.match !== 'no' && rule.action !== 'log');
  if (first === undefined) return 'none';
  if (first.match === 'unknown') return 'unknown';
  return first.action === 'log' ? 'none' : first.action;
}

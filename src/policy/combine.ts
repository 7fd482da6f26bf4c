/**
 * How the policies of one tier are combined. What is not known branches: a tier gives every outcome that is possible,
 * so that the walk says `unknown` only where the branches end differently.
 */
import type { RuleTrace } from '../model.ts';
import { compareText } from './coverage.ts';
import type { Judged } from './judge-policy.ts';
import type { Rule, Tier } from './model.ts';

/** One way in which a tier may decide. */
export type Outcome = {
  readonly kind: 'accept' | 'deny';
  readonly by: readonly string[];
  readonly why: string;
  readonly notes: readonly string[];
};

/** Everything that a tier may do with a flow, where not all of it is known. */
type TierOutcome = {
  /** In the order in which they would come about; where the flow cannot go on, the last one is the certain one. */
  readonly outcomes: readonly Outcome[];
  /** Whether the flow goes on to the next tier, or may. */
  readonly mayGoOn: boolean;
  /** What was not known. */
  readonly unknowns: readonly string[];
};

/** Combines the judged policies of a tier as the tier says. */
export function combineTier(tier: Tier, judged: readonly Judged[], side: 'egress' | 'ingress'): TierOutcome {
  const selecting = judged.filter(each => each.selects.match !== 'no');
  switch (tier.combine) {
    case 'union':
      return combineUnion(selecting, side);
    case 'first-match':
      return combineInEachOrder(tier, selecting, side);
    default:
      return tier.combine satisfies never;
  }
}

/** A matching deny denies; else a matching accept accepts; else the pod is denied if any policy isolates it; else the flow goes on. */
function combineUnion(selecting: readonly Judged[], side: 'egress' | 'ingress'): TierOutcome {
  const unknowns = selecting.flatMap(unknownsOf);
  const denying = matching(selecting, 'deny');
  if (denying.certain.length > 0) return { outcomes: [outcome('deny', denying.certain)], mayGoOn: false, unknowns };
  const outcomes: Outcome[] = denying.possible.length > 0 ? [outcome('deny', denying.possible)] : [];
  // A policy that denies whenever it selects at all never gets to accept.
  const accepting = matching(
    selecting.filter(each => !hasCertain(each, 'deny')),
    'accept',
  );
  if (accepting.certain.length > 0)
    return {
      outcomes: [...outcomes, outcome('accept', [...accepting.certain, ...joining(accepting.possible)])],
      mayGoOn: false,
      unknowns,
    };
  if (accepting.possible.length > 0) outcomes.push(outcome('accept', accepting.possible));
  // A policy that accepts whenever it selects at all never denies by selecting.
  const isolating = selecting.filter(each => each.isolates && !hasCertain(each, 'accept'));
  const certain = isolating.filter(each => each.selects.match === 'yes');
  if (isolating.length > 0) outcomes.push(isolation(certain.length > 0 ? certain : isolating, side));
  return { outcomes, mayGoOn: certain.length === 0, unknowns };
}

function hasCertain({ rules }: Judged, action: 'accept' | 'deny'): boolean {
  return rules.some(rule => rule.action === action && rule.match === 'yes');
}

/** Where it is not known which of some policies is asked first, each order gives its outcomes. */
function combineInEachOrder(tier: Tier, selecting: readonly Judged[], side: 'egress' | 'ingress'): TierOutcome {
  const first = combineFirstMatch(tier, selecting, side);
  const others = otherOrders(selecting).map(order => combineFirstMatch(tier, order, side));
  const shape = ({ outcomes, mayGoOn }: TierOutcome) => JSON.stringify([outcomes.map(({ kind }) => kind), mayGoOn]);
  const differing = others.filter(other => shape(other) !== shape(first));
  if (differing.length === 0) return first;
  return {
    outcomes: [...differing.flatMap(({ outcomes }) => outcomes), ...first.outcomes],
    mayGoOn: first.mayGoOn || differing.some(({ mayGoOn }) => mayGoOn),
    unknowns: [turnText(selecting), ...first.unknowns],
  };
}

/** The policies as each other way to sort those of one order has them. */
function otherOrders(selecting: readonly Judged[]): readonly (readonly Judged[])[] {
  const ways = Math.max(0, ...selecting.map(({ policy }) => policy.turn?.ties.length ?? 0));
  const start = new Map<number, number>();
  const places = selecting.map(({ policy: { turn } }, index) => {
    if (turn === undefined) return index;
    if (!start.has(turn.order)) start.set(turn.order, index);
    return start.get(turn.order) ?? index;
  });
  return Array.from({ length: Math.max(0, ways - 1) }, (_, way) =>
    selecting
      .map((judged, index) => ({ judged, place: places[index] ?? index, tie: judged.policy.turn?.ties[way + 1] ?? '' }))
      .toSorted((a, b) => a.place - b.place || compareText(a.tie, b.tie))
      .map(({ judged }) => judged),
  );
}

function turnText(selecting: readonly Judged[]): string {
  const byOrder = Map.groupBy(selecting, ({ policy }) => policy.turn?.order);
  const names = selecting
    .filter(({ policy: { turn } }) => turn !== undefined && (byOrder.get(turn.order)?.length ?? 0) > 1)
    .map(({ name }) => name);
  return `${names.join(' and ')} are of the same order, and which one is asked first depends on the engine's version`;
}

/** Policies in order, rules in order: the first match acts, `pass` leaves the tier; without one, the end of the tier acts. */
function combineFirstMatch(tier: Tier, selecting: readonly Judged[], side: 'egress' | 'ingress'): TierOutcome {
  const unknowns = selecting.flatMap(unknownsOf);
  const outcomes: Outcome[] = [];
  const applying: Judged[] = [];
  let passes = false;
  for (const judged of selecting) {
    const walked = walkRules(judged, outcomes);
    passes ||= walked.passes;
    if (walked.stops && judged.selects.match === 'yes') return { outcomes, mayGoOn: passes, unknowns };
    if (judged.isolates && !walked.stops) applying.push(judged);
  }
  const certain = applying.filter(each => each.selects.match === 'yes');
  if (tier.endOfTier === 'deny' && applying.length > 0) {
    outcomes.push(endOfTier(tier, certain.length > 0 ? certain : applying, side));
    if (certain.length > 0) return { outcomes, mayGoOn: passes, unknowns };
  }
  return { outcomes, mayGoOn: true, unknowns };
}

/** Adds what the rules of one policy can lead to. `stops`: one of them certainly matches, if the policy selects. */
function walkRules(judged: Judged, outcomes: Outcome[]): { readonly stops: boolean; readonly passes: boolean } {
  let passes = false;
  for (const rule of judged.rules) {
    if (rule.match === 'no' || rule.action === 'log') continue;
    if (rule.action === 'pass') passes = true;
    else outcomes.push(outcome(rule.action, [{ judged, rule }]));
    if (rule.match === 'yes') return { stops: true, passes };
  }
  return { stops: false, passes };
}

type Hit = { readonly judged: Judged; readonly rule: RuleTrace };

function matching(
  selecting: readonly Judged[],
  action: 'accept' | 'deny',
): { readonly certain: readonly Hit[]; readonly possible: readonly Hit[] } {
  const hits = selecting.flatMap(judged =>
    judged.rules.filter(rule => rule.action === action && rule.match !== 'no').map(rule => ({ judged, rule })),
  );
  const certain = hits.filter(({ judged, rule }) => judged.selects.match === 'yes' && rule.match === 'yes');
  return { certain, possible: hits.filter(hit => !certain.includes(hit)) };
}

function outcome(kind: 'accept' | 'deny', hits: readonly Hit[]): Outcome {
  const names = [...new Set(hits.map(hit => hit.judged.name))];
  const [first] = hits;
  const verb = kind === 'accept' ? 'allows' : 'denies';
  const why =
    first === undefined ? '' : `${first.judged.name} ${verb} it by ${ruleText(first.rule)}: ${first.rule.why}`;
  return { kind, by: names, why, notes: hits.flatMap(hit => notesOf(hit)) };
}

/**
 * Where something accepts for certain, a policy whose written rule matches but for what is left to the engine (an ipBlock
 * over a pod's address) accepts as well: nothing turns on it, and who reads the answer looks for it.
 */
function joining(possible: readonly Hit[]): readonly Hit[] {
  return possible.filter(hit => hit.judged.selects.match === 'yes' && ruleOf(hit)?.implied !== true);
}

function notesOf(hit: Hit): readonly string[] {
  return ruleOf(hit)?.notes ?? [];
}

/** The rule behind a trace line. */
function ruleOf({ judged, rule }: Hit): Rule | undefined {
  return judged.written[judged.rules.indexOf(rule)];
}

function isolation(isolating: readonly Judged[], side: 'egress' | 'ingress'): Outcome {
  return {
    kind: 'deny',
    by: [...new Set(isolating.map(each => each.name))],
    why: missText(isolating, side),
    notes: [],
  };
}

function endOfTier(tier: Tier, applying: readonly Judged[], side: 'egress' | 'ingress'): Outcome {
  const names = [...new Set(applying.map(each => each.name))];
  return { kind: 'deny', by: names, why: `tier ${tier.name} ends in deny: ${missText(applying, side)}`, notes: [] };
}

/** Why nothing allowed the flow, the nearest miss first. */
function missText(isolating: readonly Judged[], side: 'egress' | 'ingress'): string {
  const misses = isolating.flatMap(judged => judged.rules.map(rule => ({ judged, rule })));
  const nearest = misses.toSorted((a, b) => b.rule.fieldsMatched - a.rule.fieldsMatched)[0];
  const [only, ...others] = isolating;
  if (only === undefined) return '';
  if (nearest === undefined) {
    const names = isolating.map(each => each.name).join(', ');
    return others.length === 0 ? `${names} has no ${side} rules` : `${names} have no ${side} rules`;
  }
  const text = `${nearest.judged.name} ${ruleText(nearest.rule)}: ${nearest.rule.why}`;
  if (others.length === 0)
    return only.rules.length === 1
      ? text
      : `no ${side} rule of ${only.name} matches; nearest: ${ruleText(nearest.rule)}: ${nearest.rule.why}`;
  return `none of the ${isolating.length} policies that isolate the pod allows it; nearest: ${text}`;
}

/** `rule 2`, or its name; people count from one. */
export function ruleText(rule: Pick<RuleTrace, 'index' | 'name'>): string {
  return rule.name === null ? `rule ${rule.index + 1}` : `rule "${rule.name}"`;
}

function unknownsOf(judged: Judged): readonly string[] {
  const rules = judged.rules
    .filter(rule => rule.match === 'unknown')
    .map(rule => `${judged.name} ${ruleText(rule)}: ${rule.why}`);
  return judged.selects.match === 'unknown'
    ? [`whether ${judged.name} selects the pod is not known: ${judged.selects.why}`, ...rules]
    : rules;
}

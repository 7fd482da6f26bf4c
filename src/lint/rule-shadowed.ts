/** Rules that never decide anything: another one that comes first, or counts as much, matches all of their flows. */
import { isAlwaysBefore } from '../policy/calico-turn.ts';
import { hasDnsProxy } from '../policy/dns-proxy.ts';
import type { Rule } from '../policy/model.ts';
import { coversRule } from './covers.ts';
import type { Finding, RuleAnswer } from './finding.ts';
import { coversSubject } from './selector-logic.ts';
import { type PolicyEntry, pathOfRule, type World, writtenRules } from './world.ts';

type Side = 'egress' | 'ingress';
type Placed = { readonly entry: PolicyEntry; readonly rule: Rule; readonly side: Side; readonly order: number };

/** Finds rules in whose place nothing would change: unreachable in ordered kinds, said already (or denied) in unions. */
export function findShadowedRules(world: World): RuleAnswer {
  const tiers = Map.groupBy(world.policies, ({ tier }) => tier);
  const findings = [...tiers.values()].flatMap(entries =>
    (['egress', 'ingress'] as const).flatMap(side => inTier(placedRules(entries, side), world)),
  );
  return { findings: onePerRule(findings), notChecked: [] };
}

function placedRules(entries: readonly PolicyEntry[], side: Side): readonly Placed[] {
  return entries
    .flatMap(entry => writtenRules(entry.policy, side).map(rule => ({ entry, rule, side })))
    .map((placed, order) => ({ ...placed, order }));
}

function inTier(rules: readonly Placed[], world: World): readonly Finding[] {
  const candidates = rules.filter(({ rule }) => isComparable(rule));
  const subjects = new Map<string, boolean>();
  const covers = (outer: Placed, inner: Placed) => {
    const key = `${outer.entry.position} ${inner.entry.position}`;
    const known = subjects.get(key) ?? coversPods(outer.entry, inner.entry, world);
    subjects.set(key, known);
    return known && coversRule(outer.rule, inner.rule, world.cluster);
  };
  const near = nearby(candidates);
  return candidates.flatMap(inner => {
    const outer = near(inner).find(
      each => each !== inner && mayShadow(each, inner, world) && shadows(each, inner, covers),
    );
    return outer === undefined ? [] : [finding(inner, outer, world)];
  });
}

/** Of thousands of rules, those whose pods may be a rule's own: of its namespace, or of more than one. */
function nearby(rules: readonly Placed[]): (inner: Placed) => readonly Placed[] {
  const scopeOf = ({ entry }: Placed) => entry.policy.subject.namespaces;
  const wide = rules.filter(each => scopeOf(each).kind !== 'named');
  const known = new Map<string, readonly Placed[]>();
  return inner => {
    const scope = scopeOf(inner);
    if (scope.kind !== 'named') return wide;
    const key = scope.names.join();
    const isNear = (each: Placed) => {
      const own = scopeOf(each);
      return own.kind !== 'named' || own.names.some(name => scope.names.includes(name));
    };
    const found = known.get(key) ?? rules.filter(isNear);
    known.set(key, found);
    return found;
  };
}

function coversPods(outer: PolicyEntry, inner: PolicyEntry, { cluster }: World): boolean {
  if (outer === inner) return true;
  return coversSubject(outer.policy.subject, inner.policy.subject, cluster) === 'yes';
}

/** Rules with effects beside allow and deny (requests above the port, names that are learned, notes) are never superfluous. */
function isComparable(rule: Rule): boolean {
  if (rule.notes.length > 0 || rule.action === 'log') return false;
  const matchesNothing = rule.fields.some(
    ({ negated, anyOf }) => !negated && anyOf.every(term => term.kind === 'nobody' || term.kind === 'nothing'),
  );
  return !matchesNothing && !rule.fields.some(({ anyOf }) => anyOf.some(term => term.kind === 'dns-query'));
}

/** Whether the one may take the other's place, as far as order and actions tell. */
function mayShadow(outer: Placed, inner: Placed, { book }: World): boolean {
  if (outer.entry.tier.combine === 'first-match')
    return outer.order < inner.order && isAlwaysBefore(outer.entry.policy, inner.entry.policy);
  if (outer.rule.action !== inner.rule.action) return outer.rule.action === 'deny';
  // Cilium's DNS proxy looks at rules that name ports, and at no others.
  const namesPorts = (rule: Rule) => rule.fields.some(({ name }) => name === 'toPorts');
  if (hasDnsProxy(book) && namesPorts(inner.rule) !== namesPorts(outer.rule)) return false;
  // The outer one must shut the pods as well, or taking the inner one away would open them.
  const { entry, side } = inner;
  return outer.entry === entry || outer.entry.policy.isolates[side] || !entry.policy.isolates[side];
}

function shadows(outer: Placed, inner: Placed, covers: (outer: Placed, inner: Placed) => boolean): boolean {
  if (!covers(outer, inner)) return false;
  // Of two that say the same, the later one is superfluous.
  const isSame = outer.rule.action === inner.rule.action && covers(inner, outer);
  return !isSame || outer.order < inner.order;
}

function finding(inner: Placed, outer: Placed, world: World): Finding {
  const { entry, rule, side } = inner;
  const by = outer.entry === entry ? `its own rule ${textOf(outer)}` : `rule ${textOf(outer)} of ${outer.entry.name}`;
  const isSame = rule.action === outer.rule.action;
  const isOrdered = entry.tier.combine === 'first-match';
  const effect = isSame ? 'says the same' : `${VERBS[outer.rule.action]} all of it`;
  return {
    rule: 'shadowed-rule',
    severity: isSame ? 'note' : 'warning',
    object: entry.name,
    place: world.placeOf(entry.name, pathOfRule(rule, side)),
    what: `Its rule ${textOf(inner)} never decides anything: ${by} ${isOrdered ? 'comes first and ' : ''}${effect}.`,
    why: isSame
      ? 'Whoever takes it out to shut something will find it still open, and whoever reads it looks in the wrong place.'
      : `What it is written for does not happen: its flows are ${isOrdered ? 'decided before it is asked' : 'denied, and a deny wins'}.`,
    fix: {
      text: isSame ? 'Delete it.' : `Delete it, or ${isOrdered ? 'move it before the other' : 'narrow the deny'}.`,
      yaml: null,
    },
  };
}

const VERBS: Readonly<Record<Rule['action'], string>> = {
  accept: 'allows',
  deny: 'denies',
  pass: 'passes on',
  log: 'logs',
};

function textOf({ rule, side }: Placed): string {
  return rule.name ?? `${side}[${rule.index}]`;
}

/** A policy that is read in two ways (what its engine does is open), or a rule in two parts, is told once. */
function onePerRule(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map(each => [`${each.object} ${each.what}`, each])).values()];
}

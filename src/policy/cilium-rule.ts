/**
 * One rule of a Cilium policy. Its members are a conjunction: peers, requirements, ports.
 * https://docs.cilium.io/en/stable/security/policy/language/
 */
import type { RuleContext } from './cilium-context.ts';
import { memberNames, prefixOf, readPeerField } from './cilium-peer.ts';
import { type PortRule, readPortRules } from './cilium-port.ts';
import type { Field, Rule } from './model.ts';
import { isRecord, type Json } from './reading.ts';

/** Where a rule stands: `egress[0]`, `specs[1].egressDeny[2]`; `name` is null for the first list of a plain policy. */
export type RulePlace = { readonly where: string; readonly index: number; readonly name: string | null };

/** Reads one rule: more than one where its ports differ in what they let through above them. Never empty. */
export function readCiliumRule(item: unknown, place: RulePlace, context: RuleContext): readonly Rule[] {
  const { where } = place;
  if (!isRecord(item)) return [unreadableRule(place, `${where} is no object`, context)];
  const known = [...memberNames(context), `${prefixOf(context.direction)}Requires`, 'toPorts', 'icmps'];
  const odd = Object.keys(item).find(
    key => !known.includes(key) && !(key === 'authentication' && context.action === 'accept'),
  );
  if (odd !== undefined) return [unreadableRule(place, `${where} has the unknown field "${odd}"`, context)];
  const peers = readPeerField(item, where, context);
  const portRules = readPortRules(item, where, context);
  const authentication = readAuthentication(item, where);
  const base = { index: place.index, action: context.action };
  if (portRules === null) {
    const fields = peers === null ? [nothing(where, context)] : [peers];
    return [{ ...base, name: place.name, fields: [...fields, ...authentication.fields], notes: authentication.notes }];
  }
  return split(portRules).map((group, number, groups): Rule => {
    const fields = [...joined(peers, portFields(group)), ...authentication.fields];
    const name = groups.length === 1 ? place.name : `${place.name ?? `${place.index + 1}`}, toPorts ${number + 1}`;
    return { ...base, name, fields, notes: [...group.flatMap(each => each.notes), ...authentication.notes] };
  });
}

/** Peers first; a name comes after its ports, so that one that is not learned is the nearest miss. */
function joined(peers: Field | null, ports: readonly Field[]): readonly Field[] {
  if (peers === null) return ports;
  return peers.name === 'toFQDNs' ? [...ports, peers] : [peers, ...ports];
}

/** Entries that only name ports are one; those with rules above the port stand for themselves. */
function split(rules: readonly PortRule[]): readonly (readonly PortRule[])[] {
  const plain = rules.filter(each => each.dns.length === 0 && each.notes.length === 0);
  const others = rules.filter(each => !plain.includes(each)).map(each => [each]);
  return plain.length === 0 ? others : [plain, ...others];
}

function portFields(group: readonly PortRule[]): readonly Field[] {
  const ports: Field = { name: 'toPorts', negated: false, anyOf: group.flatMap(each => each.ports) };
  const dns = group.flatMap(each => each.dns);
  return dns.length === 0 ? [ports] : [ports, { name: 'dns', negated: false, anyOf: dns }];
}

/** Neither peers nor ports: Cilium builds nothing of such a rule, though it counts as one. */
function nothing(where: string, { action }: RuleContext): Field {
  const why = `${where} names neither peers nor ports, and ${action === 'accept' ? 'allows' : 'denies'} nothing with Cilium`;
  return { name: 'rule', negated: false, anyOf: [{ kind: 'nobody', why }] };
}

type Authentication = { readonly fields: readonly Field[]; readonly notes: readonly string[] };

/** https://docs.cilium.io/en/stable/network/servicemesh/mutual-authentication/mutual-authentication/ */
function readAuthentication(item: Json, where: string): Authentication {
  const { authentication } = item;
  if (!isRecord(authentication) || authentication.mode === 'disabled') return { fields: [], notes: [] };
  if (authentication.mode === 'test-always-fail') {
    const why = `${where}.authentication always fails`;
    return { fields: [{ name: 'authentication', negated: false, anyOf: [{ kind: 'nobody', why }] }], notes: [] };
  }
  return {
    fields: [],
    notes: [`${where}.authentication: both ends must prove their identity, or the packets are dropped`],
  };
}

/** A rule of which nothing can be said. */
export function unreadableRule(place: RulePlace, why: string, context: RuleContext): Rule {
  context.notebook.problems.push(why);
  return {
    index: place.index,
    name: place.name,
    action: context.action,
    fields: [{ name: 'rule', negated: false, anyOf: [{ kind: 'unreadable', why }] }],
    notes: [],
  };
}

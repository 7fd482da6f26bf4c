/**
 * A deny rule of Cilium, which no allow can override: the policy itself is changed, by exactly the addresses that were
 * asked. https://docs.cilium.io/en/stable/security/policy/deny/
 */
import type { KubernetesObject } from '../evidence.ts';
import { coversAddress, readAddress, readRange } from '../policy/address.ts';
import { predictFlows } from '../policy/evaluate.ts';
import { isRecord, type Json, listAt, objectName } from '../policy/reading.ts';
import { readRuleBook } from '../policy/rule-book.ts';
import { applicable, withManifests } from './fix-changed.ts';
import { CILIUM_POLICY } from './fix-cilium.ts';
import type { Draft, FixKind, Manifest, Situation } from './fix-kind.ts';
import { lookupsOf, needsOf } from './fix-needs.ts';
import type { AllowedPort } from './fix-networkpolicy.ts';
import { NETWORK_POLICY_EXACT } from './fix-plain.ts';
import type { SubjectChoice } from './fix-workload.ts';

/** Takes the asked addresses out of the egressDeny rules that deny them, and allows them where nothing else does. */
export const CILIUM_DENY_CHANGE: FixKind = { name: 'change of the Cilium policy that denies', draft: draftChange };

const KINDS: ReadonlySet<string> = new Set(['CiliumNetworkPolicy', 'CiliumClusterwideNetworkPolicy']);

function draftChange(situation: Situation, subject: SubjectChoice): Draft {
  const { objects, deniedBy, needs } = situation;
  const denying = objects.filter(object => KINDS.has(object.kind) && deniedBy.includes(objectName(object)));
  if (denying.length === 0) return { kind: 'not-applicable', why: 'no policy of Cilium denies it' };
  const addresses = needs.flatMap(need =>
    need.to.kind === 'address' && need.side === 'egress' ? [need.to.address] : [],
  );
  const asked: Asked = { addresses: [...new Set(addresses)], port: situation.port };
  const changed = denying.flatMap(object => {
    const answer = withoutDenial(object, asked, situation);
    return answer === 'same' ? [] : [answer];
  });
  const stuck = changed.find(each => each.kind === 'impossible');
  if (stuck?.kind === 'impossible') return stuck;
  const manifests = changed.flatMap(each => (each.kind === 'changed' ? [each.manifest] : []));
  if (manifests.length === 0) return { kind: 'not-applicable', why: 'no deny rule of Cilium denies it' };
  const rest = whatIsStillDenied(manifests, situation, subject);
  if (rest.kind !== 'draft') return rest;
  return {
    kind: 'draft',
    manifests: [...manifests, ...rest.manifests],
    how: 'a change of the policy that denies, since no allow overrides a deny rule of Cilium: its owner has to agree',
  };
}

type Asked = { readonly addresses: readonly string[]; readonly port: AllowedPort };
type Changed =
  | { readonly kind: 'changed'; readonly manifest: Manifest }
  | { readonly kind: 'impossible'; readonly why: string };

function withoutDenial(object: KubernetesObject, asked: Asked, situation: Situation): Changed | 'same' {
  let isChanged = false;
  let why: string | null = null;
  const rewrite = (spec: unknown): unknown => {
    if (!isRecord(spec)) return spec;
    const before = listAt(spec, 'egressDeny');
    if (!before.some(rule => denies(rule, situation))) return spec;
    isChanged = true;
    const rules = before.flatMap((rule): readonly unknown[] => {
      if (!denies(rule, situation)) return [rule];
      const exempted = isRecord(rule) ? exempt(rule, asked) : null;
      if (exempted === null)
        why = `${objectName(object)} denies it by something that no address can be taken out of: its owner has to change it`;
      return exempted ?? [rule];
    });
    // An empty rule denies nothing and keeps the direction shut, as the policy did.
    return { ...spec, egressDeny: rules.length === 0 ? [{}] : rules };
  };
  const plain = applicable(object);
  const manifest: Manifest = {
    ...plain,
    ...(plain.spec === undefined ? {} : { spec: rewrite(plain.spec) }),
    ...(Array.isArray(plain.specs) ? { specs: plain.specs.map(rewrite) } : {}),
  };
  if (why !== null) return { kind: 'impossible', why };
  return isChanged ? { kind: 'changed', manifest } : 'same';
}

/** Whether this deny rule alone denies any of the asked flows. */
function denies(rule: unknown, { asked, cluster, book, target }: Situation): boolean {
  const alone = {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { name: 'alone', namespace: target.namespace },
    spec: { endpointSelector: {}, egress: [{ toEntities: ['all'] }], egressDeny: [rule] },
  };
  const single = readRuleBook([alone], { engine: book.engine });
  return asked.some(({ purpose, request }) =>
    predictFlows(single, cluster, request, purpose).some(flow => flow.decision === 'deny'),
  );
}

/** The rule without these addresses: one or more rules, none when nothing is left, null when it cannot be written. */
function exempt(rule: Json, { addresses, port }: Asked): readonly Json[] | null {
  const { toCIDR, toCIDRSet, toEntities, ...others } = rule;
  if (Object.keys(others).some(key => key !== 'toPorts' && key !== 'icmps')) return null;
  const named = listAt(rule, 'toEntities').map(String);
  const everything = named.includes('all');
  if (named.length > 0 && !everything && !named.includes('world')) return null;
  const sets = [
    ...listAt(rule, 'toCIDR').map(cidr => ({ cidr })),
    ...listAt(rule, 'toCIDRSet'),
    ...(named.length > 0 ? [{ cidr: '0.0.0.0/0' }, { cidr: '::/0' }] : []),
  ];
  if (sets.length === 0) return null;
  const cut = sets.map(set => (isRecord(set) ? withExcept(set, addresses) : null));
  if (cut.includes(null)) return null;
  const kept = cut.flatMap(each => each ?? []);
  const entities = everything ? ['cluster'] : named.filter(name => name !== 'world');
  return [
    ...(entities.length > 0 ? [{ toEntities: entities, ...others }] : []),
    ...(kept.length > 0 ? [{ toCIDRSet: kept, ...others }] : []),
    ...otherPorts(rule, addresses, port),
  ];
}

/** `[]`: the range was one of the addresses. null: a group of ranges, which is not cut here. */
function withExcept(set: Json, addresses: readonly string[]): readonly Json[] | null {
  const range = typeof set.cidr === 'string' ? readRange(set.cidr) : null;
  if (range?.kind !== 'range') return null;
  const inside = addresses.filter(text => {
    const reading = readAddress(text);
    return reading.kind === 'address' && coversAddress(range.range, reading.address);
  });
  if (inside.length === 0) return [set];
  if (range.range.first === range.range.last) return [];
  return [{ ...set, except: [...new Set([...listAt(set, 'except'), ...inside.map(cidrOf)])] }];
}

function cidrOf(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}

/** Where the rule lists ports, the others of them stay denied for the addresses. */
function otherPorts(rule: Json, addresses: readonly string[], asked: AllowedPort): readonly Json[] {
  const ports = listAt(rule, 'toPorts').flatMap(entry => listAt(entry, 'ports'));
  const rest = ports.flatMap(item => {
    if (!isRecord(item) || item.port !== String(asked.port)) return [item];
    const protocol = String(item.protocol ?? 'ANY').toUpperCase();
    if (protocol !== 'ANY') return protocol === asked.protocol ? [] : [item];
    return ['TCP', 'UDP', 'SCTP'].filter(each => each !== asked.protocol).map(each => ({ ...item, protocol: each }));
  });
  return rest.length === 0 ? [] : [{ toCIDR: addresses.map(cidrOf), toPorts: [{ ports: rest }] }];
}

/** With the deny out of the way the flow may still be allowed by nobody: that takes a policy beside it. */
function whatIsStillDenied(manifests: readonly Manifest[], situation: Situation, subject: SubjectChoice): Draft {
  const { objects, apis, cluster, target, asked } = situation;
  const book = readRuleBook(withManifests(objects, manifests), { engine: situation.book.engine, apis });
  const needs = needsOf(asked, book, cluster, target);
  if (needs.length === 0) return { kind: 'draft', manifests: [], how: '' };
  const next: Situation = { ...situation, book, needs, lookups: lookupsOf(situation.lookupRequests, cluster, target) };
  const byName = CILIUM_POLICY.draft(next, subject);
  return byName.kind === 'draft' ? byName : NETWORK_POLICY_EXACT.draft(next, subject);
}

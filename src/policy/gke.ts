/**
 * GKE's FQDNNetworkPolicy of Dataplane V2 (https://cloud.google.com/kubernetes-engine/docs/how-to/fqdn-network-policies):
 * egress by name, beside NetworkPolicy. It "creates an implicit deny rule to endpoints not specified as allowed egress
 * destinations", and what either kind allows is allowed. The add-on of the same name (v1alpha3) makes NetworkPolicies of
 * its objects; it is not read here.
 */
import { readMeta } from './meta.ts';
import type { Field, PeerTerm, Policy, Rule } from './model.ts';
import { readPorts } from './networkpolicy-port.ts';
import {
  blindSpots,
  type Contribution,
  NOTHING,
  networkPolicyPlace,
  type Reader,
  type ReaderContext,
} from './reader.ts';
import { isRecord, type Json, type Notebook, namespacedRef, quoted, referenceText } from './reading.ts';
import { readLabelSelector } from './selector.ts';

const GROUP = 'networking.gke.io';
const KIND = 'FQDNNetworkPolicy';

/** Reads FQDNNetworkPolicy. */
export const GKE_READER: Reader = {
  owns: [{ group: GROUP, kind: KIND, versions: ['v1alpha1'] }],
  supports: [],
  read: readFqdnPolicies,
};

const NAME_NOTE =
  'names hold for addresses that the cluster’s own DNS (kube-dns or Cloud DNS) gave; a connection to an address from elsewhere is not covered';

function readFqdnPolicies(context: ReaderContext): Contribution {
  const { engine } = context;
  const objects = context.objectsOf(GROUP, KIND);
  if (engine.name === 'unknown')
    return { ...NOTHING, ...blindSpots(objects, 'whether GKE Dataplane V2 enforces policies here is not known') };
  if (engine.name !== 'gke-dataplane-v2') {
    const why = `only GKE Dataplane V2 enforces it, and this cluster runs ${engine.name}`;
    return { ...NOTHING, notEnforced: [{ kind: `${KIND}.${GROUP}`, why }] };
  }
  const policies = objects.map(object => readPolicy(object, context));
  return {
    ...NOTHING,
    policies: policies.map(policy => ({
      place: networkPolicyPlace(engine),
      order: 0,
      tie: `${policy.ref.namespace}/${policy.ref.name}`,
      policy,
    })),
    problems: policies.flatMap(({ ref, problems }) => problems.map(why => ({ object: referenceText(ref), why }))),
  };
}

function readPolicy(object: Json, context: ReaderContext): Policy {
  const notebook: Notebook = { problems: [] };
  const ref = namespacedRef(KIND, object);
  const spec = isRecord(object.spec) ? object.spec : {};
  const rules = readRules(spec, context, notebook);
  return {
    ref,
    subject: {
      namespaces: { kind: 'named', names: [ref.namespace] },
      pods: { view: 'kubernetes', expression: readLabelSelector(spec.podSelector ?? null, 'podSelector', notebook) },
      serviceAccounts: null,
      hostNetwork: 'left-to-engine',
    },
    isolates: { egress: true, ingress: false },
    egress: [...rules, ...implied(rules.length)],
    ingress: 'absent',
    problems: notebook.problems,
    meta: readMeta(object),
  };
}

const KNOWN = ['podSelector', 'egress', 'policyTypes'];

function readRules(spec: Json, context: ReaderContext, notebook: Notebook): readonly Rule[] {
  const odd = Object.keys(spec).find(key => !KNOWN.includes(key));
  if (odd !== undefined) return [open(0, `the field "${odd}" is not known`, notebook)];
  const list = spec.egress ?? [];
  if (!Array.isArray(list)) return [open(0, 'egress is not a list', notebook)];
  return list.map((item: unknown, index) => readRule(item, index, context, notebook));
}

function readRule(item: unknown, index: number, { engine }: ReaderContext, notebook: Notebook): Rule {
  const where = `egress[${index}]`;
  const odd = isRecord(item) ? Object.keys(item).find(key => key !== 'matches' && key !== 'ports') : undefined;
  if (!isRecord(item) || odd !== undefined || !Array.isArray(item.matches))
    return open(
      index,
      `${where} is no list of matches with ports${odd === undefined ? '' : ` (it has "${odd}")`}`,
      notebook,
    );
  const names = item.matches.map((match: unknown, at) => readMatch(match, `${where}.matches[${at}]`, notebook));
  const ports = readPorts(item.ports, `${where}.ports`, { direction: 'egress', engine, notebook });
  const fields: readonly Field[] = [
    { name: 'matches', negated: false, anyOf: names },
    ...(ports === null ? [] : [{ name: 'ports', negated: false, anyOf: ports }]),
  ];
  return { index, name: null, action: 'accept', fields, notes: [NAME_NOTE] };
}

/** `{name}` or `{pattern}`: "*.company.com matches api.company.com or store.company.com, but not eu.api.company.com or company.com". */
function readMatch(match: unknown, where: string, notebook: Notebook): PeerTerm {
  const { name = null, pattern = null, ...others } = isRecord(match) ? match : { other: match };
  const text = name ?? pattern;
  const isOne = name === null || pattern === null;
  const allowed = name === null ? /^[-*.\w]+$/ : /^[-.\w]+$/;
  if (typeof text !== 'string' || !isOne || Object.keys(others).length > 0 || !allowed.test(text))
    return { kind: 'unreadable', why: told(`${where}: invalid match ${quoted(match)}`, notebook) };
  return {
    kind: 'fqdn',
    name: name === null ? null : text,
    pattern: name === null ? text : null,
    dialect: 'gke',
  };
}

/** Whether lookups of the cluster's DNS pass by themselves is not documented, nor what becomes of ICMP. */
function implied(index: number): readonly Rule[] {
  const why = (what: string) =>
    `whether ${what} is let through beside the names of an FQDNNetworkPolicy is not documented`;
  const anyOf = [
    ...(['UDP', 'TCP'] as const).map(protocol => ({
      kind: 'left-to-engine' as const,
      protocol,
      first: 53,
      last: 53,
      why: why('DNS'),
    })),
    { kind: 'left-to-engine' as const, protocol: 'ICMP' as const, first: 0, last: 0, why: why('ICMP') },
  ];
  return [
    {
      index,
      name: 'implied',
      action: 'accept',
      fields: [{ name: 'ports', negated: false, anyOf }],
      notes: [],
      implied: true,
    },
  ];
}

function open(index: number, why: string, notebook: Notebook): Rule {
  const anyOf = [{ kind: 'unreadable' as const, why: told(why, notebook) }];
  return { index, name: null, action: 'accept', fields: [{ name: 'rule', negated: false, anyOf }], notes: [] };
}

function told(why: string, notebook: Notebook): string {
  notebook.problems.push(why);
  return why;
}

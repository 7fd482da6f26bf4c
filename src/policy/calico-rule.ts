/** One rule of a Calico policy: https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#rule */
import { type EntityContext, familyTerm, readEntity } from './calico-entity.ts';
import { readProtocols } from './calico-port.ts';
import { unreadable } from './calico-set.ts';
import type { Action, Field, Rule, RuleList } from './model.ts';
import { isRecord, type Json, type Notebook, quoted, textAt } from './reading.ts';
import { riddleRules } from './riddle.ts';

/** What a rule's reading depends on. */
export type RuleContext = Omit<EntityContext, 'action' | 'ports'>;

const ACTIONS: Readonly<Record<string, Action>> = { Allow: 'accept', Deny: 'deny', Pass: 'pass', Log: 'log' };

const KNOWN: ReadonlySet<string> = new Set([
  'action',
  'ipVersion',
  'protocol',
  'notProtocol',
  'icmp',
  'notICMP',
  'source',
  'destination',
  'http',
  'metadata',
]);

/** Reads the rules of a direction that the policy speaks of. */
export function readRules(value: unknown, context: RuleContext): RuleList {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return refuse(0, `${context.direction} is not a list`, context.notebook);
  return value.flatMap((item: unknown, index) => readRule(item, index, context));
}

function readRule(item: unknown, index: number, context: RuleContext): readonly Rule[] {
  const { notebook, direction } = context;
  const where = `${direction}[${index}]`;
  if (!isRecord(item)) return refuse(index, `${where} is no object`, notebook);
  const action =
    typeof item.action === 'string' && Object.hasOwn(ACTIONS, item.action) ? ACTIONS[item.action] : undefined;
  if (action === undefined) return refuse(index, `${where}: unknown action ${quoted(item.action)}`, notebook);
  const odd = Object.keys(item).find(key => !KNOWN.has(key) && item[key] !== null);
  if (odd !== undefined) return refuse(index, `${where} has the unknown field "${odd}"`, notebook);
  const protocols = readProtocols(item, where, context.engine, notebook);
  const entity: EntityContext = { ...context, action, ports: protocols.ports };
  const entities = (['destination', 'source'] as const).flatMap(role =>
    readEntity(item[role], role, `${where}.${role}`, entity),
  );
  const isPort = (field: Field) => /orts$/.test(field.name);
  const fields = [
    ...familyFields(item, where, notebook),
    ...entities.filter(field => !isPort(field)),
    ...protocols.fields,
    ...entities.filter(isPort),
    ...httpFields(item, where, action, context),
    ...mixedFields(item, where, notebook),
  ];
  return [{ index, name: null, action, fields, notes: notesOf(item, fields) }];
}

/** What could not be read could be any action. */
function refuse(index: number, why: string, notebook: Notebook): readonly Rule[] {
  notebook.problems.push(why);
  return riddleRules(index, null, why);
}

function familyFields({ ipVersion }: Json, where: string, notebook: Notebook): readonly Field[] {
  if (ipVersion === undefined || ipVersion === null) return [];
  const term =
    ipVersion === 4 || ipVersion === 6
      ? familyTerm(ipVersion)
      : unreadable(`${where}: ipVersion is neither 4 nor 6: ${quoted(ipVersion)}`, notebook);
  return [{ name: 'ipVersion', negated: false, anyOf: [term] }];
}

/** HTTP conditions are of ingress rules that allow; elsewhere the API server refuses them (validateNetworkPolicySpec, validator/v3). */
function httpFields(item: Json, where: string, action: Action, context: RuleContext): readonly Field[] {
  if (item.http === undefined || item.http === null) return [];
  if (action === 'accept' && context.direction === 'ingress') return [];
  const only = action === 'accept' ? 'ingress rules' : 'rules that allow';
  return [
    { name: 'http', negated: false, anyOf: [unreadable(`${where}: http is for ${only} only`, context.notebook)] },
  ];
}

const NETS = ['nets', 'notNets'] as const;

/**
 * A rule has nets of one address family, and of its ipVersion, as ICMP has to be of it: with both the API server refuses it (validateRule,
 * validator/v3), and what Felix makes of one that is stored all the same is another matter.
 */
function mixedFields(item: Json, where: string, notebook: Notebook): readonly Field[] {
  const entities = [item.source, item.destination].flatMap(each => (isRecord(each) ? [each] : []));
  const written = entities.flatMap(each => NETS.flatMap(key => each[key] ?? []));
  const families = new Set(written.flatMap(net => (typeof net === 'string' ? [net.includes(':') ? 6 : 4] : [])));
  if (item.ipVersion === 4 || item.ipVersion === 6) {
    families.add(item.ipVersion);
    for (const word of [item.protocol, item.notProtocol])
      if (word === 'ICMP' || word === 'ICMPv6') families.add(word === 'ICMP' ? 4 : 6);
  }
  if (families.size < 2) return [];
  return [{ name: 'nets', negated: false, anyOf: [unreadable(`${where} has addresses of both families`, notebook)] }];
}

function notesOf(item: Json, fields: readonly Field[]): readonly string[] {
  const notes: string[] = [];
  if (item.http !== undefined && item.http !== null)
    notes.push(
      "the connection is allowed; where application layer policy is on, HTTP requests may still be refused by the rule's http conditions",
    );
  if (fields.some(usesNames)) notes.push(DOMAINS_NOTE);
  const text = textAt(item, 'metadata', 'annotations', 'projectcalico.org/description');
  return text === null ? notes : [...notes, `the rule is described as "${text.slice(0, 120)}"`];
}

/** https://docs.tigera.io/calico-enterprise/latest/network-policy/domain-based-policy */
const DOMAINS_NOTE =
  'domain names count in Calico Enterprise and Calico Cloud only (open-source Calico drops the field), and only for addresses that a trusted DNS server has answered';

function usesNames(field: Field): boolean {
  return field.anyOf.some(
    term =>
      term.kind === 'fqdn' || (term.kind === 'network-set' && term.members.some(member => member.kind === 'fqdn')),
  );
}

/**
 * What a toPorts entry says above the port: DNS names are evaluated, HTTP, Kafka and TLS names are told, since the
 * connection itself is let through. https://docs.cilium.io/en/stable/security/policy/language/#layer-7-examples
 */
import type { RuleContext } from './cilium-context.ts';
import { readDnsName } from './cilium-name.ts';
import type { PortTerm } from './model.ts';
import { isRecord, type Json } from './reading.ts';

type Layer7 = {
  /** The names that it lets through; empty: every one. */
  readonly dns: readonly PortTerm[];
  readonly notes: readonly string[];
  /** Why the entry cannot be told to let anything through; null: it can. */
  readonly unreadable: string | null;
};

const NONE: Layer7 = { dns: [], notes: [], unreadable: null };
const PROTOCOLS = ['http', 'kafka', 'dns', 'l7proto'] as const;

/** Reads `rules`, `serverNames` and `listener` of one entry. */
export function readLayer7(entry: Json, where: string, context: RuleContext): Layer7 {
  noteRefusals(entry, where, context);
  const names = readServerNames(entry.serverNames, where, context);
  const listener = entry.listener === undefined ? [] : [`the proxy of ${where}.listener may still refuse its requests`];
  const rules = readRules(entry, where, context);
  return { ...rules, notes: [...names, ...listener, ...rules.notes] };
}

/** Combinations for which the agent refuses the whole policy; what is empty is as good as absent. */
function noteRefusals(
  { rules, serverNames, listener, terminatingTLS, ports }: Json,
  where: string,
  context: RuleContext,
) {
  const { direction, refusals } = context;
  const hasListener = listener !== undefined && listener !== null;
  if (hasListener && direction === 'ingress') refusals.push(`${where} has a listener on ingress`);
  if (!isRecord(rules) || !['http', 'kafka', 'dns', 'l7'].some(key => isFilled(rules[key]))) return;
  if (hasListener) refusals.push(`${where} has rules together with a listener`);
  if (isFilled(serverNames) && (terminatingTLS === undefined || terminatingTLS === null))
    refusals.push(`${where} has rules together with serverNames, and no terminatingTLS`);
  const list = Array.isArray(ports) ? ports.filter(isRecord) : [];
  if (list.some(({ port }) => typeof port === 'string' && /^0+$/.test(port)))
    refusals.push(`${where} has rules on port 0`);
  if (!isFilled(rules.dns) && list.some(({ protocol }) => String(protocol).toUpperCase() !== 'TCP'))
    refusals.push(`${where} has rules for a port whose protocol is not TCP: only DNS rules may have any`);
  if (isFilled(rules.l7) && !rules.l7proto) refusals.push(`${where} has l7 rules without l7proto`);
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

function readServerNames(value: unknown, where: string, { refusals }: RuleContext): readonly string[] {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
  const names = Array.isArray(value) ? value.map(String) : [String(value)];
  if (names.includes('')) refusals.push(`${where} has an empty server name`);
  return [`${where} lets TLS connections for ${names.join(', ')} through and refuses every other`];
}

function readRules(entry: Json, where: string, context: RuleContext): Layer7 {
  const { rules } = entry;
  if (rules === undefined || rules === null) return NONE;
  const refuse = (why: string): Layer7 => {
    context.notebook.problems.push(why);
    return { ...NONE, unreadable: why };
  };
  if (!isRecord(rules)) return refuse(`${where}.rules is no object`);
  const odd = Object.keys(rules).find(key => key !== 'l7' && !PROTOCOLS.some(each => each === key));
  if (odd !== undefined) return refuse(`${where}.rules has the unknown field "${odd}"`);
  const present = PROTOCOLS.filter(key => rules[key] !== undefined && rules[key] !== null);
  if (present.length > 1) context.refusals.push(`${where}.rules has ${present.join(' and ')}`);
  const [only] = present;
  if (only === undefined) return NONE;
  if (only === 'dns') return readDns(rules.dns, entry, where, context);
  const list = only === 'l7proto' ? rules.l7 : rules[only];
  if (only !== 'l7proto' && !Array.isArray(list)) return refuse(`${where}.rules.${only} is not a list`);
  if (Array.isArray(list) && list.length === 0 && only !== 'l7proto') return NONE;
  const what = { http: 'HTTP requests', kafka: 'Kafka requests', l7proto: 'requests' }[only];
  return {
    ...NONE,
    notes: [`the connection passes, and ${what} that ${where}.rules.${only} does not list are refused`],
  };
}

/** An empty list of names is as good as none: no proxy, every name. */
function readDns(value: unknown, entry: Json, where: string, context: RuleContext): Layer7 {
  if (!Array.isArray(value)) {
    const why = `${where}.rules.dns is not a list`;
    context.notebook.problems.push(why);
    return { ...NONE, unreadable: why };
  }
  if (value.length === 0) return NONE;
  if (context.direction === 'ingress') context.refusals.push(`${where} has DNS rules on ingress`);
  if (!Array.isArray(entry.ports) || entry.ports.length === 0)
    context.refusals.push(`${where} has DNS rules and no port`);
  const read = value.flatMap((item: unknown, index) =>
    parts(item).map(part => readDnsName(part, `${where}.rules.dns[${index}]`, context)),
  );
  const names = read.flatMap(each => (each.kind === 'name' ? [each.name] : []));
  const patterns = read.flatMap(each => (each.kind === 'pattern' ? [each.pattern] : []));
  // What cannot be read may be any name: the queries go through the proxy all the same.
  return { ...NONE, dns: [{ kind: 'dns-query', names, patterns }, ...read.filter(each => each.kind === 'unreadable')] };
}

/** In a DNS rule a name and a pattern may stand together, and each of them lets names through. */
function parts(item: unknown): readonly unknown[] {
  if (!isRecord(item) || !item.matchName || !item.matchPattern) return [item];
  const { matchName, matchPattern, ...others } = item;
  return [{ ...others, matchName }, { matchPattern }];
}

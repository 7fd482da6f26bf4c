/**
 * Cilium's DNS proxy: where a rule with `rules.dns` covers a query's way, the query goes through the proxy, which answers
 * REFUSED for every name that no rule of that port lists. https://docs.cilium.io/en/stable/security/dns/ and
 * https://github.com/cilium/cilium/blob/v1.15.19/pkg/fqdn/dnsproxy/proxy.go (CheckAllowed)
 */
import { ruleText } from './combine.ts';
import { matchSubject } from './judge-policy.ts';
import { matchRule } from './match.ts';
import type { Match, Policy, PortTerm, Rule, RuleBook } from './model.ts';
import type { Packet } from './packet.ts';
import { referenceText } from './reading.ts';

/** What the proxy does with a flow. `why` is a sentence. */
export type ProxyAnswer =
  /** No DNS rule covers the flow's way. */
  | { readonly kind: 'not-proxied' }
  | { readonly kind: 'passes'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

type Pair = { readonly policy: Policy; readonly rule: Rule };

/**
 * Asks the proxy about one flow on its egress side: the name is the flow's `query`. `server` any: whatever server a DNS
 * rule names is taken for the one that is asked.
 */
export function askDnsProxy(
  book: RuleBook,
  packet: Packet,
  server: 'the-asked-one' | 'any' = 'the-asked-one',
): ProxyAnswer {
  if (packet.flow.port === null) return { kind: 'not-proxied' };
  const { dns, ports } = server === 'any' ? withoutPeers(foundIn(book)) : foundIn(book);
  const ways = dns.map(pair => ({ pair, match: matchWay(pair, packet) }));
  const covering = ways.filter(({ match }) => match.match === 'yes').map(({ pair }) => pair);
  const perhaps = ways.filter(({ match }) => match.match === 'unknown');
  if (covering.length === 0)
    return perhaps.length === 0 ? { kind: 'not-proxied' } : { kind: 'unknown', why: perhaps[0]?.match.why ?? '' };
  // Rules of the same port without names let every name through; those of all ports are not looked at by the proxy.
  const open = ports.filter(pair => matchWay(pair, packet).match === 'yes');
  if (open[0] !== undefined) return { kind: 'passes', why: `${textOf(open[0])} lets every name through the DNS proxy` };
  return byName(covering, packet, perhaps.length > 0);
}

function byName(covering: readonly Pair[], packet: Packet, mayBeMore: boolean): ProxyAnswer {
  const answers = covering.map(pair => ({ pair, match: matchRule(pair.rule, packet) }));
  const passing = answers.find(({ match }) => match.match === 'yes');
  if (passing !== undefined) return { kind: 'passes', why: `${textOf(passing.pair)}: ${passing.match.why}` };
  const open = answers.find(({ match }) => match.match === 'unknown');
  if (open !== undefined) return { kind: 'unknown', why: open.match.why };
  const [first] = answers;
  const why = first === undefined ? '' : `${textOf(first.pair)}: ${first.match.why}`;
  return mayBeMore ? { kind: 'unknown', why } : { kind: 'refused', why: `Cilium's DNS proxy answers REFUSED: ${why}` };
}

/** Whether the rule covers the flow's way, the asked name left aside. */
function matchWay({ policy, rule }: Pair, packet: Packet): Match {
  const selects = matchSubject(policy.subject, packet);
  if (selects.match === 'no') return selects;
  const way = matchRule({ ...rule, fields: rule.fields.filter(field => field.name !== 'dns') }, packet);
  return way.match === 'yes' ? selects : way;
}

/** Whether any rule of the book sends queries through the proxy. */
export function hasDnsProxy(book: RuleBook): boolean {
  return foundIn(book).dns.length > 0;
}

type Found = { readonly dns: readonly Pair[]; readonly ports: readonly Pair[] };

const foundByBook = new WeakMap<RuleBook, Found>();

function withoutPeers({ dns, ports }: Found): Found {
  const strip = ({ policy, rule }: Pair): Pair => {
    const fields = rule.fields.filter(field => field.name === 'toPorts' || field.name === 'dns');
    return { policy, rule: { ...rule, fields } };
  };
  return { dns: dns.map(strip), ports: ports.map(strip) };
}

/** A book is asked for thousands of flows, and few of its rules have to do with DNS. Only Cilium's reader gives such rules. */
function foundIn(book: RuleBook): Found {
  const known = foundByBook.get(book);
  if (known !== undefined) return known;
  const policies = book.layers.flatMap(layer => layer.tiers.flatMap(tier => tier.policies));
  const pairs = policies.flatMap(policy => accepting(policy).map(rule => ({ policy, rule })));
  const dns = pairs.filter(({ rule }) =>
    rule.fields.some(field => field.anyOf.some(term => term.kind === 'dns-query')),
  );
  const ports =
    dns.length === 0
      ? []
      : pairs
          .filter(({ rule }) => !dns.some(pair => pair.rule === rule) && namesPorts(rule))
          .map(({ policy, rule }) => ({ policy, rule: withoutAllPorts(rule) }));
  const found = { dns, ports };
  foundByBook.set(book, found);
  return found;
}

function accepting({ egress }: Policy): readonly Rule[] {
  return egress === 'absent' ? [] : egress.filter(rule => rule.action === 'accept');
}

function namesPorts(rule: Rule): boolean {
  return rule.fields.some(field => field.anyOf.some(term => isPort(term as PortTerm)));
}

/** What a rule says of all ports beside the ports that it names does not count for these either. */
function withoutAllPorts(rule: Rule): Rule {
  const fields = rule.fields.map(field => ({
    ...field,
    anyOf: field.anyOf.filter(term => !isEveryPort(term as PortTerm)),
  }));
  return { ...rule, fields };
}

function isPort(term: PortTerm): boolean {
  return (term.kind === 'ports' && !isEveryPort(term)) || term.kind === 'named-port';
}

function isEveryPort(term: PortTerm): boolean {
  return term.kind === 'ports' && term.first <= 1 && term.last >= 65_535;
}

function textOf({ policy, rule }: Pair): string {
  return `${referenceText(policy.ref)} ${ruleText(rule)}`;
}

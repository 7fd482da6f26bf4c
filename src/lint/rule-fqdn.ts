/**
 * Cilium's rules by name count for addresses that its DNS proxy saw in an answer, and lookups pass that proxy only where a
 * DNS rule covers them. https://docs.cilium.io/en/stable/security/policy/language/#dns-based
 */
import { hasDnsProxy } from '../policy/dns-proxy.ts';
import { learnedNames } from '../policy/learned-names.ts';
import { matchesPattern } from '../policy/match-name.ts';
import type { PeerTerm, PortTerm, Rule } from '../policy/model.ts';
import { dnsRuleYaml } from './add-rule.ts';
import { type Finding, joinAnswers, NOTHING_FOUND, type RuleAnswer } from './finding.ts';
import { type Group, isolatedGroups } from './groups.ts';
import { type PolicyEntry, pathOfRule, type World, writtenRules } from './world.ts';

type Fqdn = Extract<PeerTerm, { kind: 'fqdn' }>;

/** Finds toFQDNs whose names the pods' node never learns. */
export function findUnlearnedNames(world: World): RuleAnswer {
  if (!['cilium', 'unknown'].includes(world.book.engine.name)) return NOTHING_FOUND;
  const answers = world.policies.flatMap(entry =>
    writtenRules(entry.policy, 'egress').flatMap(rule => {
      const names = namesOf(rule);
      return names.length === 0 ? [] : [judge(entry, rule, names, world)];
    }),
  );
  return joinAnswers(answers);
}

function namesOf(rule: Rule): readonly Fqdn[] {
  return rule.fields.flatMap(({ anyOf }) =>
    anyOf.filter((term): term is Fqdn => term.kind === 'fqdn' && term.dialect === 'cilium'),
  );
}

type Reason = { readonly name: string; readonly why: string };

function judge(entry: PolicyEntry, rule: Rule, names: readonly Fqdn[], world: World): RuleAnswer {
  const groups = isolatedGroups(world).filter(({ certain }) => certain.includes(entry));
  const doubts: string[] = [];
  const reasons = groups.flatMap(group =>
    names.flatMap((term): readonly Reason[] => {
      const answer = learns(term, group, world);
      if (answer.kind === 'perhaps') doubts.push(answer.why);
      return answer.kind === 'never' ? [{ name: textOf(term), why: `${group.text}: ${answer.why}` }] : [];
    }),
  );
  const [first] = reasons;
  const notChecked = [...new Set(doubts)].map(why => ({
    rule: 'fqdn-without-dns-rule' as const,
    object: entry.name,
    why,
  }));
  return { findings: first === undefined ? [] : [finding(entry, rule, names, reasons, world)], notChecked };
}

function finding(
  { name, policy }: PolicyEntry,
  rule: Rule,
  names: readonly Fqdn[],
  reasons: readonly Reason[],
  world: World,
): Finding {
  const lacking = [...new Set(reasons.map(reason => reason.name))];
  const queries = names.map(term => (term.name === null ? { matchPattern: term.pattern } : { matchName: term.name }));
  return {
    rule: 'fqdn-without-dns-rule',
    severity: 'error',
    object: name,
    place: world.placeOf(name, [...pathOfRule(rule, 'egress'), 'toFQDNs']),
    what: `It allows ${lacking.slice(0, 3).join(', ')}${lacking.length > 3 ? ' and more' : ''} by name, and the name is never learned (${reasons[0]?.why}).`,
    why: 'A rule by name opens only addresses that the DNS proxy saw in an answer to these pods, so that every connection is dropped.',
    fix: {
      text: 'Add a DNS rule (rules.dns) for these names to a policy of the same pods, towards the DNS that they use.',
      yaml: dnsRuleYaml(policy.ref, ['UDP', 'TCP'], queries),
    },
  };
}

type Learns =
  | { readonly kind: 'learned' }
  | { readonly kind: 'perhaps'; readonly why: string }
  | { readonly kind: 'never'; readonly why: string };

function learns(term: Fqdn, group: Group, world: World): Learns {
  const { book, cluster } = world;
  const [pod] = group.pods;
  if (pod === undefined || !hasDnsProxy(book)) return learnsByRules(term, group);
  const ask = learnedNames(book, cluster, pod);
  const answers = candidates(term, group).map(ask);
  if (answers.some(({ match }) => match === 'yes')) return { kind: 'learned' };
  const doubt = answers.find(({ match }) => match === 'unknown');
  if (doubt !== undefined) return { kind: 'perhaps', why: doubt.why };
  return { kind: 'never', why: answers[0]?.why ?? '' };
}

/** Without a pod to ask for: whether a DNS rule of the same pods lists the name. */
function learnsByRules(term: Fqdn, group: Group): Learns {
  const lists = (entries: readonly PolicyEntry[]) =>
    queriesOf(entries).some(query => candidates(term, group).some(name => isListed(query, name)));
  if (lists(group.certain)) return { kind: 'learned' };
  if (lists(group.possible))
    return {
      kind: 'perhaps',
      why: `whether the DNS rule for ${textOf(term)} is one of the same pods is not known without the pods`,
    };
  return { kind: 'never', why: `no DNS rule (rules.dns) of theirs lists ${textOf(term)}` };
}

type DnsQuery = Extract<PortTerm, { kind: 'dns-query' }>;

function queriesOf(entries: readonly PolicyEntry[]): readonly DnsQuery[] {
  return entries.flatMap(({ policy }) =>
    writtenRules(policy, 'egress')
      .filter(rule => rule.action === 'accept')
      .flatMap(rule => rule.fields.flatMap(({ anyOf }) => anyOf.filter(term => term.kind === 'dns-query'))),
  );
}

function isListed({ names, patterns }: DnsQuery, name: string): boolean {
  return names.includes(name) || patterns.some(pattern => matchesPattern(pattern, name, 'cilium'));
}

/** The name; of a pattern, some name of it, and the names of DNS rules that it matches. */
function candidates({ name, pattern }: Fqdn, { certain, possible }: Group): readonly string[] {
  if (name !== null) return [name];
  const wanted = pattern ?? '';
  const listed = queriesOf([...certain, ...possible]).flatMap(query => [
    ...query.names,
    ...query.patterns.map(instanceOf),
  ]);
  return [instanceOf(wanted), ...listed.filter(each => matchesPattern(wanted, each, 'cilium'))];
}

/** `*.stripe.com` -> `x.stripe.com` */
function instanceOf(pattern: string): string {
  return pattern.replace(/\*+/g, 'x');
}

function textOf({ name, pattern }: Fqdn): string {
  return name ?? pattern ?? '';
}

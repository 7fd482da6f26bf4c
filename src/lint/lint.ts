/** The rules, and their run over some input. */
import type { Finding, LintReport, RuleAnswer, RuleId } from './finding.ts';
import { joinAnswers } from './finding.ts';
import { findStaleAddresses } from './rule-addresses.ts';
import { findDenyAlone } from './rule-deny-alone.ts';
import { findMissingDns } from './rule-dns.ts';
import { findForeignPolicies } from './rule-engine.ts';
import { findUnlearnedNames } from './rule-fqdn.ts';
import { findOpenBlocks } from './rule-ip-block.ts';
import { findIdlePeers, findIdlePolicies } from './rule-selects.ts';
import { findShadowedRules } from './rule-shadowed.ts';
import { findDuplicates, findUnreadable } from './rule-unreadable.ts';
import { findSeparateSelectors, findTypesWithoutEgress } from './rule-written.ts';
import { type LintInput, readWorld, type World } from './world.ts';

/** Every rule's title, for reports that list the rules. */
export const RULE_TITLES: Readonly<Record<RuleId, string>> = {
  unreadable: 'Objects can be read as their API says',
  'not-evaluated': 'Every policy kind is one that can be evaluated',
  'engine-absent': 'Policies are for the network plugin that is there',
  'policy-types': 'Egress rules count: policyTypes lists Egress',
  'deny-alone': 'An egress deny ships with its allows',
  'dns-not-allowed': 'Pods whose egress is shut can ask DNS',
  'dns-udp-not-allowed': 'Pods whose egress is shut can ask DNS over UDP',
  'dns-tcp-not-allowed': 'Pods whose egress is shut can ask DNS over TCP',
  'selects-no-pod': 'Every policy selects a pod',
  'peer-selects-no-pod': 'Every peer of a rule selects a pod',
  'separate-selectors': 'A namespaceSelector and a podSelector that belong together are one peer',
  'fqdn-without-dns-rule': 'Names of toFQDNs pass the DNS proxy, so that they are learned',
  'stale-address': 'Pinned addresses are still those of their host',
  'missing-address': 'Every address of a pinned host is pinned',
  'cluster-not-excepted': "Blocks of the internet leave the cluster's own ranges out",
  'private-not-excepted': 'Blocks of the internet leave private ranges out',
  'shadowed-rule': 'Every rule can decide something',
  'duplicate-object': 'Every object is written once',
};

/** The order is that of a report: what makes the rest doubtful comes first. */
const RULES: readonly ((world: World) => RuleAnswer)[] = [
  findUnreadable,
  findDuplicates,
  findForeignPolicies,
  findTypesWithoutEgress,
  findDenyAlone,
  findMissingDns,
  findUnlearnedNames,
  findIdlePolicies,
  findIdlePeers,
  findSeparateSelectors,
  findStaleAddresses,
  findOpenBlocks,
  findShadowedRules,
];

/** Lints each input by itself (a case file is a cluster of its own) and joins what was found. Never throws. */
export function lint(inputs: readonly LintInput[]): LintReport {
  const worlds = inputs.map(readWorld);
  const answer = joinAnswers(worlds.flatMap(world => RULES.map(rule => rule(world))));
  return {
    ...answer,
    policies: worlds.reduce((count, { policies }) => count + new Set(policies.map(({ name }) => name)).size, 0),
    files: [...new Set(inputs.flatMap(({ sources }) => sources.flatMap(({ file }) => file ?? [])))],
  };
}

/** Whether a finding is worth stopping a pipeline for. */
export function isSerious({ severity }: Finding): boolean {
  return severity !== 'note';
}

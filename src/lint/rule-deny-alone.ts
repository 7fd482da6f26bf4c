/** "Ship the allowlist and the deny together, never the deny alone": a policy that shuts its pods, and nothing that opens them. */
import { dnsRuleYaml } from './add-rule.ts';
import { type Finding, NOTHING_FOUND, type NotChecked, type RuleAnswer } from './finding.ts';
import { allowingRules, type Group, isolatedGroups, shutsEgress } from './groups.ts';
import type { PolicyEntry, World } from './world.ts';

/** Finds policies that isolate pods for which no policy allows anything. One finding for each policy that shuts. */
export function findDenyAlone(world: World): RuleAnswer {
  const groups = isolatedGroups(world).filter(({ certain }) => allowingRules(certain).length === 0);
  const bare = groups.filter(({ possible }) => allowingRules(possible).length === 0);
  const byPolicy = Map.groupBy(bare, group => shutting(group));
  const findings = [...byPolicy].flatMap(([entry, of]) => (entry === undefined ? [] : [finding(entry, of, world)]));
  const open = groups.filter(group => !bare.includes(group) && !byPolicy.has(shutting(group)));
  return findings.length + open.length === 0 ? NOTHING_FOUND : { findings, notChecked: open.flatMap(notChecked) };
}

/** Whether nothing allows anything to a group: what else is missing goes without saying. */
export function isBare({ certain, possible }: Group): boolean {
  return allowingRules([...certain, ...possible]).length === 0;
}

function shutting({ certain }: Group): PolicyEntry | undefined {
  return certain.find(shutsEgress);
}

function finding(entry: PolicyEntry, groups: readonly Group[], world: World): Finding {
  const { name, policy } = entry;
  const texts = groups.map(({ text }) => text);
  // Where it ships with allows for others of its pods, these may well be meant to send nothing.
  const hasAllows = isolatedGroups(world).some(group => group.certain.includes(entry) && !isBare(group));
  const list = texts.length > 3 ? `${texts.slice(0, 3).join(', ')} and more` : texts.join(', ');
  return {
    rule: 'deny-alone',
    severity: hasAllows ? 'note' : 'warning',
    object: name,
    place: world.placeOf(name, ['spec', 'egress']),
    what: `It denies all egress of ${list}, and no policy allows anything to them.`,
    why: 'Everything that these pods send is dropped without a word: DNS, the cluster, and every outside host; what they see are time-outs.',
    fix: {
      text: 'Ship the allows together with the deny: DNS, metrics, and the real destinations. The rule below is for DNS; add one for each destination.',
      yaml: dnsRuleYaml(policy.ref, ['UDP', 'TCP']),
    },
  };
}

function notChecked(group: Group): readonly NotChecked[] {
  const entry = shutting(group);
  const names = group.possible.filter(each => allowingRules([each]).length > 0).map(each => each.name);
  if (entry === undefined) return [];
  return [
    {
      rule: 'deny-alone',
      object: entry.name,
      why: `whether each of its pods is also selected by ${names.join(' or ')}, which allows something, is not known without the pods`,
    },
  ];
}

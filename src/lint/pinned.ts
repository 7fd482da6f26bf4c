/** Single addresses in rules, and the hosts that somebody wrote beside them. */
import { termsOf } from '../diagnose/fix-terms.ts';
import { readHostname } from '../hostname.ts';
import { formatAddress } from '../policy/address.ts';
import { compareText } from '../policy/coverage.ts';
import type { PeerTerm } from '../policy/model.ts';
import { isRecord, memberOf, textsAt } from '../policy/reading.ts';
import type { PolicyEntry, World } from './world.ts';

/** One address of an egress rule that allows; `hosts`: those that a comment on its line names. */
export type PinnedAddress = { readonly text: string; readonly hosts: readonly string[] };

/** The single addresses (/32, /128) that a policy's egress rules name, and the hosts that the policy speaks of. */
export type Pins = {
  readonly addresses: readonly PinnedAddress[];
  /** From its description and annotations: which of its addresses they mean is known only when one host is named. */
  readonly hosts: readonly string[];
};

/** What a policy pins, addresses of the cluster's own nodes, pods and Services left out. */
export function pinsOf({ policy, name }: PolicyEntry, world: World): Pins {
  const { nodesByAddress, podsByAddress, servicesByAddress } = world.cluster;
  const texts = termsOf(policy, 'egress').flatMap(term => (term.kind === 'ipBlock' ? singleAddress(term) : []));
  const outside = [...new Set(texts)].filter(
    text => !nodesByAddress.has(text) && !podsByAddress.has(text) && !servicesByAddress.has(text),
  );
  if (outside.length === 0) return { addresses: [], hosts: [] };
  const remarks = world.remarksOf(name);
  return {
    addresses: outside.map(text => ({
      text,
      hosts: remarks.filter(({ value }) => value.replace(/\/\d+$/, '') === text).flatMap(each => hostsIn(each.comment)),
    })),
    hosts: [...new Set(world.objectsNamed(name).flatMap(describingTexts).flatMap(hostsIn))],
  };
}

function singleAddress({ range }: Extract<PeerTerm, { kind: 'ipBlock' }>): readonly string[] {
  return range.first === range.last ? [formatAddress(range.family, range.first)] : [];
}

/** Annotations whose name says that a person reads them; others hold JSON, versions and API groups, full of dots. */
const DESCRIBING =
  /(^|[/._-])(description|comment|note|host|hosts|hostname|hostnames|fqdn|fqdns|destination|destinations)$/i;

function describingTexts(object: unknown): readonly string[] {
  const annotations = Object.entries(textsAt(object, 'metadata', 'annotations'));
  const specs = [memberOf(object, 'spec'), ...asList(memberOf(object, 'specs'))];
  const descriptions = specs.map(spec => (isRecord(spec) ? spec.description : undefined));
  return [
    ...annotations.filter(([key]) => DESCRIBING.test(key)).map(([, text]) => text),
    ...descriptions.filter(text => typeof text === 'string'),
  ];
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Words of a text that are host names with a dot: `for api.stripe.com.` names one, `v1.2` and `e.g.` none. */
export function hostsIn(text: string): readonly string[] {
  const words = text.slice(0, 2000).split(/[\s,;()"'<>[\]{}|=]+/);
  return [...new Set(words.flatMap(hostOf))];
}

function hostOf(word: string): readonly string[] {
  const bare = word
    .replace(/^https?:\/\//, '')
    .replace(/[/:].*$/, '')
    .replace(/[.!?]+$/, '');
  if (!/\.[a-z][a-z0-9-]+$/i.test(bare)) return [];
  const reading = readHostname(bare);
  return reading.kind === 'hostname' ? [reading.name] : [];
}

/** Every host that the policies name beside an address: what `--lookup` has to resolve. */
export function hostsNamed(world: World): readonly string[] {
  const named = world.policies.flatMap(entry => {
    const { addresses, hosts } = pinsOf(entry, world);
    return addresses.length === 0 ? [] : [...hosts, ...addresses.flatMap(each => each.hosts)];
  });
  return [...new Set(named)].toSorted(compareText);
}

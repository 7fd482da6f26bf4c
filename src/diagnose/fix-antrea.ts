/**
 * Antrea: a NetworkPolicy of its own in the tier of the policy that denies, asked just before it, with the host by name.
 * What Antrea allows is allowed: no NetworkPolicy of Kubernetes is asked after it.
 * https://github.com/antrea-io/antrea/blob/main/docs/antrea-network-policy.md
 */
import type { KubernetesObject } from '../evidence.ts';
import { identityOf, memberOf, objectName, textAt } from '../policy/reading.ts';
import type { Draft, FixKind, Manifest, Need, Situation } from './fix-kind.ts';
import { allowWords, proposedObject, servedVersion } from './fix-manifest.ts';
import { predictionsOf } from './fix-needs.ts';
import { peerOfPod } from './fix-peers.ts';
import { type SubjectChoice, selectorManifest } from './fix-workload.ts';

/** The host by its name, also where Kubernetes' own policies deny it: Antrea alone can name a host. */
export const ANTREA_BY_NAME: FixKind = {
  name: 'NetworkPolicy of Antrea by name',
  draft: (situation, subject) => draftAntrea(situation, subject, 'name'),
};
/** Exactly its addresses, where a policy of Antrea's own denies them. */
export const ANTREA_EXACT: FixKind = {
  name: 'NetworkPolicy of Antrea for exact addresses',
  draft: (situation, subject) => draftAntrea(situation, subject, 'address'),
};

const GROUP = 'crd.antrea.io';
/** Of a policy without one. */
const DEFAULT_TIER = 'application';
/** What Antrea's guide uses in its examples; only policies of Antrea compare with it. */
const PLAIN_PRIORITY = 5;
const EARLIEST = 1;

type Json = Readonly<Record<string, unknown>>;
type Place = { readonly tier: string; readonly priority: number; readonly before: string | null };

function draftAntrea(situation: Situation, subject: SubjectChoice, host: 'name' | 'address'): Draft {
  const { book, needs } = situation;
  if (book.engine.name !== 'antrea') return refused('the cluster does not run Antrea');
  const deniers = situation.objects.filter(each => isAntrea(each) && situation.deniedBy.includes(objectName(each)));
  const version = servedVersion(situation, GROUP, 'NetworkPolicy');
  if (version === null) return refused('the cluster does not serve policies of Antrea');
  if (host === 'address' && deniers.length === 0) return refused('no policy of Antrea’s own denies it');
  if (host === 'name' && situation.host.kind !== 'name') return refused('the destination is no name');
  if (needs.some(need => need.side === 'ingress')) return refused('the destination’s side denies it as well');
  const place = placeBefore(deniers, situation.objects);
  if (place === null)
    return refused('no priority is left before the policy of Antrea that denies it: its owner has to change it');
  const rules = [...needs, ...openLookups(situation)].map(need => ruleOf(need, host, situation));
  const written = rules.filter(rule => rule !== null);
  if (written.length < rules.length) return refused('a pod on the way has no label that lasts, so no rule can name it');
  const where = place.before === null ? '' : `, asked just before ${place.before}`;
  return {
    kind: 'draft',
    manifests: [manifestOf(situation, subject, place, version, distinct(written))],
    how: `NetworkPolicy of Antrea in tier ${place.tier} with priority ${place.priority}${where}, with ${host === 'name' ? 'the host by its name' : 'exactly its addresses'}`,
  };
}

function isAntrea(object: KubernetesObject): boolean {
  return identityOf(object)?.group === GROUP;
}

/** null: the earliest priority is taken. Policies that deny in several tiers: the first asked is the one that was blamed. */
function placeBefore(deniers: readonly KubernetesObject[], objects: Situation['objects']): Place | null {
  const [denier] = deniers.toSorted((a, b) => priorityOf(a) - priorityOf(b));
  if (denier === undefined) return { tier: DEFAULT_TIER, priority: PLAIN_PRIORITY, before: null };
  const tier = tierOf(denier);
  const own = priorityOf(denier);
  const earlier = objects.filter(each => isAntrea(each) && tierOf(each) === tier).map(priorityOf);
  const last = Math.max(EARLIEST - 1, ...earlier.filter(priority => priority < own));
  const between = last < own - 1 ? own - 1 : (last + own) / 2;
  const priority = Math.max(EARLIEST, between);
  return priority < own ? { tier, priority, before: `${objectName(denier)} (priority ${own})` } : null;
}

/** Lookups of which the rules leave open whether they pass: a drop by ipBlock may cover the nameserver's pods. */
function openLookups({ asked, book, cluster, target, lookups }: Situation): readonly Need[] {
  const dns = asked.filter(({ purpose }) => purpose === 'dns');
  if (predictionsOf(dns, book, cluster, target).every(flow => flow.decision !== 'unknown')) return [];
  const over = (protocol: 'UDP' | 'TCP') => lookups.map(need => ({ ...need, port: { ...need.port, protocol } }));
  return [...over('UDP'), ...over('TCP')];
}

function tierOf(object: KubernetesObject): string {
  return textAt(object, 'spec', 'tier') || DEFAULT_TIER;
}

function priorityOf(object: KubernetesObject): number {
  const priority = memberOf(object, 'spec', 'priority');
  return typeof priority === 'number' ? priority : Number.POSITIVE_INFINITY;
}

/** null: the pod at the other end cannot be named. */
function ruleOf(need: Need, by: 'name' | 'address', { host, objects }: Situation): Json | null {
  const ports = [{ protocol: need.port.protocol, port: need.port.port }];
  const { to } = need;
  if (to.kind === 'pod') {
    const peer = peerOfPod(to, objects);
    if (peer === null || peer.kind !== 'pods') return null;
    const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': peer.namespace } };
    return { action: 'Allow', to: [{ namespaceSelector, podSelector: selectorManifest(peer.selector) }], ports };
  }
  const isNamed = by === 'name' && need.purpose === 'destination' && host.kind === 'name';
  const block = { ipBlock: { cidr: `${to.address}/${to.address.includes(':') ? 128 : 32}` } };
  return { action: 'Allow', to: [isNamed ? { fqdn: host.name } : block], ports };
}

function distinct(rules: readonly Json[]): readonly Json[] {
  return [...new Map(rules.map(rule => [JSON.stringify(rule), rule])).values()];
}

function manifestOf(
  situation: Situation,
  subject: SubjectChoice,
  { tier, priority }: Place,
  version: string,
  egress: readonly Json[],
): Manifest {
  return proposedObject(
    situation,
    {
      apiVersion: `${GROUP}/${version}`,
      kind: 'NetworkPolicy',
      namespace: situation.target.namespace,
      words: allowWords(situation),
    },
    { tier, priority, appliedTo: [{ podSelector: selectorManifest(subject.selector) }], egress },
  );
}

function refused(why: string): Draft {
  return { kind: 'not-applicable', why };
}

/**
 * A denial of the administrators' tiers, which no NetworkPolicy can override: a policy of the same kind beside it, one
 * step earlier, for this workload and this host alone. https://network-policy-api.sigs.k8s.io/reference/spec/
 */
import type { KubernetesObject } from '../evidence.ts';
import { whyNoPeer } from '../policy/admin-engine.ts';
import { memberOf, textAt } from '../policy/reading.ts';
import type { Draft, FixKind, Manifest, Need, Situation } from './fix-kind.ts';
import { allowWords, proposedObject } from './fix-manifest.ts';
import type { AllowedPort } from './fix-networkpolicy.ts';
import { peerOfPod } from './fix-peers.ts';
import { type LabelSelector, type SubjectChoice, selectorManifest } from './fix-workload.ts';

/** Accept (v1alpha2) or Allow (v1alpha1) before the policy that denies. Not for a baseline of v1alpha1: there is only one. */
export const ADMIN_POLICY: FixKind = { name: 'policy of the administrators’ tier', draft: draftAdmin };

const KINDS = ['ClusterNetworkPolicy', 'AdminNetworkPolicy'] as const;
type Kind = (typeof KINDS)[number];

/** The policy to be earlier than. */
type Denier = {
  readonly kind: Kind;
  readonly name: string;
  readonly tier: 'Admin' | 'Baseline';
  readonly priority: number;
};

function draftAdmin(situation: Situation, subject: SubjectChoice): Draft {
  const deniers = situation.deniedBy.flatMap(reference => denierOf(reference, situation.objects));
  const [first] = deniers.toSorted((a, b) => a.priority - b.priority);
  if (first === undefined) return notApplicable('no policy of the administrators’ tiers denies it');
  if (situation.needs.some(need => need.side === 'ingress'))
    return notApplicable('the destination’s side denies it as well');
  const priority = freePriority(first, situation.objects);
  if (priority === null)
    return notApplicable(`${first.kind} ${first.name} has the earliest priority already: its owner has to change it`);
  const egress: object[] = [];
  for (const need of situation.needs) {
    const peer = peerOf(need, first, situation);
    if (peer === null) return notApplicable('a pod of the destination has no label that lasts');
    egress.push({
      name: `allow-${egress.length + 1}`,
      action: acceptOf(first.kind),
      to: [peer],
      ...portsOf(first.kind, need.port),
    });
  }
  const manifest = manifestOf(first, priority, situation, subject.selector, egress);
  const by = usesName(first, situation) ? 'the host by name' : 'the host by address';
  return {
    kind: 'draft',
    manifests: [manifest],
    how: `${first.kind} with ${by}, checked just before ${first.kind} ${first.name} (priority ${first.priority}), which no NetworkPolicy can override`,
  };
}

function denierOf(reference: string, objects: Situation['objects']): readonly Denier[] {
  const [word = '', name = ''] = reference.split(' ');
  const kind = KINDS.find(each => each === word);
  const object = objects.find(each => each.kind === kind && textAt(each, 'metadata', 'name') === name);
  const priority = object === undefined ? null : priorityOf(object);
  if (kind === undefined || object === undefined || priority === null) return [];
  return [{ kind, name, tier: textAt(object, 'spec', 'tier') === 'Baseline' ? 'Baseline' : 'Admin', priority }];
}

/** The highest number below the denier's that no policy of its kind and tier has; null: none is left. */
function freePriority(denier: Denier, objects: Situation['objects']): number | null {
  const taken = new Set(
    objects
      .filter(each => each.kind === denier.kind && (textAt(each, 'spec', 'tier') ?? 'Admin') === denier.tier)
      .map(priorityOf),
  );
  for (let priority = denier.priority - 1; priority >= 0; priority--) {
    if (!taken.has(priority)) return priority;
  }
  return null;
}

function priorityOf(object: KubernetesObject): number | null {
  const priority = memberOf(object, 'spec', 'priority');
  return typeof priority === 'number' ? priority : null;
}

function acceptOf(kind: Kind): string {
  return kind === 'ClusterNetworkPolicy' ? 'Accept' : 'Allow';
}

/** Names are for accept rules of the Admin tier only, and not every engine implements them. */
function usesName(denier: Denier, { host, book }: Situation): boolean {
  const isKnown = whyNoPeer('domainNames', book.engine) === null;
  return isKnown && denier.tier === 'Admin' && denier.kind === 'ClusterNetworkPolicy' && host.kind === 'name';
}

function peerOf(need: Need, denier: Denier, situation: Situation): object | null {
  if (need.to.kind === 'pod') {
    const peer = peerOfPod(need.to, situation.objects);
    return peer === null || peer.kind !== 'pods' ? null : { pods: podsIn(peer.namespace, peer.selector) };
  }
  if (need.purpose === 'destination' && usesName(denier, situation) && situation.host.kind === 'name') {
    return { domainNames: [situation.host.name] };
  }
  const { address } = need.to;
  return { networks: [`${address}/${address.includes(':') ? 128 : 32}`] };
}

function portsOf(kind: Kind, { port, protocol }: AllowedPort): object {
  if (kind === 'AdminNetworkPolicy') return { ports: [{ portNumber: { protocol, port } }] };
  return { protocols: [{ [protocol.toLowerCase()]: { destinationPort: { number: port } } }] };
}

function podsIn(namespace: string, selector: LabelSelector): object {
  return {
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
    podSelector: selectorManifest(selector),
  };
}

function manifestOf(
  denier: Denier,
  priority: number,
  situation: Situation,
  selector: LabelSelector,
  egress: readonly object[],
): Manifest {
  const { target } = situation;
  const isNew = denier.kind === 'ClusterNetworkPolicy';
  const apiVersion = `policy.networking.k8s.io/${isNew ? 'v1alpha2' : 'v1alpha1'}`;
  const words = ['allow', target.namespace, ...allowWords(situation).slice(1)];
  return proposedObject(
    situation,
    { apiVersion, kind: denier.kind, namespace: undefined, words },
    {
      ...(isNew ? { tier: denier.tier } : {}),
      priority,
      subject: { pods: podsIn(target.namespace, selector) },
      egress: dedupe(egress),
    },
  );
}

/** Two nameservers behind one Service, or two addresses of one name, make the same rule twice. */
function dedupe(rules: readonly object[]): readonly object[] {
  const seen = new Set<string>();
  return rules.filter(rule => {
    const text = JSON.stringify({ ...rule, name: '' });
    return !seen.has(text) && seen.add(text);
  });
}

function notApplicable(why: string): Draft {
  return { kind: 'not-applicable', why };
}

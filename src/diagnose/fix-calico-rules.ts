/** Rules and manifests in Calico's language: what a fix allows, written as a NetworkPolicy of projectcalico.org/v3. */
import type { EarlierPlace } from './fix-calico-place.ts';
import type { Manifest, Need, Situation } from './fix-kind.ts';
import { allowWords, proposedObject } from './fix-manifest.ts';
import type { Allowance, AllowedPeer } from './fix-networkpolicy.ts';
import { peerOfAddress, peerOfPod } from './fix-peers.ts';
import { chooseSubject } from './fix-subject.ts';
import type { LabelSelector } from './fix-workload.ts';

type Json = Readonly<Record<string, unknown>>;

/** What opens one need, by labels or by address; null: its pod has no label that lasts. */
export function allowanceOf(need: Need, { objects }: Situation): Allowance | null {
  const peer = need.to.kind === 'address' ? peerOfAddress(need.to.address) : peerOfPod(need.to, objects);
  return peer === null ? null : { peers: [peer], ports: [need.port] };
}

/** The peer is the destination on egress and the source on ingress; ports are always the destination's. */
export function allowanceRules(
  { peers, ports }: Allowance,
  side: 'egress' | 'ingress',
  namespace: string,
): readonly Json[] {
  const entities = peers.flatMap(peer => (peer.kind === 'pods' ? [podsOf(peer, namespace)] : netsOf(peer)));
  return entities.flatMap(entity =>
    side === 'egress' ? rulesOf({}, entity, ports) : rulesOf({ source: entity }, {}, ports),
  );
}

/** An ipBlock as nets and notNets. */
export function netsOf(peer: AllowedPeer): readonly Json[] {
  if (peer.kind !== 'ipBlock') return [];
  return [{ nets: [peer.cidr], ...(peer.except.length > 0 && { notNets: peer.except }) }];
}

/** One rule for each protocol, which a rule has one of. */
export function rulesOf(more: Json, destination: Json, ports: Allowance['ports']): readonly Json[] {
  return [...Map.groupBy(ports, port => port.protocol)].map(([protocol, of]) => ({
    action: 'Allow',
    protocol,
    ...more,
    destination: { ...destination, ports: [...new Set(of.map(({ port }) => port))] },
  }));
}

function podsOf(peer: Extract<AllowedPeer, { kind: 'pods' }>, own: string): Json {
  const selector = selectorText(peer.selector);
  return peer.namespace === own
    ? { selector }
    : { namespaceSelector: `projectcalico.org/name == '${peer.namespace}'`, selector };
}

/** The same choice in Calico's language. Keys and values of labels have no quotes in them. */
function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key} == '${value}'`);
  return [...labels, ...matchExpressions.map(conditionText)].join(' && ') || 'all()';
}

function conditionText(condition: Json): string {
  const { key, operator, values } = condition;
  const set = `{${(Array.isArray(values) ? values : []).map(value => `'${value}'`).join(', ')}}`;
  const words: Readonly<Record<string, string>> = {
    In: `${key} in ${set}`,
    NotIn: `${key} not in ${set}`,
    Exists: `has(${key})`,
    DoesNotExist: `!has(${key})`,
  };
  return words[String(operator)] ?? `has(${key})`;
}

// ---------------------------------------------------------------- manifests

/** The workload's own side. */
export function egressManifest(
  situation: Situation,
  subject: LabelSelector,
  place: EarlierPlace,
  egress: readonly Json[],
): Manifest {
  return manifestOf(situation, place, {
    namespace: situation.target.namespace,
    words: allowWords(situation),
    selector: subject,
    rules: { types: ['Egress'], egress },
  });
}

/** The destination's side: one policy for each workload whose ingress rules drop the flow; null: one of them has no lasting label. */
export function ingressManifests(
  situation: Situation,
  source: LabelSelector,
  place: EarlierPlace,
): readonly Manifest[] | null {
  const { target, objects, cluster, book } = situation;
  const manifests = new Map<string, Manifest>();
  for (const { side, to, port } of situation.needs) {
    if (side !== 'ingress' || to.kind !== 'pod') continue;
    const subject = chooseSubject({ pod: to.pod, side, objects, cluster, book });
    if (subject.kind === 'none') return null;
    const { selector } = subject.choice;
    const { namespace } = to.pod;
    const peer: AllowedPeer = { kind: 'pods', namespace: target.namespace, selector: source };
    const ingress = allowanceRules({ peers: [peer], ports: [port] }, 'ingress', namespace);
    const words = ['allow', to.service?.split('/')[1] ?? to.pod.name, 'from', target.owner?.name ?? target.pod];
    const rules = { types: ['Ingress'], ingress };
    manifests.set(
      JSON.stringify([namespace, selector, port]),
      manifestOf(situation, place, { namespace, words, selector, rules }),
    );
  }
  return [...manifests.values()];
}

type Part = {
  readonly namespace: string;
  readonly words: readonly string[];
  readonly selector: LabelSelector;
  readonly rules: Json;
};

/**
 * Outside the tier default, a policy's name begins with that of its tier. That tier is not named: before tiers came with
 * 3.29 (https://github.com/projectcalico/calico/pull/9085), the API refuses the field as unknown.
 */
function manifestOf(situation: Situation, { tier, order }: EarlierPlace, part: Part): Manifest {
  return proposedObject(
    situation,
    {
      apiVersion: 'projectcalico.org/v3',
      kind: 'NetworkPolicy',
      namespace: part.namespace,
      words: part.words,
      prefix: tier === 'default' ? '' : `${tier}.`,
    },
    { ...(tier !== 'default' && { tier }), order, selector: selectorText(part.selector), ...part.rules },
  );
}

/**
 * Managed clusters with a policy kind of their own that names hosts: GKE's FQDNNetworkPolicy and, on EKS Auto Mode,
 * ApplicationNetworkPolicy. Both stand beside NetworkPolicy, and what either allows is allowed.
 * https://cloud.google.com/kubernetes-engine/docs/how-to/fqdn-network-policies
 * https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
 */
import type { Draft, FixKind, Manifest, Need, Situation } from './fix-kind.ts';
import { allowWords, proposedObject, servedVersion } from './fix-manifest.ts';
import type { AllowedPort } from './fix-networkpolicy.ts';
import { NETWORK_POLICY_EXACT } from './fix-plain.ts';
import { type SubjectChoice, selectorManifest } from './fix-workload.ts';

type Spec = Readonly<Record<string, unknown>>;

/** A policy kind that names hosts, and how its spec is written. */
type NamingKind = {
  readonly engine: Situation['book']['engine']['name'];
  readonly engineText: string;
  readonly group: string;
  readonly kind: string;
  readonly spec: (name: string, ports: readonly AllowedPort[]) => Spec;
};

/** The host by its name where GKE Dataplane V2 enforces and FQDNNetworkPolicy is switched on. */
export const GKE_BY_NAME: FixKind = kindOf({
  engine: 'gke-dataplane-v2',
  engineText: 'GKE Dataplane V2',
  group: 'networking.gke.io',
  kind: 'FQDNNetworkPolicy',
  spec: (name, ports) => ({ egress: [{ matches: [{ name }], ports }] }),
});

/** The host by its name on EKS Auto Mode; elsewhere nothing enforces the name, which the proof then tells. */
export const EKS_BY_NAME: FixKind = kindOf({
  engine: 'aws-vpc-cni',
  engineText: 'the Amazon VPC CNI',
  group: 'networking.k8s.aws',
  kind: 'ApplicationNetworkPolicy',
  spec: (name, ports) => ({ policyTypes: ['Egress'], egress: [{ to: [{ domainNames: [name] }], ports }] }),
});

function kindOf(naming: NamingKind): FixKind {
  return { name: `${naming.kind} by name`, draft: (situation, subject) => draftByName(situation, subject, naming) };
}

function draftByName(situation: Situation, subject: SubjectChoice, naming: NamingKind): Draft {
  const { book, host, needs, cluster } = situation;
  if (book.engine.name !== naming.engine) return refused(`the cluster does not run ${naming.engineText}`);
  const version = servedVersion(situation, naming.group, naming.kind);
  if (version === null) return refused(`the cluster does not serve ${naming.kind}`);
  if (host.kind !== 'name') return refused('the destination is no name');
  const isNamed = ({ purpose, side, to }: Need) =>
    purpose === 'destination' && side === 'egress' && to.kind === 'address' && !cluster.nodesByAddress.has(to.address);
  const named = needs.filter(isNamed);
  if (named.length === 0) return refused('nothing outside the cluster is denied');
  const others = needs.filter(need => !isNamed(need));
  const rest = others.length === 0 ? null : NETWORK_POLICY_EXACT.draft({ ...situation, needs: others }, subject);
  if (rest !== null && rest.kind !== 'draft') return rest;
  const manifest = manifestOf(situation, subject, naming, version, host.name, portsOf(named));
  const beside = rest === null ? '' : `, and a ${rest.how} for the rest`;
  return {
    kind: 'draft',
    manifests: [manifest, ...(rest?.manifests ?? [])],
    how: `${naming.kind} with the host by name${beside}: stricter than any NetworkPolicy, which knows addresses alone`,
  };
}

function portsOf(needs: readonly Need[]): readonly AllowedPort[] {
  return [
    ...new Map(needs.map(({ port: { protocol, port } }) => [`${protocol}/${port}`, { protocol, port }])).values(),
  ];
}

function manifestOf(
  situation: Situation,
  subject: SubjectChoice,
  { group, kind, spec }: NamingKind,
  version: string,
  name: string,
  ports: readonly AllowedPort[],
): Manifest {
  return proposedObject(
    situation,
    { apiVersion: `${group}/${version}`, kind, namespace: situation.target.namespace, words: allowWords(situation) },
    { podSelector: selectorManifest(subject.selector), ...spec(name, ports) },
  );
}

function refused(why: string): Draft {
  return { kind: 'not-applicable', why };
}

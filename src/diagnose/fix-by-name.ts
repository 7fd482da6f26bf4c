/**
 * Managed clusters with a policy kind of their own that names hosts: GKE's FQDNNetworkPolicy and, on EKS Auto Mode,
 * ApplicationNetworkPolicy. Both stand beside NetworkPolicy, and what either allows is allowed.
 * https://cloud.google.com/kubernetes-engine/docs/how-to/fqdn-network-policies
 * https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
 */
import { textAt } from '../policy/reading.ts';
import {
  type Draft,
  type FixKind,
  type Manifest,
  type Need,
  portText,
  type Situation,
  workloadText,
} from './fix-kind.ts';
import { nameFor } from './fix-name.ts';
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
  const version = versionOf(situation, naming);
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

/** As served; else as used by an object that was read. null: the cluster does not have the kind. */
function versionOf({ apis, objects }: Situation, { group, kind }: NamingKind): string | null {
  const served = apis.find(api => api.group === group && api.kind === kind)?.version;
  const used = objects.find(each => each.kind === kind && String(each.apiVersion).startsWith(`${group}/`));
  return served ?? (used === undefined ? null : (String(used.apiVersion).split('/')[1] ?? null));
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
  const { target, objects } = situation;
  const taken = objects.filter(
    each => each.kind === kind && textAt(each, 'metadata', 'namespace') === target.namespace,
  );
  const words = ['allow', target.owner?.name ?? target.pod, 'to', situation.hostText];
  const names = new Set(taken.flatMap(each => textAt(each, 'metadata', 'name') ?? []));
  const description = `Proposed by egress: lets ${workloadText(target)} reach ${situation.hostText} on ${portText(situation.port)}, which ${situation.deniedBy.join(', ')} denied.`;
  return {
    apiVersion: `${group}/${version}`,
    kind,
    metadata: {
      name: nameFor({ words, onCollision: [String(situation.port.port)] }, names),
      namespace: target.namespace,
      labels: { 'app.kubernetes.io/created-by': 'egress' },
      annotations: { 'kubernetes.io/description': description },
    },
    spec: { podSelector: selectorManifest(subject.selector), ...spec(name, ports) },
  };
}

function refused(why: string): Draft {
  return { kind: 'not-applicable', why };
}

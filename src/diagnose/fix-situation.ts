/** What a fix starts from: the connection that is opened, who denies it, and each end that has to be opened. */
import type { Collected } from '../evidence.ts';
import type { Destination, FlowPrediction, ResolvedHost, Target } from '../model.ts';
import type { ClusterPod, ClusterState, RuleBook } from '../policy/model.ts';
import { intervalOf } from './address-sets.ts';
import type { Situation } from './fix-kind.ts';
import { askedFlows, lookupsOf, needsOf, predictionsOf } from './fix-needs.ts';
import { flowsOf, type PurposedRequest } from './flows.ts';

/** The question, and the cluster as it was read. */
export type SituationInput = {
  readonly target: Target;
  /** The destination; where the pod goes there through its proxy, the fix opens the way to the proxy and no other. */
  readonly host: ResolvedHost;
  readonly destination: Destination;
  /** As they were read: the fix is added to them and all are read again. */
  readonly objects: Collected['objects'];
  readonly apis: Collected['apis'];
  readonly cluster: ClusterState;
  /** The rules as they are now, of the same objects. */
  readonly book: RuleBook;
};

/** `nothing-to-open`: no rule denies it, no rule could be written for it, or that is not known; `why` says which. */
export type FoundSituation =
  | { readonly kind: 'situation'; readonly situation: Situation; readonly pod: ClusterPod }
  | { readonly kind: 'nothing-to-open'; readonly why: string };

/** Finds what the rules deny of the question, and what has to be opened for it. */
export function situationOf(input: SituationInput): FoundSituation {
  const { target, cluster, objects, book } = input;
  const pod = cluster.pods.get(`${target.namespace}/${target.pod}`);
  if (pod === undefined)
    return nothing(`pod ${target.namespace}/${target.pod} is not among the objects that were read`);
  const connection = connectionOf(input);
  const flows = flowsTo(connection, input);
  const asked = askedFlows(flows, flow =>
    predictionsOf([flow], book, cluster, target).some(({ decision }) => decision === 'deny'),
  );
  const before = predictionsOf(asked, book, cluster, target);
  const needs = needsOf(asked, book, cluster, target);
  const denied = before.filter(flow => flow.decision === 'deny');
  const nowhere = denied.find(flow => flow.address === null && !flow.to.startsWith('pod:'));
  if (nowhere !== undefined) return nothing(`no address of ${nowhere.to} is known, so no rule can be written for it`);
  if (needs.length === 0) return nothing(whyNothingIsDenied(before));
  const situation: Situation = {
    ...connection,
    target,
    objects,
    cluster,
    book,
    deniedBy: [...new Set(denied.flatMap(flow => flow.by))],
    needs,
    apis: input.apis,
    asked,
    lookupRequests: flows.filter(({ purpose }) => purpose === 'dns'),
    lookups: lookupsOf(flows, cluster, target),
  };
  return { kind: 'situation', situation, pod };
}

type Connection = Pick<Situation, 'host' | 'hostText' | 'port' | 'application'> & {
  /** The name that is looked up for it; null: none. */
  readonly lookup: string | null;
};

/** The connection that is opened: to the proxy that the pod uses, else to the destination. */
function connectionOf({ target, host, destination, cluster }: SituationInput): Connection {
  const proxy = target.proxy.kind === 'set' ? target.proxy.uses : null;
  if (proxy === null) {
    const lookup = destination.host.kind === 'name' ? destination.host.name : null;
    const { application, protocol } = destination;
    return { host, hostText: hostText(host), port: { port: destination.port, protocol }, application, lookup };
  }
  const port = { port: proxy.port, protocol: 'TCP' as const };
  if (intervalOf(proxy.host) !== null) {
    const host = { kind: 'address' as const, address: proxy.host };
    return { host, hostText: proxy.host, port, application: 'none', lookup: null };
  }
  const name = proxy.host.toLowerCase();
  const addresses = cluster.dns.get(name) ?? [];
  const named = { kind: 'name' as const, name, addresses, resolvedBy: 'given' as const };
  return { host: named, hostText: name, port, application: 'none', lookup: name };
}

/** The question's flows, but for those of other vantages: to the proxy or the destination, and the lookup of its name. */
function flowsTo({ port, lookup }: Connection, { target, host, cluster }: SituationInput): readonly PurposedRequest[] {
  const { protocol } = port;
  return flowsOf({
    target,
    host,
    port: port.port,
    protocol: protocol === 'UDP' ? 'UDP' : 'TCP',
    lookup,
    cluster,
    controlPod: null,
  });
}

function hostText(host: ResolvedHost): string {
  switch (host.kind) {
    case 'address':
      return host.address;
    case 'service':
      return host.service;
    case 'name':
      return host.name;
    default:
      return host satisfies never;
  }
}

function whyNothingIsDenied(flows: readonly FlowPrediction[]): string {
  const open = flows.find(flow => flow.decision === 'unknown');
  if (open !== undefined) return `what the rules say of ${open.to} is not known, so no fix can be proved: ${open.why}`;
  return flows.length === 0
    ? 'the pod has no address of the family of the destination, so no rule decides'
    : 'the rules deny none of its flows';
}

function nothing(why: string): FoundSituation {
  return { kind: 'nothing-to-open', why };
}

/** What a fix has to open: the question's flows that the rules deny, side by side, after service translation. */
import type { Decision, FlowPrediction, FlowPurpose, Target } from '../model.ts';
import { judgeEgress, predictFlows } from '../policy/evaluate.ts';
import type { ClusterPod, ClusterState, Flow, RuleBook } from '../policy/model.ts';
import { judgeSide } from '../policy/side.ts';
import { sourceEnd, translate } from '../policy/translate.ts';
import type { Need, NeedEnd } from './fix-kind.ts';
import type { AllowedPort } from './fix-networkpolicy.ts';
import { familiesOf, type PurposedRequest } from './flows.ts';

/**
 * The flows that the fix is about: the way to the proxy when the pod uses one (never the direct path beside it), else to
 * the destination; and the lookup of the name. DNS over TCP counts only where DNS over UDP is denied as well, or
 * nothing else is: an answer that fits into one datagram needs no TCP.
 */
export function askedFlows(
  flows: readonly PurposedRequest[],
  decisionOf: (asked: PurposedRequest) => Decision,
): readonly PurposedRequest[] {
  const withPurpose = (purpose: FlowPurpose) => flows.filter(flow => flow.purpose === purpose);
  const proxy = withPurpose('proxy');
  const direct = proxy.length > 0 ? proxy : withPurpose('destination');
  const dns = withPurpose('dns');
  const overUdp = dns.filter(flow => flow.request.protocol === 'UDP');
  const wantsTcp =
    [...direct, ...overUdp].every(flow => decisionOf(flow) !== 'deny') ||
    overUdp.some(flow => decisionOf(flow) === 'deny');
  return [...direct, ...(wantsTcp ? dns : overUdp)];
}

/** Predictions of the asked flows; an address of a family that the pod does not have is left out, since no rule is to blame for it. */
export function predictionsOf(
  asked: readonly PurposedRequest[],
  book: RuleBook,
  cluster: ClusterState,
  target: Target,
): readonly FlowPrediction[] {
  return asked
    .flatMap(({ purpose, request }) => predictFlows(book, cluster, request, purpose))
    .filter(flow => flow.address === null || hasFamily(target, flow.address));
}

/** All must be allowed; any deny denies. `unknown` also when there is no flow at all. */
export function joinedDecision(flows: readonly FlowPrediction[]): Decision {
  if (flows.some(flow => flow.decision === 'deny')) return 'deny';
  return flows.length > 0 && flows.every(flow => flow.decision === 'allow') ? 'allow' : 'unknown';
}

/** One need for each side of each flow that denies. */
export function needsOf(
  asked: readonly PurposedRequest[],
  book: RuleBook,
  cluster: ClusterState,
  target: Target,
): readonly Need[] {
  const source = cluster.pods.get(`${target.namespace}/${target.pod}`);
  if (source === undefined) return [];
  return asked.flatMap(({ purpose, request }) =>
    translate(request, source, cluster).flatMap(way => {
      if (
        way.kind !== 'flow' ||
        (way.flow.destination.address !== null && !hasFamily(target, way.flow.destination.address))
      )
        return [];
      return needsOfFlow(way.flow, purpose === 'dns' ? 'dns' : 'destination', book, cluster);
    }),
  );
}

function needsOfFlow(flow: Flow, purpose: Need['purpose'], book: RuleBook, cluster: ClusterState): readonly Need[] {
  const port = portOf(flow);
  const to = endOf(flow);
  if (port === null || to === null) return [];
  const egress = judgeEgress({ book, cluster, names: 'as-learned' }, flow);
  const needs: Need[] = egress.decision === 'deny' ? [{ purpose, side: 'egress', to, port }] : [];
  if (flow.destination.pod === null) return needs;
  const ingress = judgeSide(book, {
    side: 'ingress',
    subject: flow.destination.pod,
    peer: sourceEnd(flow, cluster),
    flow,
    cluster,
  });
  return ingress.decision === 'deny' ? [...needs, { purpose, side: 'ingress', to, port }] : needs;
}

/** The nameservers that lookups reach, over whichever transport, once each. */
export function lookupsOf(asked: readonly PurposedRequest[], cluster: ClusterState, target: Target): readonly Need[] {
  const source = cluster.pods.get(`${target.namespace}/${target.pod}`);
  if (source === undefined) return [];
  const needs = asked
    .filter(({ purpose }) => purpose === 'dns')
    .flatMap(({ request }) => translate(request, source, cluster))
    .flatMap((way): readonly Need[] => {
      const port = way.kind === 'flow' ? portOf(way.flow) : null;
      const to = way.kind === 'flow' ? endOf(way.flow) : null;
      return port === null || to === null ? [] : [{ purpose: 'dns', side: 'egress', to, port }];
    });
  const where = ({ to, port }: Need) => `${to.kind === 'pod' ? to.pod.name : to.address} ${port.port}`;
  return [...new Map(needs.map(need => [where(need), need])).values()];
}

function endOf({ destination, service }: Flow): NeedEnd | null {
  const asked = service === null ? null : `${service.namespace}/${service.name}`;
  const pod: ClusterPod | null = destination.pod;
  if (pod !== null) return { kind: 'pod', pod, service: asked };
  return destination.address === null ? null : { kind: 'address', address: destination.address };
}

function portOf({ port, protocol }: Flow): AllowedPort | null {
  return port === null || protocol === 'ICMP' ? null : { port, protocol };
}

function hasFamily(target: Target, address: string): boolean {
  const families = familiesOf(target);
  return families.size === 0 || families.has(address.includes(':') ? 'IPv6' : 'IPv4');
}

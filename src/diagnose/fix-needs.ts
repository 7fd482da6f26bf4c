/** What a fix has to open: the question's flows that the rules deny, side by side, after service translation. */
import type { FlowPrediction, FlowPurpose, Target } from '../model.ts';
import { judgeEgress, predictFlows } from '../policy/evaluate.ts';
import type { ClusterState, Flow, RuleBook } from '../policy/model.ts';
import { judgeSide } from '../policy/side.ts';
import { sourceEnd, translate } from '../policy/translate.ts';
import type { Need } from './fix-kind.ts';
import { familiesOf, type PurposedRequest } from './flows.ts';

/**
 * The flows that the fix is about: the way to the proxy when the pod uses one (never the direct path beside it), else to
 * the destination; and the lookup of the name. DNS over TCP counts only where DNS over UDP is denied as well, or
 * nothing else is: an answer that fits into one datagram needs no TCP.
 */
export function askedFlows(
  flows: readonly PurposedRequest[],
  isDenied: (asked: PurposedRequest) => boolean,
): readonly PurposedRequest[] {
  const withPurpose = (purpose: FlowPurpose) => flows.filter(flow => flow.purpose === purpose);
  const proxy = withPurpose('proxy');
  const direct = proxy.length > 0 ? proxy : withPurpose('destination');
  const dns = withPurpose('dns');
  const overUdp = dns.filter(flow => flow.request.protocol === 'UDP');
  const wantsTcp = overUdp.some(isDenied) || !direct.some(isDenied);
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
  const opened = whatIsOpened(flow);
  if (opened === null) return [];
  const egress = judgeEgress({ book, cluster, names: 'as-learned' }, flow);
  const needs: Need[] = egress.decision === 'deny' ? [{ purpose, side: 'egress', ...opened }] : [];
  if (flow.destination.pod === null) return needs;
  const ingress = judgeSide(book, {
    side: 'ingress',
    subject: flow.destination.pod,
    peer: sourceEnd(flow, cluster),
    flow,
    cluster,
  });
  return ingress.decision === 'deny' ? [...needs, { purpose, side: 'ingress', ...opened }] : needs;
}

/** The nameservers that lookups reach, over whichever transport, once each. */
export function lookupsOf(asked: readonly PurposedRequest[], cluster: ClusterState, target: Target): readonly Need[] {
  const source = cluster.pods.get(`${target.namespace}/${target.pod}`);
  if (source === undefined) return [];
  const needs = asked
    .filter(({ purpose }) => purpose === 'dns')
    .flatMap(({ request }) => translate(request, source, cluster))
    .flatMap((way): readonly Need[] => {
      const opened = way.kind === 'flow' ? whatIsOpened(way.flow) : null;
      return opened === null ? [] : [{ purpose: 'dns', side: 'egress', ...opened }];
    });
  const where = ({ to, port }: Need) => `${to.kind === 'pod' ? to.pod.name : to.address} ${port.port}`;
  return [...new Map(needs.map(need => [where(need), need])).values()];
}

/** null: a name without addresses, or what has no ports. */
function whatIsOpened({ destination, service, port, protocol }: Flow): Pick<Need, 'to' | 'port'> | null {
  if (port === null || protocol === 'ICMP') return null;
  const { pod, address } = destination;
  const asked = service === null ? null : `${service.namespace}/${service.name}`;
  if (pod !== null) return { to: { kind: 'pod', pod, service: asked }, port: { port, protocol } };
  return address === null ? null : { to: { kind: 'address', address }, port: { port, protocol } };
}

function hasFamily(target: Target, address: string): boolean {
  const families = familiesOf(target);
  return families.size === 0 || families.has(address.includes(':') ? 'IPv6' : 'IPv4');
}

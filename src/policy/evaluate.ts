/**
 * The one evaluator: a rule book, a cluster and a flow give a decision and its trace. Three-valued throughout: a rule
 * that is not known makes the answer `unknown` only where it could change it.
 */
import type { Decision, FlowPrediction, FlowPurpose, Prediction } from '../model.ts';
import { departs } from './departures.ts';
import { askDnsProxy } from './dns-proxy.ts';
import { learnedNames } from './learned-names.ts';
import type { ClusterState, Flow, FlowRequest, RuleBook } from './model.ts';
import { isNowhere, type Packet } from './packet.ts';
import { type JudgedSide, judgeSide } from './side.ts';
import { sourceEnd, translate, type Way } from './translate.ts';

/** Which names count as learned, where an engine learns them: those that it has, or, for a what-if, all. */
export type NamesCounting = 'as-learned' | 'all-learned';

/** What flows are judged by. */
export type JudgingRules = { readonly book: RuleBook; readonly cluster: ClusterState; readonly names: NamesCounting };

/**
 * Predicts one request: one entry for each address and, behind a Service, for each endpoint. A destination inside the
 * cluster is judged twice, by the source's egress and the destination pod's ingress rules, unless the scope is
 * `egress`. A source or destination that is not known gives one `unknown` entry that says so.
 */
export function predictFlows(
  book: RuleBook,
  cluster: ClusterState,
  request: FlowRequest,
  purpose: FlowPurpose = 'destination',
  names: NamesCounting = 'as-learned',
): readonly FlowPrediction[] {
  const source = cluster.pods.get(request.from);
  const base = { purpose, from: request.from, port: request.port, protocol: request.protocol };
  if (source === undefined)
    return [notKnown({ ...base, to: destinationText(request), address: null }, `pod ${request.from} is not known`)];
  return translate(request, source, cluster).map(way => ({
    ...base,
    ...predictWay({ book, cluster, names }, request, way),
  }));
}

type WayPrediction = Omit<FlowPrediction, 'purpose' | 'from' | 'protocol' | 'port'> & { readonly port?: number | null };

function predictWay(rules: JudgingRules, request: FlowRequest, way: Way): WayPrediction {
  switch (way.kind) {
    case 'inside':
      return {
        to: way.to,
        address: way.address,
        decision: 'allow',
        by: [],
        side: null,
        why: way.why,
        trace: [],
        unknowns: [],
        assumptions: [],
      };
    case 'unknown':
      return { to: way.to, address: way.address, ...unknown(way.why) };
    case 'flow': {
      const sides = judgeBothSides(rules, way.flow, request.scope);
      const judged = isNowhere(way.flow.destination)
        ? judgeNowhere(sides, way.to)
        : way.flow.destination.pod === way.flow.source
          ? judgeHairpin(rules, way.flow, request.scope, sides)
          : sides;
      return {
        to: way.to,
        address: way.flow.destination.address,
        port: way.flow.port,
        ...judged,
        assumptions: [
          ...way.assumptions,
          ...judged.assumptions,
          ...rehearsalNotes(rules, way.flow, request.scope, judged),
        ],
      };
    }
    default:
      return way satisfies never;
  }
}

type Joined = Pick<FlowPrediction, 'decision' | 'by' | 'side' | 'why' | 'trace' | 'unknowns' | 'assumptions'>;

function judgeBothSides(rules: JudgingRules, flow: Flow, scope: FlowRequest['scope']): Joined {
  const { book, cluster } = rules;
  const egress = judgeEgress(rules, flow);
  const pod = flow.destination.pod;
  if (pod === null || scope === 'egress') return joinSides(egress, null);
  return joinSides(
    egress,
    judgeSide(book, { side: 'ingress', subject: pod, peer: sourceEnd(flow, cluster), flow, cluster }),
  );
}

/** Where an engine learns names, only those that it has learned count; where it has a DNS proxy, that has a say too. */
export function judgeEgress({ book, cluster, names }: JudgingRules, flow: Flow): JudgedSide {
  const assumptions = new Set<string>();
  const learning = learnedNames(book, cluster, flow.source);
  const learned = (name: string) => {
    const answer = learning(name);
    if (answer.assumption !== null) assumptions.add(answer.assumption);
    return answer;
  };
  const plain: Packet = { side: 'egress', subject: flow.source, peer: flow.destination, flow, cluster };
  const packet = names === 'all-learned' ? plain : { ...plain, learned };
  const judged = withServicePort(judgeSide(book, packet), book, packet);
  return { ...withDnsProxy(judged, book, packet), notes: [...judged.notes, ...assumptions] };
}

/**
 * With the Amazon VPC CNI, "the service port must be the same as the container port"
 * (https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html): where it is another, and the rules say
 * something else of it, which of the two counts is not known.
 */
function withServicePort(judged: JudgedSide, book: RuleBook, packet: Packet): JudgedSide {
  const { flow } = packet;
  if (book.engine.name !== 'aws-vpc-cni' || flow.service === null || flow.service.port === flow.port) return judged;
  const asked = judgeSide(book, { ...packet, flow: { ...flow, port: flow.service.port } });
  if (asked.decision === judged.decision) return judged;
  const why = `whether the VPC CNI goes by port ${flow.service.port} of Service ${flow.service.namespace}/${flow.service.name} or by port ${flow.port} behind it is not known`;
  const by = [...new Set([...judged.by, ...asked.by])];
  return { ...judged, decision: 'unknown', by, why: `cannot be told: ${why}`, unknowns: [...judged.unknowns, why] };
}

/** How a query that Cilium's DNS proxy refuses is blamed: the packet left the pod, and the name did not. */
const DNS_PROXY = 'dns-proxy';

function withDnsProxy(judged: JudgedSide, book: RuleBook, packet: Packet): JudgedSide {
  const proxy = askDnsProxy(book, packet);
  if (proxy.kind === 'not-proxied' || proxy.kind === 'passes') return judged;
  const denies = (match: 'yes' | 'unknown') =>
    judged.trace.some(
      ({ selects, rules }) => selects !== 'no' && rules.some(rule => rule.action === 'deny' && rule.match === match),
    );
  // A deny rule drops the packet before the proxy sees it.
  if (judged.decision === 'deny' && denies('yes')) return judged;
  if (proxy.kind === 'refused' && judged.decision !== 'unknown')
    return { ...judged, decision: 'deny', by: [DNS_PROXY], why: proxy.why, unknowns: [] };
  if (proxy.kind === 'unknown' && judged.decision === 'deny') return judged;
  const why = `cannot be told: ${proxy.why}`;
  return { ...judged, decision: 'unknown', by: judged.by, why, unknowns: [...judged.unknowns, proxy.why] };
}

/** What staged policies would change, were they enforced: told beside the answer, never part of it. */
function rehearsalNotes(
  rules: Parameters<typeof judgeBothSides>[0],
  flow: Flow,
  scope: FlowRequest['scope'],
  { decision }: Joined,
): readonly string[] {
  const { rehearsal, ...book } = rules.book;
  if (rehearsal === undefined) return [];
  const would = judgeBothSides({ ...rules, book: { ...book, layers: rehearsal } }, flow, scope);
  if (would.decision === decision || would.decision === 'unknown') return [];
  const verb = would.decision === 'deny' ? 'denied' : 'allowed';
  return [`it would be ${verb} if what is staged were enforced: ${would.why}`];
}

/** The packet passes egress first: where both deny, egress is what drops it. */
function joinSides(egress: JudgedSide, ingress: JudgedSide | null): Joined {
  const trace = [...egress.trace, ...(ingress?.trace ?? [])];
  const assumptions = [...new Set([...egress.notes, ...(ingress?.notes ?? [])])];
  const base = { trace, assumptions };
  if (egress.decision === 'deny')
    return { ...base, decision: 'deny', side: 'egress', by: egress.by, why: egress.why, unknowns: [] };
  if (ingress?.decision === 'deny')
    return { ...base, decision: 'deny', side: 'ingress', by: ingress.by, why: ingress.why, unknowns: [] };
  const unknowns = [...egress.unknowns, ...(ingress?.unknowns ?? [])];
  const open = egress.decision === 'unknown' ? egress : ingress?.decision === 'unknown' ? ingress : null;
  if (open !== null) return { ...base, decision: 'unknown', side: null, by: open.by, why: open.why, unknowns };
  const by = [...new Set([...egress.by, ...(ingress?.by ?? [])])];
  const telling = [egress, ...(ingress === null ? [] : [ingress])].filter(
    (each, index) => index === 0 || each.by.length > 0,
  );
  return { ...base, decision: 'allow', side: null, by, why: telling.map(each => each.why).join('; '), unknowns: [] };
}

/** Rules that deny every address deny this one too; what they allow is no promise while the address is not known. */
function judgeNowhere(sides: Joined, name: string): Joined {
  if (sides.decision === 'deny')
    return { ...sides, assumptions: [...sides.assumptions, `${name} is not the pod's own node`] };
  const why = `no address of ${name} is known`;
  return {
    ...sides,
    ...unknown(sides.decision === 'allow' ? `${why}; the egress rules would let any address pass: ${sides.why}` : why),
    trace: sides.trace,
  };
}

/**
 * A pod that reaches itself through a Service: most plugins let it, and none promises it. What proxies and other layers
 * deny is no plugin's to let pass.
 */
function judgeHairpin(rules: JudgingRules, flow: Flow, scope: FlowRequest['scope'], sides: Joined): Joined {
  if (sides.decision === 'allow') return sides;
  const { book } = rules;
  const layers = book.layers.filter(({ name }) => name !== 'network policy');
  const others = judgeBothSides({ ...rules, book: { ...book, layers } }, flow, scope);
  if (others.decision !== 'allow') return others.decision === sides.decision ? sides : others;
  const { answer } = departs(book.engine, 'pod-reaches-itself-through-service');
  if (answer === 'yes')
    return {
      ...sides,
      decision: 'allow',
      side: null,
      by: [],
      why: 'a pod reaches itself through its Service with this engine',
      unknowns: [],
    };
  const why = 'whether a pod under policy reaches itself through its Service is left to the network plugin';
  return { ...sides, decision: 'unknown', side: null, why, unknowns: [why, ...sides.unknowns] };
}

function unknown(why: string): Joined {
  return { decision: 'unknown', by: [], side: null, why, trace: [], unknowns: [why], assumptions: [] };
}

function notKnown(base: Omit<FlowPrediction, keyof Joined>, why: string): FlowPrediction {
  return { ...base, ...unknown(why) };
}

function destinationText(request: FlowRequest): string {
  const { to } = request;
  switch (to.kind) {
    case 'name':
      return to.name;
    case 'address':
      return to.address;
    case 'pod':
      return `pod:${to.pod}`;
    case 'service':
      return `service:${to.service}`;
    default:
      return to satisfies never;
  }
}

/**
 * Joins the predictions of one question. The flows to the destination decide (all flows when there is none): any deny
 * denies, else any unknown is unknown. `partly` denied is told in `why`, and read from `flows`.
 */
export function combineFlows(flows: readonly FlowPrediction[]): Prediction {
  const direct = flows.filter(flow => flow.purpose === 'destination');
  const counting = direct.length > 0 ? direct : flows;
  const decision = decisionOf(counting);
  const deciding = counting.filter(flow => flow.decision === decision);
  const [first] = deciding;
  const part =
    deciding.length < counting.length
      ? `${deciding.length} of ${counting.length} addresses (${deciding.map(flow => flow.to).join(', ')}): `
      : '';
  return {
    decision,
    by: [...new Set(deciding.flatMap(flow => flow.by))],
    why: first === undefined ? 'no flow was judged' : `${part}${first.why}`,
    trace: first?.trace ?? [],
    flows,
  };
}

function decisionOf(flows: readonly FlowPrediction[]): Decision {
  if (flows.some(flow => flow.decision === 'deny')) return 'deny';
  return flows.length === 0 || flows.some(flow => flow.decision === 'unknown') ? 'unknown' : 'allow';
}

/** Predicts several requests and joins them. */
export function predict(book: RuleBook, cluster: ClusterState, requests: readonly FlowRequest[]): Prediction {
  return combineFlows(requests.flatMap(request => predictFlows(book, cluster, request)));
}

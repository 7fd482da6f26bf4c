/** What the rules say of several flows taken together: `FlowPrediction[]` -> `Expectation`. */
import type { FlowPrediction, FlowPurpose, Protocol } from '../model.ts';
import type { VerdictFacts } from './facts.ts';

/**
 * `mixed`: some of the flows are allowed and some are denied (a Service with one denied endpoint).
 * `not-judged`: there was no such flow.
 */
export type JointDecision = 'allow' | 'deny' | 'unknown' | 'mixed' | 'not-judged';

/** What the rules make expect of a set of flows that fail or pass together. */
export type Expectation = {
  readonly decision: JointDecision;
  readonly flows: readonly FlowPrediction[];
  /** Policies that deny one of the flows. */
  readonly deniedBy: readonly string[];
  /** What kept it from being known; empty unless a flow is unknown. */
  readonly unknowns: readonly string[];
};

/** Joins the flows' decisions; an allow with something unread in it counts as unknown. */
export function joinFlows(flows: readonly FlowPrediction[]): Expectation {
  const decisions = new Set(flows.map(decisionOf));
  return {
    decision: joinDecisions(decisions),
    flows,
    deniedBy: unique(flows.filter(flow => flow.decision === 'deny').flatMap(flow => flow.by)),
    unknowns: unique(flows.filter(flow => decisionOf(flow) === 'unknown').flatMap(reasonsOf)),
  };
}

/** Expectation of every flow of one purpose, over one transport when given. */
export function expectationOf(facts: VerdictFacts, purpose: FlowPurpose, protocol?: Protocol): Expectation {
  return joinFlows(
    facts.prediction.flows.filter(
      flow => flow.purpose === purpose && (protocol === undefined || flow.protocol === protocol),
    ),
  );
}

/**
 * Expectation of the flows to one address. A Service's address is translated before it is judged, so where no flow
 * carries the address itself, all flows of the purpose stand for it.
 */
export function expectationAt(facts: VerdictFacts, purpose: FlowPurpose, address: string | null): Expectation {
  const all = expectationOf(facts, purpose);
  if (address === null) return all;
  const exact = all.flows.filter(flow => flow.address === address);
  if (exact.length > 0) return joinFlows(exact);
  const untied = all.flows.filter(flow => flow.address === null);
  if (untied.length > 0) return joinFlows(untied);
  return facts.host.kind === 'service' || purpose === 'proxy' ? all : joinFlows([]);
}

function joinDecisions(decisions: ReadonlySet<'allow' | 'deny' | 'unknown'>): JointDecision {
  if (decisions.size === 0) return 'not-judged';
  if (decisions.has('allow') && decisions.has('deny')) return 'mixed';
  if (decisions.has('unknown')) return 'unknown';
  return decisions.has('deny') ? 'deny' : 'allow';
}

function decisionOf(flow: FlowPrediction): 'allow' | 'deny' | 'unknown' {
  return flow.decision === 'allow' && flow.unknowns.length > 0 ? 'unknown' : flow.decision;
}

function reasonsOf(flow: FlowPrediction): readonly string[] {
  return flow.unknowns.length > 0 ? flow.unknowns : [flow.why];
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

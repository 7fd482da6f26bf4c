/** The cause: which policies, what in them, what else they cut, and how much of the pod's traffic is cut. */
import type { Cause, CulpritPolicy, FlowPrediction, PolicyTrace, RuleTrace } from '../model.ts';
import { expectedLookup } from './conclude-name.ts';
import type { Conclusion } from './conclusion.ts';
import { type Expectation, expectationOf, joinFlows } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { lookedUpName, lookupFrom } from './lookup.ts';
import { isFailing, reachOf } from './reach.ts';
import { deniedFlowsOf, policiesOf, sentence } from './wording.ts';

/** Writes the cause of a conclusion. Policies are named only where their decision is the cause. */
export function causeOf(facts: VerdictFacts, conclusion: Conclusion): Cause {
  const flows = deniedFlowsOf(conclusion.culprits);
  const policies = policiesOf(conclusion.culprits).map(policy => culpritOf(facts, policy, flows));
  return {
    summary: sentence(conclusion.summary),
    layer: conclusion.layer,
    policies,
    scope: scopeOf(facts, conclusion),
    side: policies.length === 0 ? null : (flows.find(flow => flow.side !== null)?.side ?? null),
  };
}

/** One deciding policy with its rule, taken from the first of `flows` whose trace has it. */
function culpritOf(facts: VerdictFacts, policy: string, flows: readonly FlowPrediction[]): CulpritPolicy {
  const { selectsPods, createdAt, changedAt, managedBy } = facts.culprit(policy);
  return {
    policy,
    rule: ruleText(policy, flows),
    cuts: cutsOf(facts, policy),
    selectsPods,
    createdAt,
    changedAt,
    managedBy,
  };
}

/** What in the policy decides: "has no egress rules", the nearest miss among its rules, or the rule that denies. */
function ruleText(policy: string, flows: readonly FlowPrediction[]): string {
  const traces = flows
    .filter(flow => flow.by.includes(policy))
    .flatMap(flow =>
      flow.trace.filter(each => each.policy === policy && (flow.side === null || each.side === flow.side)),
    );
  const trace = traces.find(each => each.decides) ?? traces[0];
  return trace === undefined ? 'denies this flow' : traceText(trace);
}

function traceText(trace: PolicyTrace): string {
  if (trace.rules.length === 0) return `has no ${trace.side} rules`;
  const acting = trace.rules.find(rule => rule.match === 'yes' && rule.action === 'deny');
  if (acting !== undefined) return `denies by ${ruleLine(acting)}`;
  const nearest = [...trace.rules].sort((a, b) => b.fieldsMatched - a.fieldsMatched)[0];
  return nearest === undefined ? `has no ${trace.side} rules` : `no rule matches; the nearest is ${ruleLine(nearest)}`;
}

function ruleLine(rule: RuleTrace): string {
  if (/^rule \d/.test(rule.why)) return rule.why;
  const named = rule.name === null ? '' : ` (${rule.name})`;
  return `rule ${rule.index + 1}${named}: ${rule.why}`;
}

/** What else the policy cuts for this pod, each null where no such flow was judged. */
function cutsOf(facts: VerdictFacts, policy: string): CulpritPolicy['cuts'] {
  const destination = expectationOf(facts, 'destination');
  const isInside = isInCluster(facts);
  return {
    dns: isCut(policy, expectedLookup(facts)),
    inCluster: anyOf(isCut(policy, expectationOf(facts, 'cluster')), isInside ? isCut(policy, destination) : null),
    internet: anyOf(
      facts.internet === null ? null : isCut(policy, joinFlows([facts.internet])),
      isInside ? null : isCut(policy, destination),
    ),
  };
}

function isCut(policy: string, expected: Expectation): boolean | null {
  switch (expected.decision) {
    case 'deny':
    case 'mixed':
      return expected.deniedBy.includes(policy);
    case 'allow':
      return false;
    case 'unknown':
    case 'not-judged':
      return null;
    default:
      return expected.decision satisfies never;
  }
}

/** A flow that is cut tells more than one that is not: this destination may be the exception either way. */
function anyOf(first: boolean | null, second: boolean | null): boolean | null {
  return first ?? second;
}

/** Reports whether the destination is a Service or a pod of this cluster. */
function isInCluster(facts: VerdictFacts): boolean {
  if (facts.host.kind === 'service') return true;
  const flows = expectationOf(facts, 'destination').flows;
  return flows.length > 0 && flows.every(flow => flow.to.startsWith('pod:'));
}

/** The runbook's first question: is everything cut, or only what is outside the cluster? */
function scopeOf(facts: VerdictFacts, conclusion: Conclusion): Cause['scope'] {
  switch (conclusion.code) {
    case 'reachable':
    case 'policy-not-enforced':
      return 'nothing';
    case 'pod-not-running':
    case 'not-known':
    case 'name-not-resolved':
    case 'dns-denied-by-policy':
      return isClusterCut(facts) === true ? 'everything' : 'not checked';
    case 'partly-denied':
    case 'partly-reachable':
    case 'fqdn-not-learned':
    case 'no-common-address-family':
    case 'refused-by-host':
    case 'source-not-allowlisted':
    case 'tls-failed':
    case 'proxy-misconfigured':
      return 'this destination only';
    case 'denied-by-policy':
    case 'denied-by-mesh':
    case 'denied-by-cloud':
    case 'blocked-beyond-node':
    case 'dropped-unexplained':
      return cutScope(facts);
    default:
      return conclusion.code satisfies never;
  }
}

function cutScope(facts: VerdictFacts): Cause['scope'] {
  const isInternetOpen = facts.internet?.decision === 'allow' && facts.internet.unknowns.length === 0;
  if (isInternetOpen && isInCluster(facts)) return 'this destination only';
  const isCut = isClusterCut(facts);
  if (isCut === null) return 'not checked';
  // The API server may sit on a node's address, outside of what "in-cluster" rules list: one cut flow is not everything.
  if (isCut && !asksClusterDns(facts)) return 'everything';
  return isInCluster(facts) || isInternetOpen ? 'this destination only' : 'external only';
}

/** Whether the pod gets through to DNS pods of the cluster: as seen from it, else as the rules say. */
function asksClusterDns(facts: VerdictFacts): boolean {
  const expected = expectedLookup(facts);
  if (!expected.flows.some(flow => flow.to.startsWith('pod:'))) return false;
  const name = lookedUpName(facts);
  const seen = name === null ? null : lookupFrom(facts, 'pod', name).kind;
  if (seen === 'answered' || seen === 'empty' || seen === 'negative') return true;
  return (seen === null || seen === 'not-looked') && expected.decision === 'allow';
}

/** Whether the way to kubernetes.default is cut: as seen from the pod, else as the rules say; null: neither is known. */
export function isClusterCut(facts: VerdictFacts): boolean | null {
  const seen = facts.observations.filter(
    each => each.vantage === 'pod' && each.layer === 'cluster' && each.sibling === undefined,
  );
  // Read like a connect to any host; with a sidecar the accepted connect is the sidecar's, and then the rules speak.
  const reach = reachOf(
    seen.map(each => ({ ...each, layer: 'tcp' as const })),
    facts.target.sidecars.length > 0,
  );
  if (reach.kind === 'connected') return false;
  if (isFailing(reach) && reach.kind === 'blocked') return true;
  const { decision } = expectationOf(facts, 'cluster');
  if (decision === 'deny') return true;
  return decision === 'allow' ? false : null;
}

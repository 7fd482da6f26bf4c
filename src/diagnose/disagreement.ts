/** Where observed and predicted disagree: each disagreement a finding, with the reasons that could be behind it. */
import type { Finding } from '../model.ts';
import { isClusterCut } from './cause.ts';
import { compareProxy } from './comparison.ts';
import { concludeAddress } from './conclude-address.ts';
import { comparableLookup, expectedLookup } from './conclude-name.ts';
import { proxyInUse } from './conclude-proxy.ts';
import type { DirectWay } from './conclusion.ts';
import { type Expectation, expectationOf } from './expectation.ts';
import type { VerdictFacts } from './facts.ts';
import { isInHostsFile, lookedUpName, lookupFrom } from './lookup.ts';
import { describeReach } from './reach.ts';
import { denyText, destinationText, listed, sentence } from './wording.ts';

/** Seconds within which a policy counts as fresh: engines enforce within seconds, large clusters within a minute. */
const FRESH_SECONDS = 60;

/** Lists every flow that the rules deny and that passes, or that they allow and that does not. */
export function disagreementsOf(facts: VerdictFacts, way: DirectWay): readonly Finding[] {
  return [...passesThoughDenied(facts, way), ...failsThoughAllowed(facts, way)];
}

function passesThoughDenied(facts: VerdictFacts, way: DirectWay): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (what: string, expected: Expectation): void => {
    const policies = denyText(expected.deniedBy);
    findings.push(
      differs(`predicted: ${policies} ${what}; observed: it passes. ${reasonsFor(facts, expected.deniedBy)}`),
    );
  };
  for (const { row } of way.addresses) {
    if (row.expected.decision !== 'deny') continue;
    const what = `${row.address ?? destinationText(facts)}`;
    if (row.pod.kind === 'connected' || row.pod.kind === 'tls-failed') add(what, row.expected);
    else if (isAnsweredLikeTheNode(row)) {
      findings.push(
        differs(
          `predicted: ${denyText(row.expected.deniedBy)} ${what}; observed: the answer is the same from the pod and from the node (${describeReach(row.pod)}), so the pod's packet seems to have passed. ${reasonsFor(facts, row.expected.deniedBy)}`,
        ),
      );
    }
  }
  const lookup = expectedLookup(facts);
  const name = lookedUpName(facts);
  if (name !== null && lookup.decision === 'deny' && isAnswered(facts, name)) add(`the lookup of ${name}`, lookup);
  const cluster = expectationOf(facts, 'cluster');
  if (cluster.decision === 'deny' && isClusterCut(facts) === false) add('the way to kubernetes.default', cluster);
  const proxy = compareProxy(facts);
  if (proxyInUse(facts) !== null && proxy.expected.decision === 'deny' && proxy.pod.kind === 'connected')
    add('the way to the proxy', proxy.expected);
  return findings;
}

/** REFUSED to a denied name is what a DNS proxy that enforces rules says: no disagreement. */
function isAnswered(facts: VerdictFacts, name: string): boolean {
  if (isInHostsFile(facts, name)) return false;
  const lookup = lookupFrom(facts, 'pod', name);
  return (
    lookup.kind === 'answered' || lookup.kind === 'empty' || (lookup.kind === 'negative' && lookup.rcode !== 'REFUSED')
  );
}

function isAnsweredLikeTheNode(row: DirectWay['addresses'][number]['row']): boolean {
  const { pod, node } = row;
  return (
    pod.kind === 'blocked' &&
    node.kind === 'blocked' &&
    pod.how === node.how &&
    (pod.how === 'refused' || pod.how === 'unreachable')
  );
}

function failsThoughAllowed(facts: VerdictFacts, way: DirectWay): readonly Finding[] {
  const findings: Finding[] = way.addresses.flatMap(({ row, code }) => {
    if (code !== 'dropped-unexplained' || row.expected.decision !== 'allow') return [];
    const at = row.address ?? destinationText(facts);
    return [differs(`predicted: the rules allow ${at}; observed: ${describeReach(row.pod)}. ${droppedReasons(facts)}`)];
  });
  const { name } = way;
  if (
    name.kind === 'fails' &&
    name.expected.decision === 'allow' &&
    name.seen.kind === 'unanswered' &&
    !isSilentToAll(facts, name.name)
  ) {
    findings.push(
      differs(
        `predicted: the rules allow the lookup of ${name.name}; observed: it gets no answer. ${droppedReasons(facts)}`,
      ),
    );
  }
  const cluster = expectationOf(facts, 'cluster');
  const wasTried = facts.observations.some(
    seen => seen.vantage === 'pod' && seen.layer === 'cluster' && seen.outcome.kind !== 'not-run',
  );
  if (wasTried && cluster.decision === 'allow' && isClusterCut(facts) === true) {
    findings.push(
      differs('predicted: the rules allow kubernetes.default; observed: the pod does not get through to it'),
    );
  }
  const proxy = proxyInUse(facts) === null ? null : compareProxy(facts);
  if (proxy !== null && proxy.expected.decision === 'allow' && concludeAddress(proxy).code === 'dropped-unexplained') {
    findings.push(differs(`predicted: the rules allow the way to the proxy; observed: ${describeReach(proxy.pod)}`));
  }
  return findings;
}

/** A DNS that answers no pod is down: that says nothing against the rules. */
function isSilentToAll(facts: VerdictFacts, name: string): boolean {
  return comparableLookup(facts, 'control', name).kind === 'unanswered';
}

function differs(text: string): Finding {
  return { kind: 'observed-differs-from-predicted', text: sentence(text) };
}

/** Why a denied flow may pass: what is known of this cluster, or that nothing known explains it. */
function reasonsFor(facts: VerdictFacts, policies: readonly string[]): string {
  const reasons = [
    ...(facts.target.hostNetwork ? ["the pod uses its node's network, on which most engines enforce nothing"] : []),
    ...engineReasons(facts),
    ...policies.flatMap(policy => freshness(facts, policy)),
    ...(facts.target.sidecars.length > 0 ? [`the sidecar ${listed(facts.target.sidecars)} connects in its stead`] : []),
  ];
  return reasons.length === 0
    ? 'Nothing that is known of this cluster explains it.'
    : `Possible: ${reasons.join('; ')}.`;
}

function engineReasons(facts: VerdictFacts): readonly string[] {
  if (facts.engine.name === 'none') return [`nothing in this cluster enforces policies (${facts.engine.evidence})`];
  if (facts.engine.name === 'unknown') return [`what enforces policies here is not known (${facts.engine.evidence})`];
  return [];
}

/** "X changed 3 s before", when within the minute; nothing when its age is not known. */
function freshness(facts: VerdictFacts, policy: string): readonly string[] {
  if (facts.changedMeanwhile.includes(policy)) return [`${policy} changed while it was looked`];
  const { createdAt, changedAt } = facts.culprit(policy);
  const since = changedAt ?? createdAt;
  if (since === null) return [];
  const seconds = Math.round((Date.parse(facts.askedAt) - Date.parse(since)) / 1000);
  if (!Number.isFinite(seconds) || seconds >= FRESH_SECONDS) return [];
  return [`${policy} is ${Math.max(0, seconds)} s old, and may not be enforced yet`];
}

/** Why an allowed flow may be dropped. */
function droppedReasons(facts: VerdictFacts): string {
  const unread = facts.coverage
    .filter(entry => entry.status === 'forbidden' || entry.status === 'unsupported')
    .map(entry => entry.kind);
  const reasons = [
    ...(facts.changedMeanwhile.length > 0 ? [`${listed(facts.changedMeanwhile)} changed while it was looked`] : []),
    ...(unread.length > 0 ? [`rules that were not evaluated (${unread.join(', ')})`] : []),
    'a policy that was deleted seconds ago',
    "the engine's own state",
    "a firewall or NAT rule that knows the pod's address and not the node's",
  ];
  return `Possible: ${reasons.join('; ')}.`;
}

/**
 * Evidence -> Diagnosis, without clock or network: what was observed, what the rules predict, what follows from both,
 * and the fix with its proof. `diagnose`, `capture` and `replay` all end here, so a bundle gives the same answer for ever.
 */
import type { Evidence } from '../evidence.ts';
import type { Diagnosis, FlowPrediction, Observation, Prediction, Proof, ResolvedHost, Target } from '../model.ts';
import { readClusterState } from '../policy/cluster-state.ts';
import { combineFlows, predictFlows } from '../policy/evaluate.ts';
import type { ClusterState, RuleBook } from '../policy/model.ts';
import { readRuleBook } from '../policy/rule-book.ts';
import { commandsByHand } from './by-hand.ts';
import { culpritFacts } from './culprit-facts.ts';
import type { VerdictFacts } from './facts.ts';
import { type FixProposal, proposeFix } from './fix.ts';
import { familiesOf, flowsOf, type PurposedRequest } from './flows.ts';
import { collectNotLookedAt } from './not-looked-at.ts';
import { readObserved } from './observed.ts';
import { answersFor, resolveHost } from './resolved-host.ts';
import { judgeByName } from './unlearned.ts';
import { concludeVerdict } from './verdict.ts';

/** Concludes. Never throws on evidence that this version has written; of a later bundle it may not know every word. */
export function concludeDiagnosis(evidence: Evidence): Diagnosis {
  const { question, collected } = evidence;
  const observed = readObserved(evidence);
  const target: Target = { ...evidence.target, dns: { ...evidence.target.dns, resolvConf: observed.resolvConf } };
  const objects = evidence.controlPod === null ? collected.objects : [...collected.objects, evidence.controlPod];
  const { cluster, problems } = readClusterState(objects, dnsOf(evidence, observed.observations));
  const book = readRuleBook(collected.objects, { engine: collected.engine, apis: collected.apis });
  const host = resolveHost(question, target, cluster, observed.observations);
  const requests = requestsOf({ evidence, target, host, cluster });
  const seen = { observations: observed.observations, hasSidecar: target.sidecars.length > 0 };
  const { flows, unlearned } = judgeByName(requests, seen, { book, cluster });
  const prediction = predictionOf(flows, target);
  const facts: VerdictFacts = {
    question,
    target,
    host,
    engine: collected.engine,
    vantages: observed.vantages,
    observations: observed.observations,
    prediction,
    coverage: book.coverage,
    problems: [...problems, ...book.problems],
    changedMeanwhile: evidence.changedMeanwhile,
    askedAt: evidence.askedAt,
    culprit: policy => culpritFacts(policy, book, cluster, collected),
    internet: internetFlow({ evidence, target, host, cluster, book }),
    unlearned,
    allowlist: null,
  };
  const verdict = concludeVerdict(facts);
  const proposal = proposalOf(evidence, facts, { cluster, book });
  return {
    schema: 'egress/v1',
    question,
    target,
    destination: {
      text: question.destination.text,
      port: question.destination.port,
      protocol: question.destination.protocol,
      host,
    },
    engine: collected.engine,
    vantages: facts.vantages,
    observations: facts.observations,
    prediction,
    coverage: facts.coverage,
    problems: facts.problems,
    verdict,
    fix: proposal?.kind === 'fix' ? proposal.fix : null,
    noFixBecause: proposal?.kind === 'no-fix' ? proposal.why : null,
    notLookedAt: collectNotLookedAt(facts, collected.missing),
    byHand: commandsByHand(facts),
    timing: evidence.timing,
    askedAt: evidence.askedAt,
  };
}

/** What the second look saw, once somebody had applied the fix. */
function verifiedBy(second: Evidence | null): Proof['verified'] {
  if (second === null) return { kind: 'not-asked' };
  const { code } = concludeDiagnosis(second).verdict;
  return code === 'reachable' ? { kind: 'reachable' } : { kind: 'still-failing', code };
}

type Known = {
  readonly evidence: Evidence;
  readonly target: Target;
  readonly host: ResolvedHost;
  readonly cluster: ClusterState;
  readonly book: RuleBook;
};

/** Names that the flows use, and what was answered for them. */
function dnsOf(evidence: Evidence, observations: readonly Observation[]): Readonly<Record<string, readonly string[]>> {
  const proxy = evidence.target.proxy.kind === 'set' ? evidence.target.proxy.uses?.host : undefined;
  const asked = evidence.question.destination.host;
  const names = [...(asked.kind === 'name' ? [asked.name] : []), ...(proxy === undefined ? [] : [proxy])];
  return Object.fromEntries(
    names.flatMap(name => {
      const answers = answersFor(name, observations);
      return answers.resolvedBy === 'none' ? [] : [[name, answers.addresses] as const];
    }),
  );
}

function requestsOf({ evidence, target, host, cluster }: Omit<Known, 'book'>): readonly PurposedRequest[] {
  const { destination } = evidence.question;
  const control = evidence.controlPod?.metadata;
  return flowsOf({
    target,
    host,
    port: destination.port,
    protocol: destination.protocol,
    lookup: destination.host.kind === 'name' ? destination.host.name : null,
    cluster,
    controlPod: control === undefined ? null : `${String(control.namespace)}/${String(control.name)}`,
  });
}

/**
 * Joins the flows that make up the question: those through the proxy where the pod uses one, else the direct ones. An
 * address of a family that the pod has no address of is left out: no packet to it ever meets a rule.
 */
function predictionOf(flows: readonly FlowPrediction[], target: Target): Prediction {
  const usesProxy = target.proxy.kind === 'set' && target.proxy.uses !== null;
  const families = familiesOf(target);
  const counts = (flow: FlowPrediction): boolean =>
    flow.purpose === (usesProxy ? 'proxy' : 'destination') &&
    (flow.address === null || families.size === 0 || families.has(flow.address.includes(':') ? 'IPv6' : 'IPv4'));
  const counting = flows.filter(counts);
  const joined = combineFlows(counting.length > 0 ? counting : flows.filter(flow => flow.purpose === 'destination'));
  return { ...joined, flows };
}

/**
 * An address of the internet that is nobody's in particular: what the rules say of it tells "everything outside is cut"
 * from "this destination is". One of example.com's, so that a rule for it is unlikely.
 */
const ORDINARY_ADDRESS = '93.184.215.14';

function internetFlow({ evidence, target, cluster, book }: Known): FlowPrediction | null {
  const { port, protocol } = evidence.question.destination;
  const request = {
    from: `${target.namespace}/${target.pod}`,
    to: { kind: 'address' as const, address: ORDINARY_ADDRESS },
    port,
    protocol,
    icmpType: null,
    query: null,
    scope: 'both' as const,
  };
  return predictFlows(book, cluster, request)[0] ?? null;
}

/** A fix, or why there is none, where the rules deny something of the question; null where nothing is to be mended by rules. */
function proposalOf(
  evidence: Evidence,
  facts: VerdictFacts,
  { cluster, book }: Pick<Known, 'cluster' | 'book'>,
): FixProposal | null {
  const purposes = new Set(['destination', 'dns', 'proxy']);
  const denied = facts.prediction.flows.some(flow => purposes.has(flow.purpose) && flow.decision === 'deny');
  if (!denied) return null;
  return proposeFix({
    target: facts.target,
    host: facts.host,
    destination: evidence.question.destination,
    objects: evidence.collected.objects,
    apis: evidence.collected.apis,
    engine: evidence.collected.engine,
    cluster,
    book,
    dryRun: evidence.dryRun,
    verified: verifiedBy(evidence.verify),
  });
}

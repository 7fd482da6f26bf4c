/**
 * The verdict: VerdictFacts -> Verdict. Stages in order, the first cause wins: the pod runs; its proxy, if it uses one; the
 * name; the addresses. Every stage joins what was observed with what is predicted; nothing here looks at anything.
 */
import type { Verdict } from '../model.ts';
import { causeOf } from './cause.ts';
import { concludeDirect } from './conclude-direct.ts';
import { concludeProxied, proxyInUse } from './conclude-proxy.ts';
import type { Conclusion, DirectWay } from './conclusion.ts';
import type { VerdictFacts } from './facts.ts';
import { findingsOf } from './findings.ts';
import { refineConclusion } from './refine.ts';
import { symptomsOf } from './symptoms.ts';
import { podText, sentence } from './wording.ts';

/**
 * Concludes one verdict, with its confidence, its cause and the symptoms that it accounts for. `not-known` (confidence
 * null) when neither the probes nor the rules say; never `reachable` where the rules are unknown and nothing connected.
 */
export function concludeVerdict(facts: VerdictFacts): Verdict {
  const { conclusion, way } = concludeWay(facts);
  return facts.target.state.kind === 'not-running' ? notRunning(facts, conclusion, way) : write(facts, conclusion, way);
}

function concludeWay(facts: VerdictFacts): { readonly conclusion: Conclusion; readonly way: DirectWay } {
  const direct = concludeDirect(facts);
  const proxy = proxyInUse(facts);
  const conclusion = proxy === null ? direct.conclusion : concludeProxied(facts, proxy);
  return { conclusion: refineConclusion(facts, conclusion, direct.way), way: direct.way };
}

function write(facts: VerdictFacts, conclusion: Conclusion, way: DirectWay): Verdict {
  return {
    code: conclusion.code,
    confidence: conclusion.confidence,
    cause: causeOf(facts, conclusion),
    explains: symptomsOf(facts, conclusion, way),
    findings: findingsOf(facts, conclusion, way),
  };
}

/** A pod that does not run reaches nothing; what the rules would say is told beside it. */
function notRunning(facts: VerdictFacts, would: Conclusion, way: DirectWay): Verdict {
  const { state } = facts.target;
  const reason =
    state.kind === 'not-running' ? [state.reason, state.message].filter(text => text !== '').join(': ') : '';
  const conclusion: Conclusion = {
    code: 'pod-not-running',
    confidence: 'observed',
    about: 'pod',
    summary: `${podText(facts)} is not running (${reason})`,
    layer: null,
    culprits: [],
    behind:
      would.code === 'reachable' || would.code === 'not-known' ? [] : [sentence(`once it runs: ${would.summary}`)],
  };
  const verdict = write(facts, conclusion, way);
  const told =
    conclusion.behind.length > 0 ? [] : [{ kind: 'other' as const, text: sentence(`once it runs: ${would.summary}`) }];
  return { ...verdict, findings: [...verdict.findings, ...told] };
}

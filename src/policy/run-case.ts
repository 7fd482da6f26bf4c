/** Answers the flows of one case. This is all that stands between a case file and the evaluator. */
import type { Prediction, Problem } from '../model.ts';
import type { CaseQuestion } from './case-file.ts';
import { canonicalName, readClusterState } from './cluster-state.ts';
import { detectEngine } from './engine.ts';
import { combineFlows, predictFlows } from './evaluate.ts';
import { readRuleBook } from './rule-book.ts';

/** The predictions of one case, in the order of its flows, and its problems. */
export type CaseAnswers = { readonly answers: readonly Prediction[]; readonly problems: readonly Problem[] };

/** Predicts every flow of a case, in order. The engine is the case's, else the one that its objects show. */
export function answerCase(question: CaseQuestion): CaseAnswers {
  const engine = question.engine ?? detectEngine(question.objects);
  const book = readRuleBook(question.objects, { engine });
  const { cluster, problems } = readClusterState(question.objects, question.dns, lookupsOf(question.requests));
  const answers = question.requests.map(request =>
    'unreadable' in request
      ? { ...combineFlows([]), why: request.unreadable }
      : combineFlows(predictFlows(book, cluster, request)),
  );
  return { answers, problems: [...book.problems, ...problems] };
}

/** A flow to a name begins with its lookup, so a case tells who looked up what. */
function lookupsOf(requests: CaseQuestion['requests']): ReadonlyMap<string, ReadonlySet<string>> {
  const lookups = new Map<string, Set<string>>();
  for (const request of requests) {
    if ('unreadable' in request || request.to.kind !== 'name') continue;
    const name = canonicalName(request.to.name);
    lookups.set(name, (lookups.get(name) ?? new Set()).add(request.from));
  }
  return lookups;
}

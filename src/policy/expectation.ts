/** What a case file expects of a flow, and how an answer compares with it. The evaluator never sees any of this. */
import type { Problem } from '../model.ts';
import { isRecord, quoted } from './reading.ts';

const EXPECTED = ['allow', 'deny', 'unknown', 'problem', 'deny-or-problem', 'problem-or-allow'] as const;
/** What a case may expect of a flow. */
export type Expected = (typeof EXPECTED)[number];

/** What a case expects of one flow. */
export type Expectation = {
  /** null: nothing is expected. */
  readonly decision: Expected | null;
  /** Deciding policies; null: not said. */
  readonly by: readonly string[] | null;
  /** The API leaves the flow to the network plugin: `unknown` is then right as well. */
  readonly engineSpecific: boolean;
};

/** The object of a case that should not be there. */
export type BadObject = { readonly kind: string; readonly name: string };

/** An answer as far as it is compared. */
export type Answer = {
  readonly decision: string;
  readonly by: readonly string[];
  readonly problems: readonly Problem[];
};

/** Reads `expect`, `by` and `engine-specific` of a flow; a text says why they cannot be read. */
export function readExpectation(flow: unknown): Expectation | string {
  if (!isRecord(flow)) return { decision: null, by: null, engineSpecific: false };
  const { expect, by } = flow;
  const decision = expect === undefined || expect === null ? null : EXPECTED.find(each => each === expect);
  if (decision === undefined) return `expect is none of ${EXPECTED.join(', ')}: ${quoted(expect)}`;
  const names = typeof by === 'string' ? by.split(',').map(each => each.trim()) : null;
  return { decision, by: names, engineSpecific: flow['engine-specific'] === true };
}

/**
 * Compares an answer with what is expected. null: as expected, or nothing is; else what differs. `by` is compared as a
 * set, and not where the answer is `unknown`.
 */
export function difference(expectation: Expectation, answer: Answer, bad: BadObject | null): string | null {
  const { decision, by } = expectation;
  if (decision === null || (expectation.engineSpecific && answer.decision === 'unknown')) return null;
  const named = bad !== null && answer.problems.some(problem => isOf(problem.object, bad));
  if (!fits(decision, answer.decision, named)) {
    const missing = decision.includes('problem') && !named ? ', and the bad object is not among the problems' : '';
    return `expected ${decision}, got ${answer.decision}${missing}`;
  }
  if (by === null || answer.decision === 'unknown') return null;
  const same = by.length === new Set(answer.by).size && by.every(each => answer.by.includes(each));
  return same ? null : `expected by ${by.join(', ')}, got by ${answer.by.join(', ') || 'none'}`;
}

function fits(expected: Expected, decision: string, named: boolean): boolean {
  switch (expected) {
    case 'allow':
    case 'deny':
    case 'unknown':
      return decision === expected;
    case 'problem':
      return decision !== 'allow' && named;
    case 'deny-or-problem':
      return decision === 'deny' || (decision === 'unknown' && named);
    case 'problem-or-allow':
      return decision === 'allow' || (decision === 'unknown' && named);
    default:
      return expected satisfies never;
  }
}

/** `NetworkPolicy pay/bad` is of {NetworkPolicy, bad}; so is `NetworkPolicy (no name)`, whatever it was called. */
function isOf(object: string, bad: BadObject): boolean {
  const space = object.indexOf(' ');
  const [kind, name] = [object.slice(0, space), object.slice(space + 1)];
  return (
    kind.split('.')[0] === bad.kind && (name === bad.name || name.endsWith(`/${bad.name}`) || name === '(no name)')
  );
}

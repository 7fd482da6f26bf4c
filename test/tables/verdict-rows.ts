/** One row of a verdict table, and how it is checked. */
import { expect, test } from 'vitest';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { Cause, Confidence, Finding, VerdictCode } from '../../src/model.ts';
import { facts, type Given } from './verdict-builders.ts';

export type Wanted = {
  readonly code: VerdictCode;
  readonly confidence: Confidence | null;
  /** Policies named as the cause; none unless given. */
  readonly policies?: readonly string[];
  /** The whole list, in order. Not looked at unless given. */
  readonly explains?: readonly string[];
  /** Kinds of all findings, in order. None unless given. */
  readonly findings?: readonly Finding['kind'][];
  /** Parts that some finding must say. */
  readonly says?: readonly string[];
  readonly scope?: Cause['scope'];
  readonly summary?: string;
};

export type Row = readonly [rule: string, given: Given, wanted: Wanted];

/** Runs a table: the rule in words, what was seen and predicted, what must be concluded. */
export function verdictTable(rows: readonly Row[]): void {
  test.each(rows)('%s', (_rule, given, wanted) => {
    const verdict = concludeVerdict(facts(given));
    expect({ code: verdict.code, confidence: verdict.confidence }).toEqual({
      code: wanted.code,
      confidence: wanted.confidence,
    });
    expect(verdict.cause.policies.map(each => each.policy)).toEqual(wanted.policies ?? []);
    expect(verdict.findings.map(each => each.kind)).toEqual(wanted.findings ?? []);
    if (wanted.explains !== undefined) expect(verdict.explains).toEqual(wanted.explains);
    if (wanted.scope !== undefined) expect(verdict.cause.scope).toBe(wanted.scope);
    if (wanted.summary !== undefined) expect(verdict.cause.summary).toBe(wanted.summary);
    for (const part of wanted.says ?? []) expect(verdict.findings.map(each => each.text).join('\n')).toContain(part);
  });
}

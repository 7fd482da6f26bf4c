/**
 * The exam: every case file below EGRESS_CASES, by the code of `egress test`. A case whose policy kinds are all evaluated
 * must be right in every flow, deciding policies included; any other may be unknown, and never wrong.
 */
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Case, readCase } from '../../src/policy/case-file.ts';
import { detectEngine } from '../../src/policy/engine.ts';
import { type Answer, difference, type Expectation } from '../../src/policy/expectation.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { answerCase } from '../../src/policy/run-case.ts';

const root = process.env.EGRESS_CASES ?? '';
if (root === '')
  throw new Error(
    'EGRESS_CASES is not set: it is the folder of the case files, and this project tests nothing without it',
  );

type Read = { readonly file: string; readonly case: Case; readonly evaluated: boolean };

const files = globSync('**/*.{yaml,yml,json}', { cwd: root }).sort();
const cases = files.flatMap(readOne);

function readOne(file: string): readonly Read[] {
  const reading = readCase(readFileSync(join(root, file), 'utf8'));
  // The one other kind of file has rows of selectors in place of flows.
  if (reading.kind === 'no-case' && file.endsWith('selectors.yaml')) return [];
  if (reading.kind !== 'case') throw new Error(`${relative('.', join(root, file))} is no case: ${reading.why}`);
  const { question } = reading.case;
  const { coverage } = readRuleBook(question.objects, { engine: question.engine ?? detectEngine(question.objects) });
  return [{ file, case: reading.case, evaluated: coverage.every(entry => entry.status !== 'unsupported') }];
}

function mistakes(read: Read): readonly string[] {
  const { answers, problems } = answerCase(read.case.question);
  return answers.flatMap((answer, flow) => {
    const expectation = read.case.expectations[flow];
    if (expectation === undefined) return [`${read.file} flow ${flow} has no expectation`];
    const got = { ...answer, problems };
    const differs = read.evaluated ? difference(expectation, got, read.case.bad) : wrong(expectation, got);
    return differs === null ? [] : [`${read.file} flow ${flow}: ${differs} (${answer.why})`];
  });
}

/** What an answer must never be, however little was evaluated. */
function wrong({ decision }: Expectation, got: Answer): string | null {
  const mayAllow = decision === null || decision === 'allow' || decision === 'problem-or-allow';
  if (got.decision === 'allow' && !mayAllow) return `allow where ${decision} is expected`;
  return got.decision === 'deny' && decision === 'allow' ? 'deny where allow is expected' : null;
}

describe('cases', () => {
  const folders = Map.groupBy(cases, ({ file }) => file.split('/').slice(0, -1).join('/') || '.');
  test.each([...folders])('%s', (_, inFolder) => {
    expect(inFolder.flatMap(mistakes)).toEqual([]);
  });

  test('the cases of NetworkPolicy alone are among those that must be right', () => {
    const alone = cases.filter(({ case: { question } }) =>
      question.objects.every(
        object =>
          !/"(cilium\.io|projectcalico\.org|policy\.networking\.k8s\.io|example\.com|crd\.antrea\.io)/.test(
            JSON.stringify(object),
          ),
      ),
    );
    const left = alone.filter(({ evaluated, file }) => !evaluated && !file.includes('bad/'));
    expect(left.map(({ file }) => file)).toEqual([]);
    expect(alone.length).toBeGreaterThan(300);
  });
});

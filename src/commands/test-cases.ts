/** Runs case files one by one and prints what differs. */
import { readCase } from '../policy/case-file.ts';
import { difference } from '../policy/expectation.ts';
import { answerCase } from '../policy/run-case.ts';
import { visibleLine } from '../render/escape.ts';
import { readFiles } from './read-files.ts';
import type { TestLine } from './test.ts';

/** Where lines go. */
export type Printer = { readonly out: (text: string) => void; readonly err: (text: string) => void };

type Tally = { flows: number; wrong: number; cases: number; unreadable: number };

/** Runs every case of the paths and returns the exit code: 0, 1 (a difference, or a file that cannot be read), 2 (no case). */
export function testCases(paths: readonly string[], output: 'text' | 'json', printer: Printer): 0 | 1 | 2 {
  const tally: Tally = { flows: 0, wrong: 0, cases: 0, unreadable: 0 };
  for (const file of readFiles(paths)) {
    const reading = file.kind === 'text' ? readCase(file.text) : file;
    if (reading.kind === 'case') runCase(file.path, reading.case, output, printer, tally);
    else if (reading.kind === 'no-case' && file.kind === 'text' && !file.named)
      printer.err(`egress: ${visibleLine(file.path)} is passed over: ${reading.why}\n`);
    else {
      tally.unreadable += 1;
      printer.err(`egress: ${visibleLine(file.path)} is no case: ${visibleLine(reading.why)}\n`);
    }
  }
  if (output === 'text') printer.out(summary(tally));
  if (tally.cases === 0) return 2;
  return tally.wrong === 0 && tally.unreadable === 0 ? 0 : 1;
}

type ReadCase = Extract<ReturnType<typeof readCase>, { kind: 'case' }>['case'];

function runCase(file: string, read: ReadCase, output: 'text' | 'json', printer: Printer, tally: Tally): void {
  // The question alone goes to the evaluator: what is expected stays here.
  const { answers, problems } = answerCase(read.question);
  const lines: string[] = [];
  tally.cases += 1;
  answers.forEach(({ decision, by, why }, flow) => {
    const expectation = read.expectations[flow] ?? { decision: null, by: null, engineSpecific: false };
    const line: TestLine = { file, flow, decision, expect: expectation.decision, by, why, problems };
    const differs = difference(expectation, line, read.bad);
    tally.flows += 1;
    if (differs !== null) tally.wrong += 1;
    if (output === 'json') lines.push(JSON.stringify(line));
    else if (differs !== null) lines.push(`${visibleLine(`${file} flow ${flow}: ${differs}`)}\n  ${visibleLine(why)}`);
  });
  if (lines.length > 0) printer.out(`${lines.join('\n')}\n`);
}

function summary({ flows, wrong, cases, unreadable }: Tally): string {
  const files = unreadable === 0 ? '' : `, ${unreadable} ${unreadable === 1 ? 'file' : 'files'} could not be read`;
  return `${flows} flows in ${cases} ${cases === 1 ? 'case' : 'cases'}: ${wrong === 0 ? 'all as expected' : `${wrong} not as expected`}${files}\n`;
}

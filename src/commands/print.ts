/** How an answer leaves the process: text on standard output, the verdict's exit code. */
import { FaultError } from '../faults.ts';
import type { Diagnosis } from '../model.ts';
import { exitCodeOfVerdict } from './exit-code.ts';
import { diagnosisText, OUTPUTS, type Output } from './output.ts';

/** Refuses an `--output` that does not exist, before any work is done for it. */
export function checkOutput(text: string): Output {
  const output = OUTPUTS.find(each => each === text);
  if (output !== undefined) return output;
  throw new FaultError({
    code: 'usage',
    what: `There is no output "${text}".`,
    cause: `Known are ${OUTPUTS.join(', ')}.`,
    remedy: 'Name one of them with --output.',
  });
}

/** Prints the answer and sets the exit code. */
export function printDiagnosis(diagnosis: Diagnosis, output: string): void {
  process.stdout.write(diagnosisText(diagnosis, checkOutput(output), process.stdout, process.env));
  // A fix that was applied and verified is the better news: the flow is back.
  const isMended = diagnosis.fix?.proof.verified.kind === 'reachable';
  process.exitCode = isMended ? 0 : exitCodeOfVerdict(diagnosis.verdict.code);
}

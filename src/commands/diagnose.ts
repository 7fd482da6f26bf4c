/** `egress diagnose`: the whole answer to one question, from a real cluster. */
import type { Command } from 'commander';
import { type AskOptions, addAskOptions } from './ask-options.ts';

type DiagnoseOptions = AskOptions & { readonly verify?: true; readonly verifyWait: string };

/** Adds `egress diagnose POD HOST[:PORT]`. */
export function addDiagnoseCommand(program: Command): void {
  addAskOptions(
    program
      .command('diagnose')
      .summary('why this pod cannot reach that host, and what mends it')
      .description(
        'Probes from the pod, a control pod and the node, evaluates the policies, and says which one it is and how to mend it.',
      ),
  )
    .option('--verify', 'wait until the proposed fix is applied, then probe again and say what changed')
    .option('--verify-wait <seconds>', 'how long --verify waits for the fix', '600')
    .action(async (pod: string, host: string, options: DiagnoseOptions) => {
      const { ask, askVerified } = await import('./ask.ts');
      const { checkOutput, printDiagnosis } = await import('./print.ts');
      checkOutput(options.output);
      const answer = options.verify
        ? await askVerified(pod, host, options, options.verifyWait)
        : await ask(pod, host, options);
      printDiagnosis(answer.diagnosis, options.output);
    });
}

/** `egress replay`: the same verdict from a bundle, with no cluster. */
import type { Command } from 'commander';
import { OUTPUT_FLAG, type OutputOption } from './ask-options.ts';

/** Adds `egress replay BUNDLE`: prints what `capture` printed, byte for byte. */
export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .summary('the same verdict from a bundle, with no cluster')
    .description('Concludes again from a bundle that `egress capture` wrote. Needs no cluster and no network.')
    .argument('<bundle>', 'file that `egress capture` wrote')
    .option(...OUTPUT_FLAG)
    .action(async (file: string, options: OutputOption) => {
      const { readBundle } = await import('./bundle.ts');
      const { concludeDiagnosis } = await import('../diagnose/conclude.ts');
      const { printDiagnosis } = await import('./print.ts');
      printDiagnosis(concludeDiagnosis(readBundle(file)), options.output);
    });
}

/** `egress capture`: a diagnosis that also leaves its evidence bundle. */
import type { Command } from 'commander';
import { type AskOptions, addAskOptions } from './ask-options.ts';

/** Adds `egress capture POD HOST --file FILE`: asks as `diagnose` does and writes everything that was looked at. */
export function addCaptureCommand(program: Command): void {
  addAskOptions(
    program
      .command('capture')
      .summary('one evidence bundle: every object and probe transcript of a diagnosis')
      .description(
        'Asks as `egress diagnose` does and writes everything that was looked at to one file, for `egress replay`.',
      ),
  )
    .option('--file <file>', 'where to write the bundle (gzipped when it ends in .gz)', 'egress-bundle.json')
    .action(async (pod: string, host: string, options: AskOptions & { readonly file: string }) => {
      const { ask } = await import('./ask.ts');
      const { writeBundle } = await import('./bundle.ts');
      const { printDiagnosis } = await import('./print.ts');
      const answer = await ask(pod, host, options);
      writeBundle(options.file, answer.evidence);
      printDiagnosis(answer.diagnosis, options.output);
      process.stderr.write(`egress: evidence written to ${options.file}\n`);
    });
}

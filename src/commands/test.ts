/** `egress test`: policy unit tests. Flows with expected decisions, predicted without cluster and network. */
import type { Command } from 'commander';
import { FaultError } from '../faults.ts';

/** One line of `--output json`. */
export type TestLine = {
  readonly file: string;
  /** 0-based index in the file. */
  readonly flow: number;
  readonly decision: string;
  readonly expect: string | null;
  readonly by: readonly string[];
  readonly why: string;
  readonly problems: readonly { readonly object: string; readonly why: string }[];
};

/** Adds `egress test CASE...`. Exit code 0: every flow is as expected; 1: one is not, or a file cannot be read; 2: no case was found. */
export function addTestCommand(program: Command): void {
  program
    .command('test')
    .summary('policy unit tests: flows with expected decisions')
    .description(
      'Predicts the flows of case files and compares them with what they expect. Needs no cluster and no network.',
    )
    .argument('<case...>', 'case files, or folders of them')
    .option('--output <form>', 'text, or json: one line for each flow', 'text')
    .action(async (paths: readonly string[], options: { readonly output: string }) => {
      if (options.output !== 'text' && options.output !== 'json') throw unknownOutput(options.output);
      const { testCases } = await import('./test-cases.ts');
      process.exitCode = testCases(paths, options.output, {
        out: text => process.stdout.write(text),
        err: text => process.stderr.write(text),
      });
    });
}

function unknownOutput(text: string): FaultError {
  return new FaultError({
    code: 'usage',
    what: `There is no output "${text}".`,
    cause: 'Known are text, json.',
    remedy: 'Name one of them with --output.',
  });
}

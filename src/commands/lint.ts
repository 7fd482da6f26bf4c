/** `egress lint`: what policies get wrong, before anybody is paged for it. */
import type { Command } from 'commander';
import { collectTexts } from './policy-options.ts';

/** As commander gives them. */
export type LintOptions = {
  readonly live?: true;
  readonly context?: string;
  readonly asBot?: true;
  readonly engine?: string;
  readonly resolve: readonly string[];
  readonly lookup?: true;
  readonly clusterCidr: readonly string[];
  readonly output: string;
};

/** Adds `egress lint`. Exit code 0: nothing, or notes alone; 1: a warning or an error; 2: usage. */
export function addLintCommand(program: Command): void {
  program
    .command('lint')
    .summary('what policies get wrong: in files, or in a cluster')
    .description(
      'Checks policies for what cuts pods off, or opens too much, without anybody noticing. Files need no cluster and no network.',
    )
    .argument('[file...]', 'YAML or JSON files, or folders of them')
    .option('--live', "the policies of KUBECONFIG's cluster in place of files")
    .option('--context <context>', 'the kubeconfig context to ask (with --live)')
    .option('--as-bot', "use only ten-minute tokens of the bot's accounts (with --live)")
    .option('--engine <name@version>', 'what enforces policies, when the objects do not tell')
    .option('--resolve <host=ip,ip>', 'what a host resolves to (may be repeated)', collectTexts, [])
    .option('--lookup', 'ask DNS for the hosts that policies name beside their addresses')
    .option('--cluster-cidr <cidr>', "a range of the cluster's pods or Services (may be repeated)", collectTexts, [])
    .option('--output <form>', 'terminal, sarif, junit or json', 'terminal')
    .action(async (paths: readonly string[], options: LintOptions) => {
      const { runLint } = await import('./lint-run.ts');
      const { text, exitCode } = await runLint(paths, options);
      process.stdout.write(text);
      process.exitCode = exitCode;
    });
}

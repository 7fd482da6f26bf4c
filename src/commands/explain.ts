/** `egress explain`: what the policies of manifest files say of one flow, and why. */
import type { Command } from 'commander';
import { collectTexts } from './policy-options.ts';

/** As commander gives them. */
export type ExplainOptions = {
  readonly from: string;
  readonly to: string;
  readonly port: string;
  readonly protocol: string;
  readonly resolve: readonly string[];
  readonly engine?: string;
  readonly output: string;
};

/** Adds `egress explain`. Exit code 0: allowed; 1: denied; 3: unknown. */
export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .summary('what policies in files say of one flow, and why')
    .description('Predicts one flow from manifests alone. Needs no cluster and no network.')
    .argument('<file...>', 'YAML or JSON files, or folders of them')
    .requiredOption('--from <ns/pod>', 'the pod that connects')
    .requiredOption('--to <destination>', 'a host, an address, pod:ns/name or service:ns/name')
    .option('--port <port>', "the destination's port", '443')
    .option('--protocol <protocol>', 'TCP, UDP, SCTP or ICMP', 'TCP')
    .option('--resolve <host=ip,ip>', "what the pod's resolver answers for a host (may be repeated)", collectTexts, [])
    .option('--engine <name@version>', 'what enforces policies, when the files do not tell')
    .option('--output <form>', 'text or json', 'text')
    .action(async (paths: readonly string[], options: ExplainOptions) => {
      const { explain } = await import('./explain-flow.ts');
      const { text, exitCode } = explain(paths, options);
      process.stdout.write(text);
      process.exitCode = exitCode;
    });
}

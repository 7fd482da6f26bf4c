/** `egress demo`: whole answers over bundles that were captured from a real cluster; nothing but this package is needed. */
import type { Command } from 'commander';
import { type AskOptions, OUTPUT_FLAG } from './ask-options.ts';

type DemoOptions = Pick<AskOptions, 'output' | 'namespace' | 'context' | 'engine'> & { readonly live?: true };

/** Adds `egress demo [STORY]`, and `egress demo --live POD HOST`, which asks the cluster of KUBECONFIG instead. */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .summary('whole answers over captured clusters: no cluster needed')
    .description(
      'Answers questions over bundles that `egress capture` made in a real cluster. With --live it asks the cluster of KUBECONFIG.',
    )
    .argument('[story]', 'one story of the list; with --live: the pod')
    .argument('[host]', 'with --live: the host')
    .option('--live', 'ask the cluster of KUBECONFIG')
    .option('-n, --namespace <namespace>', "with --live: the pod's namespace")
    .option('--context <context>', 'with --live: the kubeconfig context')
    .option('--engine <name@version>', 'with --live: what enforces policies')
    .option(...OUTPUT_FLAG)
    .action(async (story: string | undefined, host: string | undefined, options: DemoOptions) => {
      const demo = await import('./demo-stories.ts');
      if (options.live) await demo.askLive(story, host, options);
      else demo.tellStories(story, options.output);
    });
}

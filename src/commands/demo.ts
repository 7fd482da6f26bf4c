/** `egress demo`: a page that looks and works like Slack, and whole answers in the terminal; only this package is needed. */
import type { Command } from 'commander';
import { type AskOptions, OUTPUT_FLAG } from './ask-options.ts';

type DemoOptions = Pick<AskOptions, 'output' | 'namespace' | 'context' | 'engine'> & {
  readonly live?: true;
  readonly page?: true;
  readonly stories?: true;
  readonly port: string;
};

/**
 * Adds `egress demo [STORY]`: a page for somebody at a terminal, the stories as text where the output goes elsewhere.
 * `egress demo --live POD HOST` asks the cluster of KUBECONFIG instead, and `--live --page` serves the page over it.
 */
export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .summary('the bot on a local page over captured clusters: no Slack, no cluster needed')
    .description(
      'Serves a page on 127.0.0.1 that looks and works like Slack, over bundles that `egress capture` made in a real cluster. Piped, or with --stories, it prints whole answers instead. With --live it asks the cluster of KUBECONFIG.',
    )
    .argument('[story]', 'one story of the list, in the terminal; with --live: the pod')
    .argument('[host]', 'with --live: the host')
    .option('--page', 'the page, also when the output is not a terminal')
    .option('--stories', 'the answers as text, also on a terminal')
    .option('--port <port>', 'port of the page; 0: any free one', '0')
    .option('--live', 'ask the cluster of KUBECONFIG')
    .option('-n, --namespace <namespace>', "with --live: the pod's namespace")
    .option('--context <context>', 'with --live: the kubeconfig context')
    .option('--engine <name@version>', 'with --live: what enforces policies')
    .option(...OUTPUT_FLAG)
    .action(async (story: string | undefined, host: string | undefined, options: DemoOptions) => {
      if (story === undefined && !options.stories && (options.page || process.stdout.isTTY)) {
        const { openPage } = await import('./demo-page.ts');
        return openPage(options);
      }
      const demo = await import('./demo-stories.ts');
      if (options.live) await demo.askLive(story, host, options);
      else demo.tellStories(story, options.output);
    });
}

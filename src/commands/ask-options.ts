/** The options that every command that asks a cluster shares. */
import type { Command } from 'commander';

/** As typed: `print.ts` checks it. */
export type OutputOption = { readonly output: string };

/** As commander gives them: absent when not said. */
export type AskOptions = OutputOption & {
  readonly namespace?: string;
  readonly context?: string;
  readonly vantage?: string;
  readonly podMethod?: string;
  readonly timeout?: string;
  readonly siblings?: string;
  readonly engine?: string;
  readonly image?: string;
  readonly asBot?: true;
  /** `--no-probe` */
  readonly probe: boolean;
};

/** Flag, text and default of `--output`, for commander's `option`. */
export const OUTPUT_FLAG = ['--output <form>', 'terminal, thread, markdown or json', 'terminal'] as const;

/** Adds POD, HOST and the options of a question. */
export function addAskOptions(command: Command): Command {
  return command
    .argument('<pod>', 'billing-pod, payments/billing-pod, deploy/billing, or a label selector such as app=billing')
    .argument('<host>', 'api.stripe.com, host:port, https://host/path, an address, or a Service')
    .option('-n, --namespace <namespace>', "the pod's namespace")
    .option('--context <context>', 'the kubeconfig context to ask')
    .option('--vantage <vantages>', 'where to probe from: pod, control, node, outside (with commas)')
    .option(
      '--pod-method <methods>',
      "how to enter the pod's network: ephemeral-container, twin-pod, exec (tried in this order)",
    )
    .option('--timeout <ms>', 'milliseconds that one probe may take')
    .option('--siblings <n>', 'probe this many replicas on other nodes as well')
    .option('--engine <name@version>', 'what enforces policies, when the cluster does not tell')
    .option('--image <image>', 'the image that the probes run in')
    .option('--as-bot', "use only ten-minute tokens of the bot's accounts")
    .option('--no-probe', 'predict only: start nothing in the cluster')
    .option(...OUTPUT_FLAG);
}

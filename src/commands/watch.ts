/** `egress watch`: looks at named flows again and again, and says when one breaks and when it is back. */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** As commander gives them. */
export type WatchOptions = {
  readonly pod: string;
  readonly namespace?: string;
  readonly context?: string;
  readonly asBot?: true;
  /** Milliseconds. */
  readonly every: number;
  readonly once?: true;
};

/** Adds `egress watch HOST... --pod POD`. With `--once` the exit code is that of the worst flow; else it runs until a signal, and then is 0. */
export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .summary('looks at flows again and again, and says when one breaks')
    .description(
      'Looks from the pod at each host, leaves nothing in its spec (exec, else a twin pod), and prints a line when something changed. ' +
        'The bot does the same by the part `watch` of its configuration, and asks in a channel.',
    )
    .argument('<host...>', 'api.stripe.com, host:port, https://host/path, an address, or a Service')
    .requiredOption('--pod <pod>', 'billing-pod, deploy/billing, or a label selector such as app=billing')
    .option('-n, --namespace <namespace>', "the pod's namespace")
    .addOption(
      new Option('--every <time>', 'between two looks at a host: 30s to 24h')
        .argParser(readEvery)
        .default(300_000, '5m'),
    )
    .option('--once', 'look once, and end with the exit code of the worst')
    .option('--context <context>', 'the kubeconfig context to ask')
    .option('--as-bot', "use only ten-minute tokens of the bot's accounts")
    .action(async (hosts: readonly string[], options: WatchOptions) => {
      const { runWatch } = await import('./watch-run.ts');
      process.exitCode = await runWatch(hosts, options);
    });
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const SHORTEST_MS = 30_000;
const LONGEST_MS = 86_400_000;

function readEvery(text: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([smh])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (UNIT_MS[unit] ?? Number.NaN);
  if (milliseconds >= SHORTEST_MS && milliseconds <= LONGEST_MS) return milliseconds;
  throw new InvalidArgumentError('Write a time from 30s to 24h, as in 5m.');
}

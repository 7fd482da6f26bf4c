/** `egress access`: what the current identity may do, and what each missing right costs the answer. */
import type { Command } from 'commander';
import { FaultError } from '../faults.ts';

type AccessOptions = {
  readonly namespace?: string;
  readonly context?: string;
  readonly asBot?: true;
  readonly output: string;
};

/** Adds `egress access [-n NS]`. Exit code 0: every right is there; 1: one is missing or could not be checked. */
export function addAccessCommand(program: Command): void {
  program
    .command('access')
    .summary('what you may do in this cluster, and what each missing right costs the answer')
    .description('Asks the API server for every right that reading, probing and dry runs take. Changes nothing.')
    .option('-n, --namespace <namespace>', "the pod's namespace: probing and dry runs are allowed per namespace")
    .option('--context <context>', 'the kubeconfig context to ask')
    .option('--as-bot', "ask for the bot's accounts, with ten-minute tokens of theirs")
    .option('--output <form>', 'text or json', 'text')
    .action(async (options: AccessOptions) => {
      if (options.output !== 'text' && options.output !== 'json') throw unknownOutput(options.output);
      const { connectFor } = await import('./connect-for.ts');
      const { checkAccess } = await import('../cluster/access.ts');
      const { accessText } = await import('./access-text.ts');
      const connection = await connectFor(options);
      try {
        const report = await checkAccess(connection, options.namespace ?? connection.defaultNamespace);
        process.stdout.write(options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : accessText(report));
        process.exitCode = report.rights.every(right => right.allowed === 'yes') ? 0 : 1;
      } finally {
        await connection.close();
      }
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

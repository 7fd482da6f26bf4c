/** `egress page try`: what an alert's payload would ask, without asking it. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { type Fault, FaultError, joined } from '../faults.ts';
import { shown } from '../hostname.ts';
import type { PageSource } from '../settings/paging.ts';

type TryOptions = { readonly config?: string; readonly source?: string };

/** Adds `egress page try < payload.json`. Exit code 0 when every alert is a question or is none of ours, 1 when one cannot be mapped. */
export function addPageCommand(program: Command): void {
  const page = program.command('page').summary('alerts that ask by themselves').exitOverride();
  page
    .command('try')
    .summary('what the alerts of a payload would ask, or why they cannot')
    .description(
      'Reads a webhook payload from standard input and shows what the rules of the configuration make of it.',
    )
    .option('--config <file>', 'the configuration (default: EGRESS_CONFIG)')
    .option('--source <name>', 'pagerduty, alertmanager, grafana or sns (default: seen from the payload)')
    .exitOverride()
    .action(async ({ config, source }: TryOptions) => {
      const { loadSettings } = await import('../settings/load-settings.ts');
      const reading = loadSettings(config ?? process.env.EGRESS_CONFIG);
      if (reading.kind === 'faults') throw new FaultError(joined(reading.faults));
      if (reading.settings.paging === undefined) throw new FaultError(NO_PAGING);
      const payload = payloadOf(readFileSync(0, 'utf8'));
      const { tryPayload } = await import('../page/try.ts');
      const tried = tryPayload(payload, { ...reading.settings, paging: reading.settings.paging }, await named(source));
      process.stdout.write(tried.text);
      process.exitCode = tried.isMapped ? 0 : 1;
    });
}

async function named(source: string | undefined): Promise<PageSource | null> {
  if (source === undefined) return null;
  const { READERS } = await import('../page/sources.ts');
  if (Object.hasOwn(READERS, source)) return source as PageSource;
  throw new FaultError({
    code: 'usage',
    what: `There is no source ${shown(source)}.`,
    cause: `Known are ${Object.keys(READERS).join(', ')}.`,
    remedy: 'Name one of them, or leave it out.',
  });
}

function payloadOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FaultError({
      code: 'bad-file',
      what: 'The payload is not JSON.',
      cause: error instanceof Error ? error.message : String(error),
      remedy: 'Give the body of a webhook as it was sent, as in `egress page try < payload.json`.',
    });
  }
}

const NO_PAGING: Fault = {
  code: 'bad-config',
  what: 'The configuration has no part `paging`.',
  cause: 'It says which alerts are egress questions.',
  remedy: 'Add it as in infra/egress.config.example.yaml.',
};

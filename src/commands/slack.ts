/** `egress slack manifest`: what to paste when the app is made in a workspace. */
import type { Command } from 'commander';
import { FaultError } from '../faults.ts';

type ManifestOptions = { readonly url?: string; readonly json?: true };

/** Adds `egress slack manifest [--url URL] [--json]`. */
export function addSlackCommand(program: Command): void {
  const slack = program.command('slack').description('What a Slack workspace has to know of the bot.');
  slack
    .command('manifest')
    .description("Prints the app's manifest, with exactly the scopes that the bot uses.")
    .option(
      '--url <url>',
      'address of the bot as Slack reaches it (`egress serve --http`, Lambda); without: Socket Mode',
    )
    .option('--json', 'JSON instead of YAML')
    .action(async ({ url, json }: ManifestOptions) => {
      const { manifestOf } = await import('../slack/manifest.ts');
      const manifest = manifestOf(url === undefined ? { kind: 'socket' } : { kind: 'http', url: checkedUrl(url) });
      const { stringify } = await import('yaml');
      process.stdout.write(json ? `${JSON.stringify(manifest, null, 2)}\n` : stringify(manifest));
    });
}

/** Slack takes nothing but https. A path of the address is kept: Lambda's stages have one. */
function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:' && url.search === '' && url.hash === '') return url.href;
  throw new FaultError({
    code: 'usage',
    what: `--url ${text} cannot be used.`,
    cause: 'Slack sends its requests to an https address.',
    remedy: 'Give the address without the path, as in --url https://egress.example.com',
  });
}

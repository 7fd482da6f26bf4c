/** Times `egress explain` of one flow in fresh processes, from the text of a file to the explained answer. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { explain } from '../../src/commands/explain-flow.ts';

/** What one process took. */
export type Measured = {
  readonly ms: number;
  readonly peakMb: number;
  /** First line of the answer. */
  readonly decision: string;
};

/** The fastest of several fresh processes: what else the machine does can only add to it. `engine`: null = found out. */
export function fastest(file: string, times: number, engine: string | null = null): Measured {
  const args = [fileURLToPath(import.meta.url), file, ...(engine === null ? [] : [engine])];
  const runs = Array.from(
    { length: times },
    (): Measured => JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 26 })),
  );
  return runs.reduce((best, each) => (each.ms < best.ms ? each : best));
}

/** Explains one flow of a file in this process and prints what it took. */
function measure(file: string, engine: string | undefined): void {
  const started = performance.now();
  const options = {
    from: 'team-0/pod-0',
    to: 'api.stripe.com',
    port: '443',
    protocol: 'TCP',
    resolve: ['api.stripe.com=203.0.113.43'],
    output: 'text',
    ...(engine === undefined ? {} : { engine }),
  };
  const { text } = explain([file], options);
  const ms = performance.now() - started;
  const measured: Measured = { ms, peakMb: process.resourceUsage().maxRSS / 1024, decision: text.split('\n')[0] ?? '' };
  process.stdout.write(JSON.stringify(measured));
}

// The child process of `fastest`.
const [, script, file, engine] = process.argv;
if (script === fileURLToPath(import.meta.url) && file !== undefined) measure(file, engine);

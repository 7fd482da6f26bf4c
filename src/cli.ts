/** The command line: which words exist, and how an error leaves the process. Each command lives in `commands/`. */
import { Command, CommanderError } from 'commander';
import { addAccessCommand } from './commands/access.ts';
import { addAuditCommand } from './commands/audit.ts';
import { addCaptureCommand } from './commands/capture.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDiagnoseCommand } from './commands/diagnose.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addLintCommand } from './commands/lint.ts';
import { addPageCommand } from './commands/page.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addReportCommand } from './commands/report.ts';
import { addServeCommand } from './commands/serve.ts';
import { addSlackCommand } from './commands/slack.ts';
import { addTestCommand } from './commands/test.ts';
import { VERSION } from './commands/version.ts';
import { addWatchCommand } from './commands/watch.ts';
import { exitCodeOf, type Fault, FaultError } from './faults.ts';

/**
 * Runs one command line (`argv` without node and script) and sets `process.exitCode`: 0 reachable or all as expected,
 * 3 only not-known, 2 usage, 4 our own fault, 1 everything else. Never throws.
 */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('egress')
    .description('Says why a Kubernetes pod cannot reach a host, which rule did it, and which YAML mends it.')
    .version(VERSION)
    .showHelpAfterError('(egress --help lists the commands)')
    .exitOverride();
  for (const add of [
    addDiagnoseCommand,
    addExplainCommand,
    addTestCommand,
    addLintCommand,
    addWatchCommand,
    addCaptureCommand,
    addReplayCommand,
    addDemoCommand,
    addAccessCommand,
    addAuditCommand,
    addReportCommand,
    addServeCommand,
    addSlackCommand,
    addPageCommand,
  ]) {
    add(program);
  }
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** Prints what went wrong on standard error and returns the exit code for it. */
function report(error: unknown): number {
  // Commander has printed its own message already; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof FaultError) {
    process.stderr.write(faultText(error.fault));
    return exitCodeOf(error.fault);
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `egress: something in egress itself failed: ${detail}\nThis is our fault, and says nothing about the network. Please report it with the lines above.\n`,
  );
  return 4;
}

/** What happened, why, what to do: three lines. Control characters of outside text are made visible. */
function faultText(fault: Fault): string {
  return [`egress: ${fault.what}`, `  why: ${fault.cause}`, `  do:  ${fault.remedy}`, '']
    .join('\n')
    .replace(
      /[^\n\x20-\x7e\u00a0-\u200d\u2010-\u2027\u2030-\u2065\u2070-\uffff]/g,
      character => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
}

/** `egress report`: an incident as a Markdown timeline, from what the bot kept. */
import type { Command } from 'commander';
import { FaultError } from '../faults.ts';
import { openStore, STORE_FLAGS, type StoreOptions } from './open-store.ts';

/** Adds `egress report INCIDENT`. Exit code 0 with a report, 2 when nothing is known of the incident. */
export function addReportCommand(program: Command): void {
  program
    .command('report')
    .summary('the timeline of an incident as Markdown, for its post-mortem')
    .description(
      'Writes what the bot kept of an incident: who asked, what was seen and concluded, which fix was proposed, when it was applied ' +
        'and when the flow was back. Asks no cluster. Answers are kept for 30 days.',
    )
    .argument(
      '<incident>',
      "a pager's name or address of it, the link (or ts) of a message in its thread, or an answer's id",
    )
    .option(...STORE_FLAGS.database)
    .option(...STORE_FLAGS.table)
    .action(async (incident: string, options: StoreOptions) => {
      const { findStory } = await import('../work/find-story.ts');
      const { renderIncidentReport } = await import('../render/timeline/incident-report.ts');
      const { loadTemplates } = await import('./templates.ts');
      const store = await openStore(options);
      try {
        const nowMs = Date.now();
        const reading = await findStory(store, incident, nowMs);
        if (reading.kind === 'unknown') throw new FaultError(reading.fault);
        const writtenAt = new Date(nowMs).toISOString();
        process.stdout.write(renderIncidentReport(reading.story, loadTemplates(), { writtenAt }));
      } finally {
        await store.close();
      }
    });
}

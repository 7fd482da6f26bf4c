/** The audit log as lines for a terminal, oldest first. Pure. */

import { askerName } from '../queue/job.ts';
import { visibleLine } from '../render/escape.ts';
import type { AuditEntry, AuditOutcome } from '../store/audit.ts';

const COLUMNS = ['when', 'who', 'what', 'about', 'cluster', 'channel', 'outcome'] as const;

/** Renders the entries as aligned columns; ends in a line break. What people typed is made visible. */
export function auditText(entries: readonly AuditEntry[]): string {
  if (entries.length === 0) return 'Nobody asked anything in this time.\n';
  const rows = [COLUMNS, ...entries.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map(row => [...(row[column] ?? '')].length)));
  const lines = rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function cellsOf({ at, who, action, subject, cluster, channel, outcome }: AuditEntry): readonly string[] {
  const cells = [
    at.replace('T', ' ').replace(/\.\d+Z$/, 'Z'),
    askerName(who),
    action,
    subject,
    cluster ?? '-',
    channel ?? '-',
    outcomeText(outcome),
  ];
  return cells.map(visibleLine);
}

function outcomeText(outcome: AuditOutcome): string {
  switch (outcome.kind) {
    case 'started':
      return 'not ended';
    case 'refused':
      return `refused: ${outcome.why}`;
    case 'answered':
      return outcome.verdict;
    case 'done':
      return 'done';
    case 'failed':
      return `failed: ${outcome.why}`;
    default:
      return outcome satisfies never;
  }
}

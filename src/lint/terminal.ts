/** A report for a person at a terminal: what is worst first, each finding with its fix. */
import { block, code, escapeAll, TERMINAL_ESCAPE } from '../render/escape.ts';
import type { Templates } from '../render/templates.ts';
import { type TerminalPage, tidy } from '../render/terminal.ts';
import { countOf, type Finding, type LintReport, type NotChecked, type Severity } from './finding.ts';

const TONES: Readonly<Record<Severity, string>> = { error: 'bad', warning: 'unsure', note: 'none' };
const SYMBOLS: Readonly<Record<Severity, string>> = { error: '✗', warning: '!', note: '·' };
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** Renders the report with templates/lint/terminal.hbs, ending in one line break. */
export function lintText(report: LintReport, templates: Templates, page: TerminalPage): string {
  const sorted = SEVERITIES.flatMap(severity => report.findings.filter(each => each.severity === severity));
  const view = {
    findings: sorted.map(findingView),
    notChecked: notCheckedLines(report.notChecked),
    summary: summaryOf(report),
    tone: countOf(report, 'error') > 0 ? 'bad' : countOf(report, 'warning') > 0 ? 'unsure' : 'good',
  };
  return tidy(templates.render('lint/terminal', escapeAll(view, TERMINAL_ESCAPE), page));
}

function findingView({ rule, severity, object, place, what, why, fix }: Finding): object {
  const where = place === null ? '' : ` (${place.file}${place.line === null ? '' : `:${place.line}`})`;
  return {
    symbol: SYMBOLS[severity],
    tone: TONES[severity],
    severity,
    rule,
    object: code(`${object}${where}`),
    what,
    why,
    fix: fix.text,
    hasYaml: fix.yaml !== null,
    yaml: block('yaml', (fix.yaml ?? '').replace(/^(?=.)/gm, '    ')),
  };
}

/** The same reason for many policies is one line. */
function notCheckedLines(entries: readonly NotChecked[]): readonly string[] {
  const groups = Map.groupBy(entries, ({ rule, why }) => `${rule}: ${why}`);
  return [...groups].map(([text, same]) => {
    const objects = [...new Set(same.flatMap(({ object }) => object ?? []))];
    if (objects.length === 0) return text;
    const shown = objects.slice(0, 3).join(', ');
    return `${text} (${shown}${objects.length > 3 ? ` and ${objects.length - 3} more` : ''})`;
  });
}

function summaryOf(report: LintReport): string {
  const counts = SEVERITIES.map(severity => counted(countOf(report, severity), severity));
  return `${counted(report.policies, 'policy')}: ${counts.join(', ')}${report.notChecked.length === 0 ? '' : `, ${counted(report.notChecked.length, 'question')} not answered`}`;
}

function counted(count: number, word: string): string {
  const plural = word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`;
  return `${count} ${count === 1 ? word : plural}`;
}

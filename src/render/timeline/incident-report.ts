/** An incident as Markdown for its post-mortem, from what was kept alone: what happened when, and how each line is known. */
import type { Diagnosis } from '../../model.ts';
import { block, code, type Escape, MARKDOWN_ESCAPE } from '../escape.ts';
import { fixYaml } from '../fix-view.ts';
import { spanText } from '../span.ts';
import type { Templates } from '../templates.ts';
import { tidy } from '../terminal.ts';
import { type Entry, type Say, saying } from './entry.ts';
import { endingOf, gapsOf } from './gaps.ts';
import { happenedEntries } from './happened.ts';
import { lookedEntries } from './looked.ts';
import type { FactOf, Story, StoryFact } from './story.ts';

const PAGE = { width: null, colour: false } as const;

/** Of one kind: the rest of a storm of five hundred alerts is one line. */
const ALIKE_SHOWN = 10;

/** Renders it, ending in one line break; `writtenAt`: ISO 8601. A story without facts says that nothing is known. */
export function renderIncidentReport(
  story: Story,
  templates: Templates,
  { writtenAt }: { readonly writtenAt: string },
): string {
  const output = MARKDOWN_ESCAPE;
  const say = saying(output);
  const facts = story.facts.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const single = facts.filter(({ kind }) => !Object.hasOwn(REPEATED, kind)).flatMap(fact => entriesOf(fact, say));
  const entries = [...repeatedEntries(facts, say), ...single].toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at));
  const firstAt = entries[0]?.at ?? writtenAt;
  const context = {
    incident: say`${code(story.incident)}`,
    summary: summaryLines(facts, firstAt, say),
    lines: entries.map(entry => ({
      ...entry,
      at: timeOf(entry.at),
      after: spanText(sinceMs(firstAt, entry.at)),
    })),
    gaps: gapsOf(facts),
    fixes: fixesOf(facts, say, output),
    writtenAt: timeOf(writtenAt),
  };
  return tidy(templates.render('report', context, PAGE));
}

function entriesOf(fact: StoryFact, say: Say): readonly Entry[] {
  return fact.kind === 'looked' ? lookedEntries(fact, say) : happenedEntries(fact, say);
}

/** UTC, to the second: `2026-11-21T11:00:05Z`. */
function timeOf(at: string): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}

function sinceMs(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** The four questions that a post-mortem begins with: which flow, when, why, and when it was over. */
function summaryLines(facts: readonly StoryFact[], firstAt: string, say: Say): readonly string[] {
  if (facts.length === 0) return ['Nothing is kept of it.'];
  const looks = facts.filter(fact => fact.kind === 'looked');
  const failed = looks.find(({ diagnosis }) => diagnosis.verdict.code !== 'reachable') ?? looks[0];
  const lastAt = facts.at(-1)?.at ?? firstAt;
  return [
    ...(failed === undefined ? [] : [flowLine(failed.diagnosis, say)]),
    say`From ${timeOf(firstAt)} to ${timeOf(lastAt)}, ${spanText(sinceMs(firstAt, lastAt))}. All times are UTC.`,
    ...(failed === undefined ? [] : [causeLine(failed, firstAt, say)]),
    endingLine(facts, firstAt, say),
  ];
}

function flowLine({ target, question }: Diagnosis, say: Say): string {
  return say`Pod ${code(`${target.namespace}/${target.pod}`)} to ${code(question.destination.text)}, cluster ${code(question.cluster)}.`;
}

function causeLine({ at, diagnosis }: FactOf<'looked'>, firstAt: string, say: Say): string {
  const { verdict } = diagnosis;
  const policies = verdict.cause.policies.slice(0, ALIKE_SHOWN).map(({ policy }) => code(policy));
  const by = policies.length === 0 ? '' : say`, by ${policies}`;
  return `${say`Concluded ${code(verdict.code)}`}${by}, ${spanText(sinceMs(firstAt, at))} after the first fact.`;
}

function endingLine(facts: readonly StoryFact[], firstAt: string, say: Say): string {
  const ending = endingOf(facts);
  if (ending.kind === 'recovered') {
    return `${say`Seen to have recovered ${timeOf(ending.at)}`}, ${spanText(sinceMs(firstAt, ending.at))} after the first fact.`;
  }
  if (ending.verdict === null || ending.at === null) return 'Not seen to have recovered.';
  return say`Not seen to have recovered: ${code(ending.verdict)} at ${timeOf(ending.at)}, the last time that anything was seen.`;
}

/** What a storm repeats: the first of each kind, and a line that counts the others. */
function repeatedEntries(facts: readonly StoryFact[], say: Say): readonly Entry[] {
  return Object.entries(REPEATED).flatMap(([kind, noun]) => {
    const alike = facts.filter(fact => fact.kind === kind);
    const left = alike.length - ALIKE_SHOWN;
    const last = alike.at(-1);
    const shown = alike.slice(0, ALIKE_SHOWN).flatMap(fact => entriesOf(fact, say));
    if (left <= 0 || last === undefined) return shown;
    const more: Entry = { at: last.at, mark: 'done by a program', text: say`… and ${left} more ${noun}`, details: [] };
    return [...shown, more];
  });
}

const REPEATED = {
  alert: 'alerts',
  noted: 'notes',
  resolved: 'alerts that were resolved',
} as const satisfies Partial<Record<StoryFact['kind'], string>>;

/** Each proposed fix once: a look that is repeated proposes the same. */
function fixesOf(facts: readonly StoryFact[], say: Say, output: Escape) {
  const fixes = facts.flatMap(fact =>
    fact.kind === 'looked' && fact.diagnosis.fix !== null ? [{ at: fact.at, yaml: fixYaml(fact.diagnosis.fix) }] : [],
  );
  const unlike = [...new Map(fixes.toReversed().map(fix => [fix.yaml, fix])).values()].toReversed();
  return unlike.map(({ at, yaml }) => ({
    heading: say`Proposed ${timeOf(at)}; egress applied nothing.`,
    yaml: output.block(block('yaml', yaml)),
  }));
}

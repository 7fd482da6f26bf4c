/** A look at the cluster as lines: what was observed, what is predicted, what was concluded, what was proposed. */
import { objectsOf } from '../../diagnose/fix-seen.ts';
import type { Diagnosis } from '../../model.ts';
import { type Comparison, comparisonOf } from '../comparison.ts';
import { code } from '../escape.ts';
import type { Entry, Say } from './entry.ts';
import type { FactOf } from './story.ts';

/** Policies that are named; the answer itself has all. */
const POLICIES_SHOWN = 10;

/** The lines, all of the time at which the look had ended. */
export function lookedEntries({ at, diagnosis, isShared }: FactOf<'looked'>, say: Say): readonly Entry[] {
  const { prediction, verdict } = diagnosis;
  const shared = isShared ? ' (a look that somebody else had asked for less than a minute before)' : '';
  const predicted = say`The rules say ${code(prediction.decision)}: ${prediction.why}`;
  const confidence = verdict.confidence === null ? '' : say` (${verdict.confidence})`;
  return [
    { at, mark: 'observed', text: `What the probes saw${shared}:`, details: seenLines(diagnosis, say) },
    { at, mark: 'predicted', text: predicted, details: [] },
    {
      at,
      mark: 'concluded',
      text: `${say`${code(verdict.code)}`}${confidence}: ${say`${verdict.cause.summary}`}`,
      details: culpritLines(diagnosis, say),
    },
    ...proposed(at, diagnosis, say),
  ];
}

function seenLines(diagnosis: Diagnosis, say: Say): readonly string[] {
  const comparison = comparisonOf(diagnosis);
  const seen = comparison.columns.map((title, column) => say`${title}: ${outcomesOf(comparison, column)}`);
  const notLooked = diagnosis.vantages
    .filter(({ status }) => status === 'not-run')
    .map(({ vantage, why }) => say`${vantage}: not looked from there (${why})`);
  const lines = [...seen, ...notLooked];
  return lines.length === 0 ? ['nothing: nothing was probed'] : lines;
}

function outcomesOf({ rows }: Comparison, column: number): string {
  const outcomes = rows.flatMap(({ label, cells }) => {
    const cell = cells[column];
    return cell === undefined ? [] : [`${label} ${cell.text}`];
  });
  return outcomes.join('; ') || 'nothing';
}

function culpritLines({ verdict }: Diagnosis, say: Say): readonly string[] {
  const { policies } = verdict.cause;
  const shown = policies.slice(0, POLICIES_SHOWN).map(({ policy, rule }) => say`decided by ${code(policy)}: ${rule}`);
  const left = policies.length - shown.length;
  return left > 0 ? [...shown, say`and ${left} more`] : shown;
}

function proposed(at: string, { fix, noFixBecause }: Diagnosis, say: Say): readonly Entry[] {
  if (fix !== null) {
    const names = objectsOf(fix).map(name => code(name));
    const text = say`A fix is proposed, and nothing was applied: ${names}. Its YAML is below.`;
    return [{ at, mark: 'concluded', text, details: [] }];
  }
  if (noFixBecause === null) return [];
  return [{ at, mark: 'concluded', text: say`No fix is proposed: ${noFixBecause}`, details: [] }];
}

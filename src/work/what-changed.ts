/** Two answers to the same question -> what changed between them, in mrkdwn that is safe. Pure. */
import { missingOf, objectsOf } from '../diagnose/fix-seen.ts';
import type { Evidence } from '../evidence.ts';
import type { Diagnosis, Observation } from '../model.ts';
import { SLACK_ESCAPE } from '../render/escape.ts';
import { listText, outcomeWords, timeText } from '../render/words.ts';

type Answer = { readonly evidence: Evidence; readonly diagnosis: Diagnosis };

/** Outcomes that are listed; the comparison has all. */
const OUTCOMES_SHOWN = 4;

/** Says whether it recovered, stayed or changed, whether the proposed fix is there by now, and what the probes see anew. */
export function changeNote(before: Answer, after: Answer): string {
  const lines = [
    headline(before.diagnosis, after.diagnosis),
    appliedLine(before.diagnosis, after.evidence),
    policyLine(before.diagnosis, after.diagnosis),
    observedLine(before.diagnosis, after.diagnosis),
    saysTheSame(before.diagnosis, after.diagnosis)
      ? 'Cause, comparison and fix are as said above in this thread.'
      : null,
  ];
  return lines.filter(line => line !== null).join('\n');
}

/** Reports whether a reader of the first answer learns nothing from the parts of the second. */
export function saysTheSame(before: Diagnosis, after: Diagnosis): boolean {
  const told = ({ verdict, fix, noFixBecause }: Diagnosis): string =>
    JSON.stringify([verdict.code, culpritsOf(verdict), verdict.explains, fix?.manifests ?? null, noFixBecause]);
  return told(before) === told(after) && changedOutcomes(before, after).length === 0;
}

function headline(before: Diagnosis, after: Diagnosis): string {
  const since = `since ${SLACK_ESCAPE.text(timeText(before.askedAt))}`;
  const was = SLACK_ESCAPE.code(before.verdict.code);
  const is = SLACK_ESCAPE.code(after.verdict.code);
  if (before.verdict.code === after.verdict.code) return `*No other verdict ${since}:* still ${is}.`;
  if (after.verdict.code === 'reachable') return `✓ *Recovered ${since}:* it was ${was}.`;
  return `*Changed ${since}:* it was ${was}, now it is ${is}.`;
}

/** Whether each object of the proposed fix is in the cluster now; null: there was none, or policies could not be read. */
function appliedLine({ fix }: Diagnosis, evidence: Evidence): string | null {
  const missing = missingOf(fix, evidence);
  if (fix === null || missing === null) return null;
  if (missing.length === 0) return `The proposed fix is in the cluster: ${codes(objectsOf(fix))}.`;
  return `Of the proposed fix ${codes(missing)} ${missing.length === 1 ? 'was' : 'were'} not found in the cluster.`;
}

function policyLine(before: Diagnosis, after: Diagnosis): string | null {
  const was = culpritsOf(before.verdict);
  const is = culpritsOf(after.verdict);
  const gone = was.filter(policy => !is.includes(policy));
  const come = is.filter(policy => !was.includes(policy));
  const parts = [
    gone.length > 0 ? `no longer decides: ${codes(gone)}` : null,
    come.length > 0 ? `now decides: ${codes(come)}` : null,
  ].filter(part => part !== null);
  return parts.length === 0 ? null : `Policies: ${parts.join('; ')}.`;
}

function observedLine(before: Diagnosis, after: Diagnosis): string | null {
  const changed = changedOutcomes(before, after);
  if (changed.length === 0) return null;
  const shown = changed.slice(0, OUTCOMES_SHOWN);
  const left = changed.length - shown.length;
  return `Observed: ${shown.join('; ')}${left > 0 ? `; … ${left} more in the comparison` : ''}.`;
}

function changedOutcomes(before: Diagnosis, after: Diagnosis): readonly string[] {
  const was = new Map(before.observations.map(one => [placeOf(one), wordsOf(one)]));
  return after.observations.flatMap(one => {
    const earlier = was.get(placeOf(one));
    const now = wordsOf(one);
    if (earlier === undefined || earlier === now) return [];
    return [`${SLACK_ESCAPE.text(placeOf(one))}: ${SLACK_ESCAPE.text(earlier)} → ${SLACK_ESCAPE.text(now)}`];
  });
}

function placeOf({ vantage, layer, via, address, port, protocol, sibling }: Observation): string {
  const at = address === undefined ? '' : ` ${address}${port === undefined ? '' : `:${port}`}`;
  const how = via === 'proxy' ? ' by proxy' : '';
  return `${sibling ?? vantage} ${layer}${layer === 'dns' ? ` ${protocol}` : ''}${at}${how}`;
}

function wordsOf({ outcome }: Observation): string {
  return outcomeWords(outcome).words;
}

function culpritsOf({ cause }: Diagnosis['verdict']): readonly string[] {
  return cause.policies.map(policy => policy.policy);
}

function codes(names: readonly string[]): string {
  return listText(names.map(name => SLACK_ESCAPE.code(name)));
}

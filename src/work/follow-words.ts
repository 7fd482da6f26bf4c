/** A follow-up -> what its card says of it, in mrkdwn that is safe. Pure. */
import type { Asker } from '../queue/job.ts';
import { SLACK_ESCAPE } from '../render/escape.ts';
import { cutPlain } from '../render/slack/cut.ts';
import { countText, timeText } from '../render/words.ts';
import type { FollowEnd, FollowLook, FollowRecord } from './follow-record.ts';

/** The word before the pod and the host, in place of the verdict's code (null: that), and the lines above the verdict. */
export type FollowCard = { readonly headline: string | null; readonly note: string };

/** Reasons are a sentence or two; the log has the whole. */
const WHY_CHARACTERS = 400;

/** What the card says, while the flow is followed and afterwards. */
export function followCard(record: FollowRecord): FollowCard {
  const { end, cause, looks } = record;
  if (end !== null) return { headline: headlineOf(end, record), note: endNote(end, record) };
  const isChanged = looks.some(({ result, changed }) => result === 'blocked' && changed !== null);
  return { headline: isChanged ? `changed cause, ${cause.verdict}` : null, note: runningNote(record) };
}

function headlineOf({ kind }: FollowEnd, { cause, looks }: FollowRecord): string | null {
  switch (kind) {
    case 'recovered':
      return 'recovered';
    case 'ran-out':
      return looks.at(-1)?.result === 'blocked' ? `still blocked, ${cause.verdict}` : `not known, was ${cause.verdict}`;
    case 'resolved-elsewhere':
      return looks.at(-1)?.result === 'blocked' ? `still blocked, ${cause.verdict}` : null;
    case 'stopped':
    case 'pod-gone':
      return null;
    default:
      return kind satisfies never;
  }
}

function runningNote({ by, looks, nextAt, pages, untilMs, resolvedBy }: FollowRecord): string {
  const until = nameOf(new Date(untilMs).toISOString());
  const last = looks.at(-1);
  return [
    `*Followed by ${askerText(by)}* until it recovers, at most until ${until}${pages ? '; then somebody is paged' : ''}.`,
    last === undefined ? null : lastText(last),
    resolvedBy === null ? null : `${askerText(resolvedBy)} says that it is over: one more look tells.`,
    nextAt === null ? null : `Next look at ${nameOf(nextAt)}.`,
  ]
    .filter(line => line !== null)
    .join('\n');
}

function lastText({ at, result, changed }: FollowLook): string {
  const when = `Last look at ${nameOf(at)}`;
  switch (result) {
    case 'good':
      return `${when}: *it got through once*; the next look decides whether it recovered.`;
    case 'blocked':
      return changed === null ? `${when}: no change.` : `${when}: ${plain(changed)}.`;
    case 'unknown':
      return `${when} came to nothing: ${plain(changed ?? 'it is not told why.')}`;
    default:
      return result satisfies never;
  }
}

function endNote(end: FollowEnd, record: FollowRecord): string {
  const { looks, by, startedAt } = record;
  const at = nameOf(end.at);
  const counted = `${countText(looks.length, 'look')} since ${nameOf(startedAt)}, followed by ${askerText(by)}`;
  const why = end.why === null ? '' : ` ${plain(end.why)}`;
  switch (end.kind) {
    case 'recovered':
      return [`*Recovered:* two looks in a row got through, the second at ${at}. ${counted}.`, fixText(record)]
        .filter(line => line !== null)
        .join('\n');
    case 'ran-out':
      return looks.at(-1)?.result === 'blocked'
        ? `*Still blocked at ${at}*, when following ended: ${counted}. "Follow until it recovers" goes on.`
        : `*Following ended at ${at} without knowing:* ${counted}.${why} "Follow until it recovers" goes on.`;
    case 'stopped':
      return end.by === null
        ? `Following ended at ${at}.${why}`
        : `Following was stopped by ${askerText(end.by)} at ${at}: ${counted}.`;
    case 'pod-gone':
      return `Following ended at ${at}: the pod and its workload are gone.${why}`;
    case 'resolved-elsewhere':
      return `${askerText(end.by)} says that it is over, so following ended at ${at}. ${finalText(looks.at(-1))}`;
    default:
      return end.kind satisfies never;
  }
}

function finalText(last: FollowLook | undefined): string {
  if (last === undefined) return 'It was not looked at again.';
  return last.result === 'blocked' ? '*The last look says that it is still blocked.*' : lastText(last);
}

/** What the probes and the cluster say fixed it; null: nothing of the proposed fix was seen. */
function fixText({ fixSeen }: Pick<FollowRecord, 'fixSeen'>): string | null {
  if (fixSeen === null) return null;
  const { objects, at, by, changedAt } = fixSeen;
  const who = by === null ? 'by whom is not told' : `by ${SLACK_ESCAPE.code(by)}`;
  const when = changedAt === null ? '' : ` at ${nameOf(changedAt)}`;
  const names = objects.map(name => SLACK_ESCAPE.code(name)).join(', ');
  return `The proposed fix was applied ${who}${when}, and first seen at ${nameOf(at)}: ${names}.`;
}

/** A mention, or the tool's name. */
export function askerText(asker: Asker | null): string {
  if (asker === null) return 'nobody';
  if (asker.kind === 'system') return SLACK_ESCAPE.text(asker.name);
  return /^[UW][A-Z0-9]{2,}$/.test(asker.user) ? `<@${asker.user}>` : 'somebody';
}

function nameOf(iso: string): string {
  return SLACK_ESCAPE.text(timeText(iso));
}

function plain(text: string): string {
  return SLACK_ESCAPE.text(cutPlain(text, WHY_CHARACTERS));
}

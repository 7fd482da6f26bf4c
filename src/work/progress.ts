/** Shows how far an answer is, in its root message, while it is made. */
import type { StepEvent } from '../diagnose/pipeline.ts';
import { renderProgress } from '../render/slack/progress.ts';
import type { Message } from '../slack/api.ts';
import { keepLive } from './live-message.ts';
import type { ClusterQuestion } from './ports.ts';
import { afterFailure, afterStep, type StepStates, stepsOf, titleOf } from './progress-steps.ts';
import { isSlackDown } from './trouble.ts';
import type { Turn } from './turn.ts';

/** Progress that is shown; `stop` before the root message gets anything else. */
export type Progress = {
  readonly kind: 'shown';
  readonly onStep: (event: StepEvent) => void;
  readonly stop: () => Promise<void>;
  /** Marks what was running as failed, for as long as the next attempt takes to begin. */
  readonly showFailure: () => Promise<void>;
};

/** Slack's own advice for a message that is edited in place. */
const EDIT_EVERY_MS = 3_000;
const SILENT: Progress = {
  kind: 'shown',
  onStep: () => undefined,
  stop: async () => undefined,
  showFailure: async () => undefined,
};
/** Slack's words for a channel that the bot is not in; a private one does not even exist for it. */
const NOT_IN = new Set(['not_in_channel', 'channel_not_found']);

/**
 * Posts or edits the root message, and keeps it up to date. Silent where the verdict is shown already, where the answer
 * goes through a response_url, and where Slack is down: then the answer is made all the same. `refused`: the channel takes
 * nothing from us.
 */
export async function showProgress(
  turn: Turn,
  question: ClusterQuestion,
): Promise<Progress | { readonly kind: 'refused'; readonly error: string }> {
  const { book, thread } = turn;
  const { way, posted, place } = book.record();
  if (way === 'response-url' || posted.includes('verdict')) return SILENT;
  let states: StepStates = { target: 'running', collect: 'running' };
  const show = () => thread.showRoot(messageOf(question, states), 'progress');
  const first = await show().catch((error: unknown) => {
    if (!isSlackDown(error)) throw error;
    turn.work.ports.log({ event: 'slack-down', answerId: book.record().answerId });
    return null;
  });
  if (first === null) return SILENT;
  if (first.kind === 'refused') {
    if (!NOT_IN.has(first.error) || place.responseUrl === null) return first;
    await book.save({ way: 'response-url' });
    return SILENT;
  }
  return liveProgress(turn, {
    show,
    change: next => {
      states = next(states);
    },
  });
}

type Shown = {
  readonly show: () => Promise<unknown>;
  readonly change: (next: (states: StepStates) => StepStates) => void;
};

function liveProgress({ work, book }: Turn, { show, change }: Shown): Progress {
  const { now, wait, log } = work.ports;
  const onTrouble = (error: unknown): void => {
    log({ event: 'progress-not-shown', answerId: book.record().answerId, why: String(error) });
  };
  const edit = async (): Promise<void> => {
    await show();
  };
  const live = keepLive({ everyMs: EDIT_EVERY_MS, now, wait, edit, onTrouble });
  return {
    kind: 'shown',
    onStep: event => {
      change(states => afterStep(states, event));
      live.request();
    },
    stop: live.stop,
    showFailure: async () => {
      change(afterFailure);
      await edit().catch(onTrouble);
    },
  };
}

function messageOf(question: ClusterQuestion, states: StepStates): Message {
  return renderProgress({
    title: titleOf(question),
    steps: stepsOf(states, question),
    cluster: question.cluster,
  });
}

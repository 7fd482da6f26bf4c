/** The root message while the answer is looked for: the steps with their state, edited in place. */
import type { KnownBlock, PlanBlock, TaskCardBlock } from '@slack/types';
import type { Message } from '../../slack/api.ts';
import { SLACK_ESCAPE, visibleLine } from '../escape.ts';
import { context, message, richLine, richText } from './blocks.ts';
import { cutPlain } from './cut.ts';

/** One step. `note`: what it is about or why it failed. */
export type ProgressStep = {
  readonly text: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly note?: string;
};

/** What is under way. `title`: the pod and the host. */
export type Progress = {
  readonly title: string;
  readonly steps: readonly ProgressStep[];
  readonly cluster: string;
};

/** https://docs.slack.dev/reference/block-kit/blocks/task-card-block */
const STATUS = { waiting: 'pending', running: 'in_progress', done: 'complete', failed: 'error' } as const;
/** For the text that stands in for the blocks: a symbol and a word each. */
const WORDS = { waiting: '– waiting', running: '… under way', done: '✓ done', failed: '✗ failed' } as const;

/** Steps shown; a diagnosis has five. */
const STEPS_SHOWN = 12;
/** Slack names no limit for these but the sum over the message; the longest host name and the longest pod name fit. */
const TITLE_CHARACTERS = 600;
const STEP_CHARACTERS = 200;

/** Renders the steps as one plan of task cards. https://docs.slack.dev/reference/block-kit/blocks/plan-block */
export function renderProgress({ title, steps, cluster }: Progress): Message {
  const shown = steps.slice(0, STEPS_SHOWN);
  const heading = cutPlain(visibleLine(title) || 'Looking', TITLE_CHARACTERS);
  const plan: PlanBlock = { type: 'plan', title: heading, tasks: shown.map(taskOf) };
  const blocks: KnownBlock[] = [plan, context(`Cluster ${SLACK_ESCAPE.code(cutPlain(cluster, STEP_CHARACTERS))}`)];
  return message([SLACK_ESCAPE.text(heading), ...shown.map(lineOf)].join('\n'), blocks);
}

function taskOf({ text, state, note }: ProgressStep, index: number): TaskCardBlock {
  const details = cutPlain(visibleLine(note ?? ''), STEP_CHARACTERS);
  return {
    type: 'task_card',
    task_id: `step-${index + 1}`,
    title: cutPlain(visibleLine(text), STEP_CHARACTERS) || `step ${index + 1}`,
    status: STATUS[state],
    ...(details === '' ? {} : { details: richText([richLine(details)]) }),
  };
}

function lineOf({ text, state, note }: ProgressStep): string {
  const why = note === undefined ? '' : ` (${SLACK_ESCAPE.text(cutPlain(note, STEP_CHARACTERS))})`;
  return `${WORDS[state]}: ${SLACK_ESCAPE.text(cutPlain(text, STEP_CHARACTERS))}${why}`;
}

/** What a worker works with, put together once by whoever starts it. */

import type { Action, Job } from '../queue/job.ts';
import type { Delivery, Handled } from '../queue/queue.ts';
import type { Templates } from '../render/templates.ts';
import type { Settings } from '../settings/settings.ts';
import type { WorkPorts } from './ports.ts';

/** The world, what the installation set, and how a picture becomes bytes. */
export type Work = {
  readonly ports: WorkPorts;
  readonly settings: Settings;
  readonly templates: Templates;
  /** SVG -> PNG. */
  readonly draw: (svg: string) => Promise<Uint8Array>;
  /** Slack's id of the workspace that the bot token is of. */
  readonly ownTeam: () => Promise<string>;
  readonly attached: Attached;
};

/** Jobs of a kind, e.g. every press. */
export type JobOf<Kind extends Job['kind']> = Extract<Job, { kind: Kind }>;

/** Does one delivery of one kind of job. */
export type HandleJob<Kind extends Job['kind']> = (
  work: Work,
  delivery: Delivery,
  job: JobOf<Kind>,
) => Promise<Handled>;

/**
 * What is attached to the bot beside asking: a pager, follow-ups. A button is shown only when something here takes its
 * press, so that nobody presses in vain.
 */
export type Attached = {
  readonly presses: Readonly<Partial<Record<AttachedAction, HandleJob<'press'>>>>;
  readonly followUp: HandleJob<'follow-up'> | null;
  readonly alert: HandleJob<'alert'> | null;
  readonly watch: HandleJob<'watch'> | null;
};

/** Presses that only something attached can take. */
export type AttachedAction = Extract<Action, 'follow' | 'followAndPage' | 'stop' | 'page' | 'report'>;

/** Nothing is attached: the bot answers questions and no more. */
export const NOTHING_ATTACHED: Attached = { presses: {}, followUp: null, alert: null, watch: null };

/** The job is done, for good. */
export const DONE: Handled = { kind: 'done' };

/** Not done, and no failure: come again. `seconds`: 1 to 900. */
export function later(seconds: number): Handled {
  return { kind: 'later', delaySeconds: Math.min(900, Math.max(1, Math.ceil(seconds))) };
}

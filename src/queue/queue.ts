/** The port between those who must answer within seconds and those who work: at least once, in no promised order. */
import type { Envelope } from './job.ts';

/** Puts jobs in. Resolves when the job is kept safe; rejects when it is not, and then nothing was promised to anybody. */
export type Queue = {
  /** `delaySeconds`: 0 to 900, which is the most that SQS delays. */
  readonly send: (envelope: Envelope, options?: { readonly delaySeconds?: number }) => Promise<void>;
};

/** One delivery of a job to a worker. */
export type Delivery = {
  readonly envelope: Envelope;
  /** Counts from 1. */
  readonly attempt: number;
  /** When this attempt fails there is no other: the job goes to the dead letters, and its thread has to be told now. */
  readonly isLast: boolean;
  /** Milliseconds since 1970 after which somebody else may get it too. */
  readonly visibleAgainAtMs: number;
  /** Its workers were killed in every attempt: it is not tried again, but whoever waits for it has to be told. Absent: they were not. */
  readonly wasKilled?: true;
  /**
   * Whose claims this delivery makes. The same again: the queue knows that the earlier delivery has ended, so what it claimed may
   * be taken over at once.
   */
  readonly holder: string;
};

/** What a worker says of a delivery. `later`: not done and no failure (waits for another worker, Slack is down). */
export type Handled = { readonly kind: 'done' } | { readonly kind: 'later'; readonly delaySeconds: number };

/** Does one delivery. A rejection is a failed attempt. */
export type HandleDelivery = (delivery: Delivery) => Promise<Handled>;

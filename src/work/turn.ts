/** One worker's turn at one answer. */
import type { Delivery } from '../queue/queue.ts';
import type { AnswerBook } from './records.ts';
import type { Thread } from './thread.ts';
import type { Work } from './work.ts';

/** The answer in the worker's hands, and the thread that it goes to. */
export type Turn = {
  readonly work: Work;
  readonly delivery: Delivery;
  readonly book: AnswerBook;
  readonly thread: Thread;
};

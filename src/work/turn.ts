/** One worker's turn at one answer. */
import type { Delivery } from '../queue/queue.ts';
import type { AnswerBook } from './records.ts';
import type { Thread } from './thread.ts';
import type { Work } from './work.ts';

export type Turn = {
  readonly work: Work;
  readonly delivery: Delivery;
  readonly book: AnswerBook;
  readonly thread: Thread;
};

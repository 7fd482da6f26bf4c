/** The shape of the `followUp` part of the configuration file. */
import * as z from 'zod/mini';
import { USUAL_FOLLOW_UP } from './follow-up.ts';

/** The most that SQS delays a message. */
const LONGEST_MINUTES = 15;
const MOST_HOURS = 24;

const minutes = z
  .array(
    z.int().check(z.minimum(1), z.maximum(LONGEST_MINUTES), z.describe('Whole minutes before a look, from 1 to 15.')),
  )
  .check(z.minLength(1), z.maxLength(20), z.describe('Minutes before each look; the last one stays until the end.'));

const hours = z
  .int()
  .check(z.minimum(1), z.maximum(MOST_HOURS), z.describe('Whole hours after which following ends, from 1 to 24.'));

const page = z.boolean().check(z.describe('Page when a follow-up runs out, also where nobody asked for that.'));

/** The part; absent, or with parts left out: as usual. Keys that are not known are refused. */
export const followUpSchema = z.strictObject({
  minutes: z._default(minutes, [...USUAL_FOLLOW_UP.minutes]),
  hours: z._default(hours, USUAL_FOLLOW_UP.hours),
  page: z._default(page, USUAL_FOLLOW_UP.page),
});

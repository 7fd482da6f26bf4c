/** Text from a queue -> Envelope. What is none is a fault, and whoever reads keeps the text: nothing is lost. */
import * as z from 'zod/mini';
import type { Fault } from '../faults.ts';
import { ACTIONS, type Action, type Envelope, type Job } from './job.ts';

/** A job as it was sent, or why the text is none. */
export type EnvelopeReading =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  | { readonly kind: 'fault'; readonly fault: Fault };

const text = z.string();
const textOrNull = z.nullable(z.string());
const user = z.object({ kind: z.literal('user'), team: text, user: text });
const asker = z.discriminatedUnion('kind', [user, z.object({ kind: z.literal('system'), name: text })]);
const place = z.object({ channel: text, threadTs: textOrNull, responseUrl: textOrNull });
const asked = z.object({ pod: text, host: text, namespace: textOrNull, cluster: textOrNull, probe: z.boolean() });
const action = z.enum(Object.keys(ACTIONS) as [Action, ...Action[]]);

const job: z.ZodMiniType<Job> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ask'), asked, asker, place }),
  z.object({ kind: z.literal('press'), action, value: text, asker, place, ts: text, actionTs: text }),
  z.object({ kind: z.literal('home'), asker: user }),
  z.object({ kind: z.literal('follow-up'), answerId: text, look: z.int().check(z.positive()) }),
  z.object({ kind: z.literal('alert'), alert: z.record(text, z.unknown()) }),
  z.object({ kind: z.literal('watch'), name: text }),
]);

const envelope: z.ZodMiniType<Envelope> = z.object({
  id: z.string().check(z.minLength(1)),
  job,
  group: z.string().check(z.minLength(1)),
  at: z.iso.datetime(),
});

/** Reads one message of a queue. Keys that a newer version added are left out. */
export function readEnvelope(message: string): EnvelopeReading {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return { kind: 'fault', fault: noJob('It is not JSON.') };
  }
  const reading = envelope.safeParse(value);
  if (reading.success) return { kind: 'envelope', envelope: reading.data };
  const places = reading.error.issues.map(({ path }) => path.join('.') || 'the whole');
  return { kind: 'fault', fault: noJob(`It does not have the shape of a job: ${[...new Set(places)].join(', ')}.`) };
}

function noJob(cause: string): Fault {
  return {
    code: 'internal',
    what: 'A message of the queue is no job.',
    cause,
    remedy:
      'It is among the dead letters: send it again when it is mended, or after the version that wrote it is back.',
  };
}

/**
 * Events. They are acknowledged before a listener runs, unless the receiver holds that back (`app.ts` makes it so): a listener
 * that rejects is no acknowledgement, and Slack sends the event again, with the same id.
 */
import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import type { Message } from './api.ts';
import { bounded } from './bounded.ts';
import { readMention } from './command.ts';
import { askerOfEvent, homeEnvelope, mentionEnvelope, type Payload, placeOfEvent, textAt } from './envelopes.ts';
import { LISTENER_MS, type ListenerPorts, momentOf, sendJob } from './send-job.ts';
import { faultsMessage, helpMessage, unclearMessage } from './texts.ts';

/** A mention: a question for the queue, or an answer for the asker's eyes alone. What bots say is no question. */
export async function onMention(
  ports: ListenerPorts,
  { body, event }: SlackEventMiddlewareArgs<'app_mention'> & AllMiddlewareArgs,
): Promise<void> {
  if (textAt(event, 'bot_id') !== null || textAt(event, 'user') === null) return;
  const payload: Payload = { ...body };
  const { channel, threadTs } = placeOfEvent(payload);
  const { user } = askerOfEvent(payload);
  const reading = readMention(event.text);
  if (reading.kind === 'asked') {
    const sent = await sendJob(ports, mentionEnvelope(payload, reading.asked, momentOf(ports)));
    if (sent !== 'kept') throw new Error(`the question of a mention was not kept (${sent})`);
    return;
  }
  await tell(ports, { channel, user, threadTs }, answerTo(reading, threadTs));
}

function answerTo(
  reading: Exclude<ReturnType<typeof readMention>, { kind: 'asked' }>,
  threadTs: string | null,
): Message {
  switch (reading.kind) {
    case 'help':
      return helpMessage();
    case 'refused':
      return faultsMessage(reading.faults);
    case 'incomplete':
      return unclearMessage(reading.found, threadTs);
    default:
      return reading satisfies never;
  }
}

/** Rejects when Slack may be asked again with success, which the repetition of the event then does. */
async function tell(
  { slack, log }: ListenerPorts,
  where: { readonly channel: string; readonly user: string; readonly threadTs: string | null },
  message: Message,
): Promise<void> {
  const told = await bounded(() => slack.ephemeral(where, message), LISTENER_MS);
  if (told.kind === 'failed') throw told.error;
  if (told.kind === 'ok' && told.value.kind === 'refused') log({ event: 'not-told', why: told.value.error });
}

/** App Home is drawn anew each time that it is opened. */
export async function onHome(
  ports: ListenerPorts,
  { body, event }: SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs,
): Promise<void> {
  if (event.tab !== 'home') return;
  const sent = await sendJob(ports, homeEnvelope({ ...body }, momentOf(ports)));
  if (sent !== 'kept') throw new Error(`the opening of App Home was not kept (${sent})`);
}

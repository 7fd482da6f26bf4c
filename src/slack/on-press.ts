/** Presses of the buttons of a card: a job each. Who may press, and whether the card is stale, is the worker's to say. */
import type { AllMiddlewareArgs, BlockAction, SlackActionMiddlewareArgs } from '@slack/bolt';
import { bounded } from './bounded.ts';
import { type Payload, pressEnvelope, textAt } from './envelopes.ts';
import { type ListenerPorts, momentOf, sendJob, TELL_MS } from './send-job.ts';
import { notKeptMessage } from './texts.ts';

/** Acknowledges every press. One that is not kept is told to whoever pressed; one that is none of ours is only logged. */
export async function onPress(
  ports: ListenerPorts,
  { body, payload, ack }: SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs,
): Promise<void> {
  const whole: Payload = { ...body };
  const envelope = pressEnvelope(whole, { ...payload }, momentOf(ports));
  if (envelope === null) {
    ports.log({ event: 'press-of-nothing', action: textAt(payload, 'action_id')?.slice(0, 100) ?? null });
    return ack();
  }
  const sent = await sendJob(ports, envelope);
  await ack();
  const responseUrl = textAt(whole, 'response_url');
  if (sent === 'kept' || responseUrl === null) return;
  const options = { inChannel: false, replaceOriginal: false };
  await bounded(() => ports.slack.respond(responseUrl, notKeptMessage(sent), options), TELL_MS);
}

/** The slash command: a question for the queue, help, what is wrong, or the form. */
import type { AllMiddlewareArgs, SlackCommandMiddlewareArgs } from '@slack/bolt';
import { renderLooking } from '../render/slack/notices.ts';
import type { Message } from './api.ts';
import { readCommand } from './command.ts';
import { commandEnvelope, placeOfCommand } from './envelopes.ts';
import { openForm } from './on-form.ts';
import { type ListenerPorts, momentOf, sendJob } from './send-job.ts';
import { faultsMessage, helpMessage, notKeptMessage } from './texts.ts';

/** Acknowledges with what only the asker sees; the question is kept by then, or the asker is told that it is not. */
export async function onCommand(
  ports: ListenerPorts,
  { command, ack }: SlackCommandMiddlewareArgs & AllMiddlewareArgs,
): Promise<void> {
  const say = ({ text, blocks }: Message): Promise<void> =>
    ack({ response_type: 'ephemeral', text, blocks: [...blocks] });
  const reading = readCommand(command.text);
  switch (reading.kind) {
    case 'help':
      return say(helpMessage());
    case 'refused':
      return say(faultsMessage(reading.faults));
    case 'incomplete': {
      const start = { found: reading.found, place: placeOfCommand(command) };
      const trouble = await openForm(ports, command.trigger_id, start);
      return trouble === null ? ack() : say(trouble);
    }
    case 'asked': {
      const sent = await sendJob(ports, commandEnvelope(command, reading.asked, momentOf(ports)));
      return say(sent === 'kept' ? renderLooking(reading.asked) : notKeptMessage(sent));
    }
    default:
      return reading satisfies never;
  }
}

/** The form: opened by a command that lacks something, by a shortcut or a button, and read when it is submitted. */
import type {
  AllMiddlewareArgs,
  BlockAction,
  MessageShortcut,
  SlackActionMiddlewareArgs,
  SlackShortcutMiddlewareArgs,
  SlackViewMiddlewareArgs,
  ViewSubmitAction,
} from '@slack/bolt';
import { readDestination } from '../destination.ts';
import type { Fault } from '../faults.ts';
import { readPodRequest } from '../pod-request.ts';
import type { Asked, Place } from '../queue/job.ts';
import { ASK_FIELDS, askView, NO_PROBE, placeOf } from '../render/slack/modal.ts';
import type { Message } from './api.ts';
import { bounded } from './bounded.ts';
import { type Found, NOTHING_FOUND, readQuotedMessage } from './command.ts';
import { listAt, type Payload, placeOfInteraction, textAt, viewEnvelope } from './envelopes.ts';
import { plainText } from './plain-text.ts';
import { LISTENER_MS, type ListenerPorts, momentOf, sendJob, TELL_MS } from './send-job.ts';
import { formStartOf, noFormMessage, notKeptMessage } from './texts.ts';

/** What the form is opened with. */
export type FormContents = { readonly found: Found; readonly place: Place };

/** Opens the form. null: it is open; else what to tell the asker. Slack's leave (`triggerId`) is good for 3 s and once. */
export async function openForm(
  { slack, log }: ListenerPorts,
  triggerId: string,
  { found, place }: FormContents,
): Promise<Message | null> {
  const view = askView({ place, ...found });
  const opened = await bounded(() => slack.openView(triggerId, view), LISTENER_MS);
  if (opened.kind === 'ok' && opened.value.kind === 'ok') return null;
  const error =
    opened.kind === 'ok' && opened.value.kind === 'refused' ? opened.value.error : `nothing (${opened.kind})`;
  log({ event: 'form-not-opened', error });
  return noFormMessage(error);
}

/** "Check egress" on a message: the form, filled in with what the message names. The answer comes into its thread. */
export async function onShortcut(
  ports: ListenerPorts,
  { body, ack }: SlackShortcutMiddlewareArgs<MessageShortcut> & AllMiddlewareArgs,
): Promise<void> {
  const payload: Payload = { ...body };
  const place = placeOfInteraction(payload);
  const threadTs = place.threadTs ?? textAt(payload, 'message_ts') ?? textAt(payload, 'message', 'ts');
  const found = readQuotedMessage(textOfMessage(payload));
  const trouble = await openForm(ports, body.trigger_id, { found, place: { ...place, threadTs } });
  await ack();
  if (trouble !== null) await tellByUrl(ports, place.responseUrl, trouble);
}

/** The text of a message; of an alert of another app it is in attachments, and sometimes nowhere else. */
function textOfMessage(payload: Payload): string {
  const attachments = listAt(payload, 'message', 'attachments');
  const parts = attachments.map(attachment => textAt(attachment, 'text') ?? textAt(attachment, 'fallback') ?? '');
  return [textAt(payload, 'message', 'text') ?? '', ...parts].join('\n').trim();
}

/** The button of a message that asks back: the form, filled in with what was found. */
export async function onForm(
  ports: ListenerPorts,
  { body, payload, ack }: SlackActionMiddlewareArgs<BlockAction> & AllMiddlewareArgs,
): Promise<void> {
  const place = placeOfInteraction({ ...body });
  const { found, threadTs } = formStartOf(textAt(payload, 'value'), NOTHING_FOUND);
  const trouble = await openForm(ports, body.trigger_id, {
    found,
    place: { ...place, threadTs: threadTs ?? place.threadTs },
  });
  await ack();
  if (trouble !== null) await tellByUrl(ports, place.responseUrl, trouble);
}

async function tellByUrl({ slack, log }: ListenerPorts, responseUrl: string | null, message: Message): Promise<void> {
  if (responseUrl === null) return;
  const options = { inChannel: false, replaceOriginal: false };
  const told = await bounded(() => slack.respond(responseUrl, message, options), TELL_MS);
  if (told.kind !== 'ok' || told.value.kind === 'refused') log({ event: 'not-told', why: told.kind });
}

/** The form was submitted: what is wrong is said at its field and the form stays; else the question is kept and it closes. */
export async function onSubmission(
  ports: ListenerPorts,
  { body, view, ack }: SlackViewMiddlewareArgs<ViewSubmitAction> & AllMiddlewareArgs,
): Promise<void> {
  const place = placeOf(view.private_metadata);
  const asked = askedIn(view.state.values);
  const errors = place === null ? { [ASK_FIELDS.host.block]: OLD_FORM } : errorsOf(asked);
  if (place === null || Object.keys(errors).length > 0) return ack({ response_action: 'errors', errors });
  const sent = await sendJob(ports, viewEnvelope({ ...body }, asked, place, momentOf(ports)));
  if (sent === 'kept') return ack();
  return ack({ response_action: 'errors', errors: { [ASK_FIELDS.host.block]: cut(notKeptMessage(sent).text) } });
}

const OLD_FORM = 'This form is of an older version. Close it and ask again.';

function askedIn(values: unknown): Asked {
  const field = ({ block, action }: { readonly block: string; readonly action: string }) =>
    textAt(values, block, action, 'selected_option', 'value') ?? textAt(values, block, action, 'value');
  const boxes = listAt(values, ASK_FIELDS.probe.block, ASK_FIELDS.probe.action, 'selected_options');
  const isPredictedOnly = boxes.some(box => textAt(box, 'value') === NO_PROBE);
  return {
    pod: (field(ASK_FIELDS.pod) ?? '').trim(),
    // Typed in a form, but often pasted from a message.
    host: plainText(field(ASK_FIELDS.host) ?? '').replace(/^[`'"]+|[`'"]+$/g, ''),
    namespace: field(ASK_FIELDS.namespace),
    cluster: field(ASK_FIELDS.cluster),
    probe: !isPredictedOnly,
  };
}

/** What is wrong, by the id of the block where Slack shows it. */
function errorsOf({ pod, host, namespace }: Asked): Record<string, string> {
  const [podReading, hostReading] = [readPodRequest(pod, namespace), readDestination(host)];
  return {
    ...(podReading.kind === 'refused' ? { [ASK_FIELDS.pod.block]: sentence(podReading.fault) } : {}),
    ...(hostReading.kind === 'refused' ? { [ASK_FIELDS.host.block]: sentence(hostReading.fault) } : {}),
  };
}

function sentence({ what, cause, remedy }: Fault): string {
  return cut(`${what} ${cause} ${remedy}`);
}

/** Slack names no limit for these; a field shows a few lines. */
const ERROR_CHARACTERS = 500;

function cut(text: string): string {
  return text.length <= ERROR_CHARACTERS ? text : `${text.slice(0, ERROR_CHARACTERS - 1)}…`;
}

/** Tells one person alone: errors and refusals are nobody else's business. */
import type { Asker, Place } from '../queue/job.ts';
import type { Message } from '../slack/api.ts';
import type { WorkPorts } from './ports.ts';

/**
 * By response_url, which works in every channel, else as an ephemeral message. Where neither reaches them it is logged and
 * no more can be done. Rejects only when Slack is down.
 */
export async function tellAsker(
  { slack, log }: Pick<WorkPorts, 'slack' | 'log'>,
  to: { readonly asker: Asker; readonly place: Place },
  message: Message,
): Promise<void> {
  const { channel, threadTs, responseUrl } = to.place;
  const options = { inChannel: false, replaceOriginal: false };
  const answered = responseUrl === null ? null : await slack.respond(responseUrl, message, options);
  if (answered?.kind === 'ok') return;
  const shown =
    to.asker.kind === 'user' ? await slack.ephemeral({ channel, user: to.asker.user, threadTs }, message) : null;
  if (shown?.kind === 'ok') return;
  log({ event: 'not-told', channel, respond: answered?.error ?? 'no-url', ephemeral: shown?.error ?? 'no-user' });
}

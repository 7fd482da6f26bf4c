/** What the listeners themselves say, before any worker: help, what is wrong with a question, what is missing. Pure and light. */
import type { Button } from '@slack/types';
import type { Fault } from '../faults.ts';
import { SLACK_ESCAPE } from '../render/escape.ts';
import { message, plain, section } from '../render/slack/blocks.ts';
import { cutPlain } from '../render/slack/cut.ts';
import { renderFault } from '../render/slack/notices.ts';
import type { Message } from './api.ts';
import type { Found } from './command.ts';

/** The button that opens the form; its value is a `FormStart` as JSON. */
export const OPEN_FORM = 'egress.form';

/** What the form is opened with, when it is opened by that button. */
export type FormStart = { readonly found: Found; readonly threadTs: string | null };

/** A button's value. https://docs.slack.dev/reference/block-kit/block-elements/button-element */
const VALUE_CHARACTERS = 2000;

const HELP_LINES = [
  '*Why can a pod not reach a host?*',
  '`/egress POD HOST[:PORT]` asks, and the answer comes as a thread: which rule or which hop it is, and what mends it.',
  '`-n NAMESPACE` and `--cluster NAME` where the channel has no default, or another; `--no-probe` only reads the rules.',
  'POD may be `NAMESPACE/POD`, `deploy/NAME` or labels as in `app=billing`; HOST may be a name, an address or a URL.',
  'In a thread, mention the bot: `@egress why can’t billing-pod reach api.stripe.com`. On a message that quotes an error, use its shortcut *Check egress*.',
];

/** How to ask. */
export function helpMessage(): Message {
  const text = HELP_LINES.join('\n');
  return message(text, [section(text)]);
}

/** Everything that is wrong with what was typed. */
export function faultsMessage(faults: readonly Fault[]): Message {
  const said = faults.slice(0, 5).map(renderFault);
  return message(
    said.map(({ text }) => text).join('\n'),
    said.flatMap(({ blocks }) => blocks),
  );
}

/** Asks back what a mention left open: the form needs a press, since only a press gives Slack's leave to open it. */
export function unclearMessage(found: Found, threadTs: string | null): Message {
  const start: FormStart = { found, threadTs };
  const whole = JSON.stringify(start);
  const value = whole.length <= VALUE_CHARACTERS ? whole : JSON.stringify({ found: { probe: found.probe }, threadTs });
  const text = `? *I could not tell for sure what is asked.* ${foundText(found)} Fill in the rest, or write \`POD HOST\` behind my name.`;
  const button: Button = {
    type: 'button',
    action_id: OPEN_FORM,
    text: plain('Fill in', 75),
    accessibility_label: 'Fill in which pod and which host are meant',
    style: 'primary',
    value,
  };
  return message(text, [section(text), { type: 'actions', elements: [button] }]);
}

function foundText({ pod, host }: Found): string {
  const shown = (text: string): string => SLACK_ESCAPE.code(cutPlain(text, 300));
  if (pod !== null && host !== null) return `Is it pod ${shown(pod)} and host ${shown(host)}?`;
  if (pod !== null) return `The pod may be ${shown(pod)}; which host is meant?`;
  return host !== null ? `The host may be ${shown(host)}; which pod is meant?` : 'Which pod and which host are meant?';
}

/** Reads a `FormStart` back from the value of the button; an empty form where it is none of ours. */
export function formStartOf(value: string | null, nothing: Found): FormStart {
  let read: unknown;
  try {
    read = JSON.parse(value ?? '');
  } catch {
    read = null;
  }
  const { found, threadTs } = (read ?? {}) as { readonly found?: Partial<Found> | null; readonly threadTs?: unknown };
  const text = (part: unknown): string | null => (typeof part === 'string' ? part : null);
  return {
    found: {
      ...nothing,
      pod: text(found?.pod),
      host: text(found?.host),
      namespace: text(found?.namespace),
      cluster: text(found?.cluster),
      probe: found?.probe !== false,
    },
    threadTs: text(threadTs),
  };
}

/** The question could not be handed on: it is said, rather than promised. */
export function notKeptMessage(why: 'late' | 'failed'): Message {
  return renderFault({
    what: 'The question could not be handed on.',
    cause:
      why === 'late'
        ? 'The queue gave no answer in time; it may have taken the question all the same.'
        : 'The queue did not take it, so nobody will answer.',
    remedy:
      why === 'late'
        ? 'Wait for a minute; ask again when no thread appears. If this stays so, look at the log of egress.'
        : 'Ask again in a minute. If this stays so, look at the log of egress.',
  });
}

/** The form could not be opened. */
export function noFormMessage(error: string): Message {
  return renderFault({
    what: 'The form could not be opened.',
    cause: `Slack answered ${error}; it gives 3 seconds for that.`,
    remedy: 'Ask in one line, as in /egress billing-pod api.stripe.com, or try again.',
  });
}

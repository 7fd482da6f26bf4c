/** Short messages that are no answer: a fault, a refusal, a choice. They say what, why, and what to do now, and blame nobody. */
import type { KnownBlock, SectionBlock } from '@slack/types';
import type { Fault } from '../../faults.ts';
import { ACTIONS, type Asked } from '../../queue/job.ts';
import type { Message } from '../../slack/api.ts';
import { SLACK_ESCAPE, TERMINAL_ESCAPE } from '../escape.ts';
import { context, message, plain, preformatted, richText, section } from './blocks.ts';
import { cutPlain } from './cut.ts';

/** Each sentence of a notice; escaping makes it longer, but never beyond a paragraph's limit. */
const SENTENCE_CHARACTERS = 500;

/** A failure of our own or of the question: what happened, why we think so, what to do. */
export function renderFault(fault: Pick<Fault, 'what' | 'cause' | 'remedy'>): Message {
  return notice('✗', fault);
}

/** Why a question or a press was refused. */
export type Refusal = {
  /** E.g. "You may not ask about namespace payments of cluster prod." */
  readonly what: string;
  readonly cause: string;
  readonly remedy: string;
  /** Lines that grant it when somebody adds them to the configuration; null: nothing would. */
  readonly linesToAdd: string | null;
};

const LINES_CHARACTERS = 2500;

/** Refuses, and shows the exact lines that would allow it. */
export function renderRefusal(refusal: Refusal): Message {
  const said = notice('✗', refusal);
  if (refusal.linesToAdd === null) return said;
  const lines = cutPlain(refusal.linesToAdd, LINES_CHARACTERS);
  return message(`${said.text}\n${SLACK_ESCAPE.block({ as: 'block', language: 'yaml', text: lines })}`, [
    ...said.blocks,
    richText([preformatted(lines)]),
  ]);
}

/** What was asked. */
export type About = {
  /** NAMESPACE/POD, or POD where no namespace was named. */
  readonly pod: string;
  readonly host: string;
  /** null: not known yet. */
  readonly cluster: string | null;
};

/** Pods that a question may mean. `NS/POD` each. */
export type Choices = { readonly answerId: string; readonly about: About; readonly pods: readonly string[] };

const CHOICES_SHOWN = 15;
/** Of 13,200 in a message; each button takes some 300 more. */
const CHOICES_CHARACTERS = 6000;
/** The longest name of a pod, the longest of a namespace, and a slash. */
const CHOICE_CHARACTERS = 317;

/** Asks which pod is meant: one button each, whose value is `ANSWER_ID NS/POD`. */
export function renderChoices({ answerId, about, pods }: Choices): Message {
  const shown = fitting(pods);
  const left = pods.length - shown.length;
  const what = `? ${shortCode(about.pod)} matches ${pods.length} pods. Which one is meant?\n${aboutText(about)}`;
  const more = `… ${left} more; name one as \`NAMESPACE/POD\`, or give its namespace with \`-n\`.`;
  const blocks: KnownBlock[] = [
    section(what),
    ...shown.map((pod, index) => choice(answerId, pod, index)),
    ...(left > 0 ? [context(more)] : []),
  ];
  return message([what, ...shown.map(pod => `• ${SLACK_ESCAPE.code(pod)}`)].join('\n'), blocks);
}

/** The pods whose buttons fit into one message: those of real names all do, up to the limit. */
function fitting(pods: readonly string[]): readonly string[] {
  let used = 0;
  return pods
    .filter(pod => pod.length <= CHOICE_CHARACTERS && pod.isWellFormed())
    .slice(0, CHOICES_SHOWN)
    .filter(pod => {
      used += SLACK_ESCAPE.code(pod).length + pod.length;
      return used <= CHOICES_CHARACTERS;
    });
}

/** One line and its button. In one actions block the buttons would need different action ids. */
function choice(answerId: string, pod: string, index: number): SectionBlock {
  return {
    ...section(SLACK_ESCAPE.code(pod)),
    accessory: {
      type: 'button',
      action_id: ACTIONS.choose,
      text: plain('This one', 75),
      accessibility_label: cutPlain(`Ask about pod ${index + 1}: ${TERMINAL_ESCAPE.code(pod)}`, 75),
      value: `${answerId} ${pod}`,
    },
  };
}

/** A job that is given up: its thread is told once, with what helps to find out more. */
export type Failure = Pick<Fault, 'what' | 'cause' | 'remedy'> & {
  readonly about: About;
  /** The id under which the log has it. */
  readonly reference: string;
};

/** Says that there will be no answer, to what, and why. */
export function renderFailure(failure: Failure): Message {
  const said = notice('✗', failure, aboutText(failure.about));
  const reference = `Nothing was concluded. In the log this is ${SLACK_ESCAPE.code(cutPlain(failure.reference, 200))}.`;
  return message(`${said.text} ${reference}`, [...said.blocks, context(reference)]);
}

/** For a button of a card whose answer is gone or was pressed already. */
export function renderStale(): Message {
  return notice('?', {
    what: 'This card is out of date.',
    cause: 'Its button was used already, or its answer is no longer kept.',
    remedy: 'Ask again with /egress POD HOST, or use the newest card of this thread.',
  });
}

/** Says that a question was understood, before anything is known. */
export function renderLooking(asked: Pick<Asked, 'pod' | 'host'>): Message {
  const text = `… Looking why ${shortCode(asked.pod)} may not reach ${shortCode(asked.host)}.`;
  return message(text, [section(text)]);
}

function aboutText({ pod, host, cluster }: About): string {
  const where = cluster === null ? '' : `, in cluster ${shortCode(cluster)}`;
  return `Asked: why ${shortCode(pod)} may not reach ${shortCode(host)}${where}.`;
}

/** `about`: a line of mrkdwn below the headline, already escaped. */
function notice(
  symbol: '✗' | '?',
  { what, cause, remedy }: Pick<Fault, 'what' | 'cause' | 'remedy'>,
  about = '',
): Message {
  const headline = `${symbol} *${shortText(what)}*`;
  const because = shortText(cause);
  const todo = `*What to do:* ${shortText(remedy)}`;
  const lines = [headline, about, because, todo].filter(line => line !== '');
  return message(lines.join('\n'), lines.map(section));
}

/** What stands between two backticks is set as code: a command that somebody copies has to be what it looks like. */
function shortText(text: string): string {
  const short = cutPlain(text, SENTENCE_CHARACTERS);
  const parts = short.split('`');
  const isPaired = parts.length % 2 === 1 && parts.every((part, index) => index % 2 === 0 || part.trim() !== '');
  if (!isPaired) return SLACK_ESCAPE.text(short);
  return parts.map((part, index) => (index % 2 === 1 ? SLACK_ESCAPE.code(part) : proseOf(part))).join('');
}

/** One blank stays where prose meets a command. */
function proseOf(part: string): string {
  const words = SLACK_ESCAPE.text(part);
  if (words === '') return part === '' ? '' : ' ';
  return `${/^\s/.test(part) ? ' ' : ''}${words}${/\s$/.test(part) ? ' ' : ''}`;
}

function shortCode(text: string): string {
  return SLACK_ESCAPE.code(cutPlain(text, CHOICE_CHARACTERS));
}

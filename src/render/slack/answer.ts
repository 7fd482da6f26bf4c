/** The answer as messages: the verdict is the root, its evidence the replies, and a picture for those who look first. */
import type { KnownBlock } from '@slack/types';
import type { Diagnosis } from '../../model.ts';
import type { Action } from '../../queue/job.ts';
import type { Message } from '../../slack/api.ts';
import { SLACK_ESCAPE, TERMINAL_ESCAPE } from '../escape.ts';
import { type Picture, pictureOf } from '../picture/picture.ts';
import { contextOf } from '../report.ts';
import type { Templates } from '../templates.ts';
import { tidy } from '../terminal.ts';
import { viewOf } from '../view.ts';
import { context, header, message, sections } from './blocks.ts';
import { buttonsOf } from './buttons.ts';
import { comparisonReply } from './comparison-reply.ts';
import { cutMrkdwn } from './cut.ts';
import { fixReply } from './fix-reply.ts';
import { byHandReply, causeReply, notLookedAtReply, type Reply, type Sources, textFile } from './replies.ts';

/** What surrounds an answer. `note` and `askedBy` are mrkdwn that is safe already, e.g. `<@U0123>`. */
export type Card = {
  readonly answerId: string;
  readonly buttons: readonly Action[];
  /** In place of the verdict's code, in words of ours: `recovered`; null: the code. */
  readonly headline: string | null;
  /** E.g. "recovered", "what changed". */
  readonly note: string | null;
  readonly askedBy: string | null;
};

/** Everything that a thread gets, each message within Slack's limits. */
export type RenderedAnswer = {
  readonly root: Message;
  /** In the order in which they are posted. */
  readonly replies: readonly Reply[];
  readonly picture: Picture;
};

/** Columns of a code block in Slack on a laptop, before it wraps. */
const CODE_BLOCK_COLUMNS = 92;

/** Each paragraph of the root; a headline is short, the replies and their files say everything. */
const PARAGRAPH_CHARACTERS = 1200;

const VERDICT_FILE = 'verdict.txt';

/** Renders the whole thread of an answer. Replies without content (no fix needed) are left out. */
export function renderAnswer(diagnosis: Diagnosis, templates: Templates, card: Card): RenderedAnswer {
  const sources = sourcesOf(diagnosis, templates);
  const paragraphs = ['slack/what', 'slack/why', 'slack/do'].map(sources.mrkdwn);
  const cut = paragraphs.map(text => cutMrkdwn(text, PARAGRAPH_CHARACTERS));
  const wasCut = cut.some((text, index) => text !== paragraphs[index]);
  const cause = causeReply(sources);
  const whole = textFile(VERDICT_FILE, 'The verdict, in full', sources.plainText('thread/verdict'));
  const others = [comparisonReply, fixReply, byHandReply, notLookedAtReply].map(reply => reply(sources));
  return {
    root: rootOf(sources, card, wasCut ? [...cut, `… cut; the whole text is in the file ${VERDICT_FILE}`] : cut),
    replies: [
      { ...cause, files: wasCut ? [whole, ...cause.files] : cause.files },
      ...others.filter(reply => reply !== null),
    ],
    picture: pictureOf(diagnosis),
  };
}

function sourcesOf(diagnosis: Diagnosis, templates: Templates): Sources {
  const page = { width: CODE_BLOCK_COLUMNS, colour: false };
  const inline = { width: null, colour: false };
  const slack = contextOf(diagnosis, SLACK_ESCAPE, templates, page);
  const plain = contextOf(diagnosis, TERMINAL_ESCAPE, templates, page);
  return {
    view: viewOf(diagnosis),
    slack,
    plain,
    // What comes from outside is escaped; the arrows of the templates' own text are not.
    mrkdwn: name =>
      tidy(templates.render(name, slack, inline))
        .trim()
        .replaceAll('>', '&gt;'),
    plainText: name => tidy(templates.render(name, plain, inline)),
  };
}

function rootOf(
  sources: Sources,
  { answerId, buttons, headline, note, askedBy }: Card,
  paragraphs: readonly string[],
): Message {
  const { slack, plain, mrkdwn } = sources;
  const answered = mrkdwn('slack/answered');
  const head = headline ?? plain.code;
  const blocks: KnownBlock[] = [
    header(`${plain.symbol} ${head}: ${plain.pod} → ${plain.destination}`),
    ...sections(note === null ? [] : [cutMrkdwn(note, PARAGRAPH_CHARACTERS)]),
    ...paragraphs.flatMap(text => sections([text])),
    context(askedBy === null ? answered : `${answered} Asked by ${askedBy}.`),
    ...buttonsOf(answerId, buttons),
  ];
  const said = [note, mrkdwn('slack/what'), mrkdwn('slack/do')].filter(text => text !== null && text !== '');
  return message(`${slack.symbol} ${head}: ${said.join(' ')}`, blocks);
}

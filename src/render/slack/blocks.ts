/** The blocks that our messages are made of, each within its own limit. https://docs.slack.dev/reference/block-kit/blocks */
import type {
  ContextBlock,
  HeaderBlock,
  KnownBlock,
  PlainTextElement,
  RichTextBlock,
  RichTextBlockElement,
  SectionBlock,
} from '@slack/types';
import { TERMINAL_ESCAPE } from '../escape.ts';
import { cutMrkdwn, cutPlain } from './cut.ts';

const HEADER_CHARACTERS = 150;
const SECTION_CHARACTERS = 3000;
/** A context element has no limit of its own; it is a line or two. */
const CONTEXT_CHARACTERS = 2000;

/** Plain text of at most `max` units. `emoji` is off: `:fire:` in a name stays what it is. */
export function plain(text: string, max: number): PlainTextElement {
  return { type: 'plain_text', text: cutPlain(text, max), emoji: false };
}

/** A headline. Plain text: nothing in it is a mention, a link or a format. */
export function header(text: string): HeaderBlock {
  return { type: 'header', text: plain(text, HEADER_CHARACTERS) };
}

/**
 * A paragraph of mrkdwn that is escaped already. `verbatim`: Slack makes no links or mentions of its own out of it.
 * https://docs.slack.dev/reference/block-kit/composition-objects/text-object
 */
export function section(mrkdwn: string): SectionBlock {
  return { type: 'section', text: { type: 'mrkdwn', text: cutMrkdwn(mrkdwn, SECTION_CHARACTERS), verbatim: true } };
}

/** Lines of mrkdwn in as few paragraphs as their limit allows. Empty lines at the ends go; no lines: no paragraph. */
export function sections(lines: readonly string[]): readonly SectionBlock[] {
  const paragraphs: string[] = [];
  let current = '';
  for (const line of lines.map(one => cutMrkdwn(one, SECTION_CHARACTERS))) {
    if (current.length + 1 + line.length > SECTION_CHARACTERS) {
      paragraphs.push(current);
      current = line;
    } else {
      current = current === '' ? line : `${current}\n${line}`;
    }
  }
  return [...paragraphs, current]
    .map(text => text.trim())
    .filter(text => text !== '')
    .map(section);
}

/** Small print, in mrkdwn that is escaped already. */
export function context(mrkdwn: string): ContextBlock {
  return {
    type: 'context',
    elements: [{ type: 'mrkdwn', text: cutMrkdwn(mrkdwn, CONTEXT_CHARACTERS), verbatim: true }],
  };
}

/** Text in which nothing is ever a mention or a format: what stands in a rich_text text element is shown as it is. */
export function richText(elements: readonly RichTextBlockElement[]): RichTextBlock {
  return { type: 'rich_text', elements: [...elements] };
}

/** A line of rich text. */
export function richLine(text: string): RichTextBlockElement {
  return { type: 'rich_text_section', elements: [{ type: 'text', text }] };
}

/** Lines to copy. What cannot be seen in them is shown as U+FFFD, so that what is read is what is run. */
export function preformatted(text: string): RichTextBlockElement {
  const shown = TERMINAL_ESCAPE.block({ as: 'block', language: 'text', text });
  // Slack refuses an empty text.
  return { type: 'rich_text_preformatted', elements: [{ type: 'text', text: shown === '' ? ' ' : shown }] };
}

/** Blocks and the text that stands in for them. */
export function message(text: string, blocks: readonly KnownBlock[]): { text: string; blocks: readonly KnownBlock[] } {
  return { text: cutMrkdwn(text, FALLBACK_CHARACTERS), blocks };
}

/** Slack cuts at 40,000, but has refused texts above 4,000 (`msg_too_long`). https://docs.slack.dev/reference/methods/chat.postMessage */
const FALLBACK_CHARACTERS = 3500;

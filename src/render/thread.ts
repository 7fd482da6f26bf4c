/** The answer as a chat thread: a root message that is the verdict, and replies that are its evidence. */
import type { Diagnosis } from '../model.ts';
import { SLACK_ESCAPE } from './escape.ts';
import { contextOf } from './report.ts';
import type { Templates } from './templates.ts';
import { tidy } from './terminal.ts';

/** The messages in the order in which they are posted. The first is the root. */
export const THREAD_PARTS = ['verdict', 'cause', 'comparison', 'fix', 'by-hand', 'not-looked-at'] as const;

/** One message: its part of the thread and its text in Slack's mrkdwn. */
export type ThreadMessage = { readonly part: (typeof THREAD_PARTS)[number]; readonly text: string };

/** Columns of a code block in Slack on a laptop, before it wraps. */
const CODE_BLOCK_COLUMNS = 92;

/** Renders the thread. Parts without content (no fix needed, nothing probed) are left out. */
export function renderThread(diagnosis: Diagnosis, templates: Templates): readonly ThreadMessage[] {
  const page = { width: CODE_BLOCK_COLUMNS, colour: false };
  const context = contextOf(diagnosis, SLACK_ESCAPE, templates, page);
  const text = (part: string) => tidy(templates.render(`thread/${part}`, context, { width: null, colour: false }));
  return THREAD_PARTS.map(part => ({ part, text: text(part) })).filter(message => message.text !== '\n');
}

/** The whole thread as one text, each message under its part's name: what `--output thread` prints. */
export function threadText(messages: readonly ThreadMessage[]): string {
  return messages.map(message => `=== ${message.part} ===\n${message.text}`).join('\n');
}

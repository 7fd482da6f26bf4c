/** A Diagnosis as the text that a command prints. */
import type { Diagnosis } from '../model.ts';
import { renderMarkdown } from '../render/markdown.ts';
import { renderTerminal, type TerminalPage } from '../render/terminal.ts';
import { renderThread, threadText } from '../render/thread.ts';
import { loadTemplates } from './templates.ts';

/** What `--output` accepts. */
export const OUTPUTS = ['terminal', 'markdown', 'thread', 'json'] as const;
/** One of `OUTPUTS`. */
export type Output = (typeof OUTPUTS)[number];

/** The stream that is printed to, as far as the layout depends on it. */
export type PrintedTo = { readonly isTTY?: boolean; readonly columns?: number };

/** Lines longer than this are hard to read, however wide the window is. */
const WIDEST = 120;
/** Below this, tables are of no use; the terminal may wrap. */
const NARROWEST = 60;
/** Width of a file or a pipe. */
const USUAL = 100;

/** The whole answer in one output, ending in a line break. JSON is one object, indented. */
export function diagnosisText(
  diagnosis: Diagnosis,
  output: Output,
  stream: PrintedTo,
  environment: NodeJS.ProcessEnv,
): string {
  switch (output) {
    case 'terminal':
      return renderTerminal(diagnosis, loadTemplates(), pageOf(stream, environment));
    case 'markdown':
      return renderMarkdown(diagnosis, loadTemplates());
    case 'thread':
      return threadText(renderThread(diagnosis, loadTemplates()));
    case 'json':
      return `${JSON.stringify(diagnosis, null, 2)}\n`;
    default:
      return output satisfies never;
  }
}

/** How wide the lines of a terminal's answer may be, and whether it has colours. */
export function pageOf(stream: PrintedTo, environment: NodeJS.ProcessEnv): TerminalPage {
  const width = Math.min(WIDEST, Math.max(NARROWEST, stream.columns ?? USUAL));
  return { width, colour: wantsColour(stream, environment) };
}

/** https://no-color.org, https://force-color.org: either wins over what the stream is. */
export function wantsColour(stream: PrintedTo, environment: NodeJS.ProcessEnv): boolean {
  if ((environment.NO_COLOR ?? '') !== '') return false;
  if ((environment.FORCE_COLOR ?? '') !== '') return environment.FORCE_COLOR !== '0';
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

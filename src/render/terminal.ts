/** The answer for a person at a terminal, or for a file or pipe when there is no colour. */
import type { Diagnosis } from '../model.ts';
import { TERMINAL_ESCAPE } from './escape.ts';
import { contextOf } from './report.ts';
import type { Templates } from './templates.ts';

/** How wide the terminal is, and whether it shows colours. */
export type TerminalPage = { readonly width: number; readonly colour: boolean };

/** Renders the whole answer, ending in one line break. Lines fit `width` but for names and commands, which stay whole. */
export function renderTerminal(diagnosis: Diagnosis, templates: Templates, page: TerminalPage): string {
  const context = contextOf(diagnosis, TERMINAL_ESCAPE, templates, { ...page, width: page.width - 2 });
  return tidy(templates.render('terminal', context, page));
}

/** No trailing spaces, at most one empty line in a row, one line break at the end. */
export function tidy(text: string): string {
  const lines = text.split('\n').map(line => line.trimEnd());
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

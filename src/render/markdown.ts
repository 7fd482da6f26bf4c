/** The answer as Markdown, for a pull request, an incident document or a ticket. */
import type { Diagnosis } from '../model.ts';
import { MARKDOWN_ESCAPE } from './escape.ts';
import { contextOf } from './report.ts';
import type { Templates } from './templates.ts';
import { tidy } from './terminal.ts';

/** Renders the whole answer as GitHub-flavoured Markdown, ending in one line break. */
export function renderMarkdown(diagnosis: Diagnosis, templates: Templates): string {
  const page = { width: null, colour: false };
  return tidy(templates.render('markdown', contextOf(diagnosis, MARKDOWN_ESCAPE, templates, page), page));
}

/** What is told to pagers, from the templates under templates/page/. Plain text: nothing in it is markup anywhere. */
import type { Diagnosis } from '../model.ts';
import { escapeAll, TERMINAL_ESCAPE, visibleLine } from '../render/escape.ts';
import { contextOf } from '../render/report.ts';
import { cutPlain } from '../render/slack/cut.ts';
import type { Templates } from '../render/templates.ts';
import { tidy } from '../render/terminal.ts';
import type { Page } from './target.ts';

/** What stands below the answer. */
export type NoteEnd = {
  /** The thread; null: there is none. */
  readonly link: string | null;
  /** More to say, one line each, e.g. whose answer it is. */
  readonly remarks: readonly string[];
};

/** Of a whole note; below every tool's limit. The first lines say what is wrong and what to do. */
const NOTE_CHARACTERS = 1900;
const PAGE = { width: null, colour: false } as const;

/** The answer, as the first lines of a note. */
export function answerText(diagnosis: Diagnosis, templates: Templates): string {
  return tidy(templates.render('page/note', contextOf(diagnosis, TERMINAL_ESCAPE, templates, PAGE), PAGE)).trim();
}

/** Why there is no answer. */
export type NoAnswer = { readonly what: string; readonly why: string; readonly remedy: string };

/** The reason, as the first lines of a note. */
export function reasonText(reason: NoAnswer, templates: Templates): string {
  return tidy(templates.render('page/unanswered', escapeAll(reason, TERMINAL_ESCAPE), PAGE)).trim();
}

/** How a followed flow is, as the first lines of a note. */
export function followText(
  how: { readonly symbol: string; readonly what: string; readonly why: string },
  templates: Templates,
): string {
  return tidy(templates.render('page/followed', escapeAll(how, TERMINAL_ESCAPE), PAGE)).trim();
}

/** The whole note. However long names are, the link to the thread stays. */
export function noteWith(text: string, { link, remarks }: NoteEnd): string {
  const lines = remarks.map(remark => cutPlain(visibleLine(remark), 300));
  const below = [...lines, ...(link === null ? [] : [`Thread: ${link}`])];
  const room = NOTE_CHARACTERS - below.join('\n').length - 1;
  return [cutPlain(text, Math.max(100, room)), ...below].join('\n');
}

/** A page about a flow: `key` is its cause's, `by` who wants it. */
export function pageOf(
  diagnosis: Diagnosis,
  templates: Templates,
  about: { readonly key: string; readonly by: string; readonly link: string | null; readonly at: string },
): Page {
  const context = contextOf(diagnosis, TERMINAL_ESCAPE, templates, PAGE);
  const { verdict, fix } = diagnosis;
  return {
    key: about.key,
    summary: tidy(templates.render('page/summary', context, PAGE)).trim(),
    source: `${context.cluster}/${context.podFull}`,
    details: {
      verdict: verdict.code,
      confidence: verdict.confidence ?? 'none',
      pod: context.podFull,
      destination: context.destination,
      what: context.what,
      why: context.why,
      do: context.advice,
      policies: verdict.cause.policies.map(({ policy }) => visibleLine(policy)).join(', ') || 'none',
      fix: fix === null ? 'none' : (context.fixText ?? 'none'),
      asked_by: visibleLine(about.by),
    },
    link: about.link,
    at: about.at,
  };
}

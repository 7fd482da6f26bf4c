/** What every output shares: the escaped view, and the verdict's and the fix's own texts rendered with it. */
import type { Diagnosis } from '../model.ts';
import { type Block, block, type Escape, escapeAll } from './escape.ts';
import type { Page, Templates } from './templates.ts';
import { textTable } from './text-table.ts';
import { viewOf } from './view.ts';

/**
 * Escapes the whole view for one output and renders the texts that depend on the verdict code and on the fix's kind.
 * `table` is the comparison as aligned text; `tableBlock` the same in the output's own fence.
 */
export function contextOf(diagnosis: Diagnosis, output: Escape, templates: Templates, page: Page) {
  const view = viewOf(diagnosis);
  const escaped = escapeAll(view, output);
  const inline: Page = { width: null, colour: false };
  const say = (name: string, context: object = escaped) =>
    templates.render(name, context, inline).replace(/\s+/g, ' ').trim();
  const verdict = `verdict/${diagnosis.verdict.code}`;
  return {
    ...escaped,
    what: say(`${verdict}/what`),
    why: say(`${verdict}/why`),
    advice: say(`${verdict}/do`),
    fixText:
      view.fix === null
        ? null
        : say(templates.has(`fix/${view.fix.template}`) ? `fix/${view.fix.template}` : 'fix/any', { ...escaped.fix }),
    table: textTable(escaped.comparison, page),
    tableBlock: output.block(tableBlockOf(view.comparison, page)),
  };
}

function tableBlockOf(comparison: Parameters<typeof textTable>[0], page: Page): Block {
  return block('text', textTable(comparison, { ...page, colour: false }));
}

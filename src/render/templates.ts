/** The texts under templates/, compiled. Reading the files is the shell's; this takes their texts. */
import Handlebars from 'handlebars';
import { paintOf } from './paint.ts';
import { wrapLine } from './wrap.ts';

/** How a template may lay out its lines. `width`: columns, or null for outputs whose reader wraps lines. */
export type Page = { readonly width: number | null; readonly colour: boolean };

/** The templates, wherever they come from. */
export type Templates = {
  readonly has: (name: string) => boolean;
  /** Renders one template. The context is escaped already; a field that it lacks is an error, never an empty place. */
  readonly render: (name: string, context: object, page: Page) => string;
};

/** The parts of a verdict's file, divided by lines of three hyphens. */
export const VERDICT_PARTS = ['what', 'why', 'do'] as const;

/**
 * Compiles templates. `texts`: name without ending (`terminal`, `verdict/reachable`) -> text. A file under verdict/ gives
 * three templates, `verdict/CODE/what`, `.../why` and `.../do`. Throws when such a file has other than three parts.
 */
export function compileTemplates(texts: Readonly<Record<string, string>>): Templates {
  const handlebars = Handlebars.create();
  registerHelpers(handlebars);
  const compiled = new Map<string, HandlebarsTemplateDelegate>();
  for (const [name, text] of Object.entries(texts)) {
    for (const part of partsOf(name, text)) {
      // noEscape: the whole context went through the output's own escape, see escape.ts.
      compiled.set(part.name, handlebars.compile(part.text, { strict: true, noEscape: true }));
    }
  }
  return {
    has: name => compiled.has(name),
    render: (name, context, page) => {
      const template = compiled.get(name);
      if (template === undefined) throw new Error(`There is no template ${name}.`);
      return template(context, { data: { page } });
    },
  };
}

function partsOf(name: string, text: string): readonly { name: string; text: string }[] {
  if (!name.startsWith('verdict/')) return [{ name, text }];
  const parts = text.split(/^---\n/m);
  if (parts.length !== VERDICT_PARTS.length) {
    throw new Error(
      `templates/${name}.hbs has ${parts.length} parts; what is wrong, why, and what to do are divided by two lines of ---.`,
    );
  }
  return VERDICT_PARTS.map((part, index) => ({ name: `${name}/${part}`, text: parts[index] as string }));
}

type HelperOptions = Handlebars.HelperOptions;

/** `wrap` fills lines to the page's width, `indent` moves lines in by two, `paint` colours when the page has colour, `same` compares. */
function registerHelpers(handlebars: typeof Handlebars): void {
  handlebars.registerHelper('wrap', function (this: unknown, options: HelperOptions) {
    const { first = '', rest = '' } = options.hash as { first?: string; rest?: string };
    return wrapLine(options.fn(this), { width: pageOf(options).width, first, rest });
  });
  handlebars.registerHelper('paint', (style: string, text: string, options: HelperOptions) =>
    paintOf(style, pageOf(options).colour)(text),
  );
  handlebars.registerHelper('indent', (text: string) => text.replace(/^(?=.)/gm, '  '));
  handlebars.registerHelper('same', (left: unknown, right: unknown) => left === right);
}

function pageOf(options: HelperOptions): Page {
  return (options.data as { page: Page }).page;
}

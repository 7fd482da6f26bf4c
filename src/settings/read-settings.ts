/** YAML text -> Settings, or everything that is wrong with it at once: where, why, and what to do. */
import { LineCounter, parseDocument } from 'yaml';
import type { Fault } from '../faults.ts';
import { crossCheck } from './cross-check.ts';
import { faultOfIssue } from './issue-fault.ts';
import { asSettings, settingsSchema } from './schema.ts';
import type { Settings } from './settings.ts';

/** The settings, or all that is wrong. */
export type SettingsReading =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

/** Where a part of the file is, from its path: `grants[0].users (line 12)`. */
export type Place = (path: readonly PropertyKey[]) => string;

/** Far more than any file has, and little enough to be read at once. */
const LONGEST = 1_000_000;

/** Reads the text of the configuration file. */
export function readSettings(text: string): SettingsReading {
  if (text.length > LONGEST) return faults([tooLong(text.length)]);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors.map(({ message, pos }) => noYaml(message, lines.linePos(pos[0]).line));
  if (broken.length > 0) return faults(broken);
  const place: Place = path => placeText(path, lineOf(path));
  const lineOf = (path: readonly PropertyKey[]): number | null => {
    // A key that is missing is told of where its parent is.
    for (let end = path.length; end >= 0; end -= 1) {
      const node = document.getIn(path.slice(0, end), true) as { readonly range?: readonly number[] } | undefined;
      const start = node?.range?.[0];
      if (start !== undefined) return lines.linePos(start).line;
    }
    return null;
  };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return faults([noYaml(error instanceof Error ? error.message : String(error), 1)]);
  }
  const reading = settingsSchema.safeParse(value ?? {}, { reportInput: true });
  if (!reading.success) return faults(reading.error.issues.flatMap(issue => faultOfIssue(issue, place)));
  const settings = asSettings(reading.data);
  const problems = crossCheck(settings, place);
  return problems.length > 0 ? faults(problems) : { kind: 'settings', settings };
}

function placeText(path: readonly PropertyKey[], line: number | null): string {
  const text = path.map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `${text.replace(/^\./, '') || 'the file'}${line === null ? '' : ` (line ${line})`}`;
}

function faults(all: readonly Fault[]): SettingsReading {
  return { kind: 'faults', faults: all };
}

function noYaml(message: string, line: number): Fault {
  return {
    code: 'bad-config',
    what: `The configuration file is not YAML (line ${line}).`,
    cause: message,
    remedy: 'Mend the line; a name with * or : in it needs quotes.',
  };
}

function tooLong(length: number): Fault {
  return {
    code: 'bad-config',
    what: 'The configuration file is too long.',
    cause: `It has ${length} characters, and ${LONGEST} are read.`,
    remedy: 'Check that EGRESS_CONFIG names the right file; patterns with * and user groups keep it short.',
  };
}

/** Plain text -> words and the options among them, as a shell would split them, but forgiving: an apostrophe is no quote. Pure. */
import { closest, distance } from 'fastest-levenshtein';
import type { Fault } from '../faults.ts';
import { shown } from '../hostname.ts';

/** One word. `isQuoted`: it stood in quotes or backticks, so it is a name and no part of a sentence. */
export type Word = { readonly text: string; readonly isQuoted: boolean };

/** The options of a question; null: not said. */
export type Options = {
  readonly namespace: string | null;
  readonly cluster: string | null;
  readonly probe: boolean;
  readonly wantsHelp: boolean;
};

/** Options, the words that are none, and everything that is wrong with the options. */
export type OptionReading = {
  readonly options: Options;
  readonly rest: readonly Word[];
  readonly faults: readonly Fault[];
};

/** What the pod's own option of kubectl is: `-l app=billing` stays one word, which `readPodRequest` reads. */
const SELECTOR_OPTIONS: readonly string[] = ['-l', '--selector'];
const VALUE_OPTIONS: Readonly<Record<string, 'namespace' | 'cluster'>> = {
  '-n': 'namespace',
  '--namespace': 'namespace',
  '--cluster': 'cluster',
  '--context': 'cluster',
};
const FLAGS: Readonly<Record<string, 'probe' | 'wantsHelp'>> = {
  '--no-probe': 'probe',
  '--help': 'wantsHelp',
  '-h': 'wantsHelp',
};
const KNOWN: readonly string[] = [...Object.keys(VALUE_OPTIONS), ...Object.keys(FLAGS), ...SELECTOR_OPTIONS];

/**
 * Splits at white space. What begins with a quote or a backtick goes on to the next one of its kind that ends a word, white
 * space included: `"app=a,tier in (b,c)"` is one word; `can't` is one, since its quote begins no word.
 */
export function splitWords(text: string): readonly Word[] {
  const words: Word[] = [];
  const pattern = /(```|["'`])(.+?)\1(?=[\s.,;:!?)]|$)|\S+/gsu;
  for (const match of text.matchAll(pattern)) {
    const inner = match[2];
    if (inner === undefined) words.push({ text: match[0], isQuoted: false });
    else if (inner.trim() !== '') words.push({ text: inner.trim(), isQuoted: true });
  }
  return words;
}

/** Takes the options out of the words. `-n NS`, `-n=NS` and `--namespace=NS` are the same. Quoted words are never options. */
export function takeOptions(words: readonly Word[]): OptionReading {
  const taken: Taken = { rest: [], faults: [], values: new Map(), flags: new Set() };
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (word === undefined) continue;
    if (word.isQuoted || !/^--?[a-z]/i.test(word.text)) taken.rest.push(word);
    else if (takeOption(word.text, words[index + 1], taken)) index += 1;
  }
  const { rest, faults, values, flags } = taken;
  const options: Options = {
    namespace: values.get('namespace') ?? null,
    cluster: values.get('cluster') ?? null,
    probe: !flags.has('probe'),
    wantsHelp: flags.has('wantsHelp'),
  };
  return { options, rest, faults };
}

type Taken = {
  readonly rest: Word[];
  readonly faults: Fault[];
  readonly values: Map<'namespace' | 'cluster', string>;
  readonly flags: Set<'probe' | 'wantsHelp'>;
};

/** Takes one option; says whether the word behind it is its value. */
function takeOption(text: string, next: Word | undefined, { rest, faults, values, flags }: Taken): boolean {
  const [name = '', ...joined] = text.split('=');
  const option = name.toLowerCase();
  const flag = FLAGS[option];
  if (flag !== undefined) {
    flags.add(flag);
    if (joined.length > 0) faults.push(noValueWanted(option));
    return false;
  }
  const valued = VALUE_OPTIONS[option];
  if (valued === undefined && !SELECTOR_OPTIONS.includes(option)) {
    faults.push(unknownOption(text));
    return false;
  }
  const isApart = joined.length === 0;
  const value = isApart ? next?.text : joined.join('=');
  if (value === undefined || value === '' || (isApart && value.startsWith('-'))) faults.push(valueMissing(option));
  else if (valued === undefined) rest.push({ text: `-l ${value}`, isQuoted: true });
  else if (values.has(valued) && values.get(valued) !== value) faults.push(saidTwice(option));
  else values.set(valued, value);
  return isApart;
}

function unknownOption(text: string): Fault {
  const near = closest(text.toLowerCase(), [...KNOWN]);
  const remedy =
    text.length > 3 && distance(text.toLowerCase(), near) <= 3
      ? `Did you mean \`${near}\`?`
      : 'Known are `-n NAMESPACE`, `--cluster NAME`, `-l SELECTOR`, `--no-probe` and `help`.';
  return usage(`${shown(text)} is no option.`, 'It begins with a hyphen, as options do.', remedy);
}

function valueMissing(option: string): Fault {
  const example = option === '--cluster' || option === '--context' ? 'prod' : 'payments';
  return usage(`\`${option}\` says nothing.`, 'Nothing stands behind it.', `Write it as in \`${option} ${example}\`.`);
}

function noValueWanted(option: string): Fault {
  return usage(`\`${option}\` takes no value.`, 'There is an = behind it.', `Write \`${option}\` alone.`);
}

function saidTwice(option: string): Fault {
  return usage(`\`${option}\` is there twice.`, 'The two differ.', 'Leave one of them out.');
}

function usage(what: string, cause: string, remedy: string): Fault {
  return { code: 'usage', what, cause, remedy };
}

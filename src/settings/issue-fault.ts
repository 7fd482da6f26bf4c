/** What the schema says is wrong -> a fault that a person can act on. */
import { closest, distance } from 'fastest-levenshtein';
import { type core, globalRegistry } from 'zod/mini';
import type { Fault } from '../faults.ts';
import { shown } from '../hostname.ts';
import type { Place } from './read-settings.ts';
import { settingsSchema } from './schema.ts';

type Issue = core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One fault for each thing that is wrong; several for one issue, where several keys are not known. */
export function faultOfIssue(issue: Issue, place: Place): readonly Fault[] {
  const at = place(issue.path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map(key => unknownKey(key, issue.path, place));
    case 'invalid_type':
      return [ofType(issue, at)];
    case 'invalid_format':
      return [fault(at, `${shown(String(issue.input))} is not of the form that is needed.`, descriptionAt(issue.path))];
    case 'too_small':
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int') return [outOfRange(issue, at)];
      if (issue.code === 'too_big') return [fault(at, 'It is too long.', descriptionAt(issue.path))];
      return [fault(at, 'It is empty.', `Name at least one. ${descriptionAt(issue.path)}`.trim())];
    case 'invalid_union':
      return [ofUnion(issue, at)];
    default:
      return [fault(at, 'It is none of the values that are known.', descriptionAt(issue.path))];
  }
}

function ofType(issue: Extract<Issue, { code: 'invalid_type' }>, at: string): Fault {
  const wanted = NOUNS[issue.expected] ?? issue.expected;
  if (issue.expected === 'int' && typeof issue.input === 'number') {
    return fault(at, `${shown(String(issue.input))} is no whole number.`, descriptionAt(issue.path));
  }
  if (issue.input === undefined) return fault(at, `It is missing; ${wanted} is needed.`, descriptionAt(issue.path));
  return fault(at, `It is ${nounOf(issue.input)} and not ${wanted}.`, descriptionAt(issue.path));
}

function outOfRange(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>, at: string): Fault {
  const bound = issue.code === 'too_small' ? `less than ${issue.minimum}` : `more than ${issue.maximum}`;
  return fault(at, `${shown(String(issue.input))} is ${bound}.`, descriptionAt(issue.path));
}

/** Of `kind`, whose values are known, or of a name or `*`. */
function ofUnion(issue: Extract<Issue, { code: 'invalid_union' }>, at: string): Fault {
  const kinds = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  if (kinds.length > 0)
    return fault(
      at,
      `It is no kind of ${issue.path.includes('paging') ? 'those that there are' : 'access'}.`,
      `Known are ${kinds.join(', ')}.`,
    );
  return fault(at, `${shown(String(issue.input))} is neither a name nor *.`, descriptionAt(issue.path));
}

function unknownKey(key: string, path: Path, place: Place): Fault {
  const known = keysAt(path);
  const near = known.length === 0 ? null : closest(key, [...known]);
  const isNear = near !== null && distance(key, near) <= 3;
  return fault(
    place([...path, key]),
    'A key of this name is not known.',
    isNear ? `Did you mean ${near}?` : `Known are ${known.join(', ')}. Leave it out.`,
  );
}

function fault(at: string, cause: string, remedy: string): Fault {
  return {
    code: 'bad-config',
    what: `The configuration cannot be used: ${at}.`,
    cause,
    remedy: remedy || 'infra/egress.config.example.yaml has an example.',
  };
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of names to values',
};

function nounOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return NOUNS[typeof value] ?? typeof value;
}

/** As much of a schema as is looked at. */
type Schema = {
  readonly def: {
    readonly shape?: Readonly<Record<string, Schema>>;
    readonly element?: Schema;
    readonly innerType?: Schema;
    readonly options?: readonly Schema[];
  };
};

/** The schemas of a place, with those that they wrap: several where one of several shapes may stand. */
function schemasAt(path: Path): readonly Schema[] {
  let found = unwrapped(settingsSchema as unknown as Schema);
  for (const part of path) {
    found = found.flatMap(({ def }) => {
      const inner = typeof part === 'number' ? def.element : def.shape?.[String(part)];
      return inner === undefined ? [] : unwrapped(inner);
    });
  }
  return found;
}

function unwrapped(schema: Schema): readonly Schema[] {
  const { innerType, options = [] } = schema.def;
  return [schema, ...(innerType === undefined ? [] : [innerType]), ...options].flatMap(each =>
    each === schema ? [each] : unwrapped(each),
  );
}

function keysAt(path: Path): readonly string[] {
  return [...new Set(schemasAt(path).flatMap(({ def }) => Object.keys(def.shape ?? {})))];
}

/** What the schema says of a place; empty where it says nothing. */
function descriptionAt(path: Path): string {
  const found = schemasAt(path).map(schema => globalRegistry.get(schema as never)?.description);
  return found.find(description => description !== undefined) ?? '';
}

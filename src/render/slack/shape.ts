/** Small checks that are put together to describe the JSON that Slack takes. Each says every problem, with its place. */

/** Checks one value; `at` is its place, e.g. `blocks[2].text`. No problem: an empty list. */
export type Check = (value: unknown, at: string) => readonly string[];

type Fields = Readonly<Record<string, Check>>;

/** A string of `min` to `max` UTF-16 units. */
export function text(max: number, min = 1): Check {
  return (value, at) => {
    if (typeof value !== 'string') return [`${at} must be text`];
    if (value.length < min) return [`${at} must be at least ${min} characters`];
    if (value.length > max) return [`${at} must be at most ${max} characters, it has ${value.length}`];
    return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)
      ? [`${at} has half a surrogate pair`]
      : [];
  };
}

/** An absolute URL of one of the schemes. */
export function url(max: number, schemes: readonly string[] = ['https:', 'http:']): Check {
  return (value, at) => {
    const problems = text(max)(value, at);
    if (problems.length > 0) return problems;
    const scheme = URL.canParse(value as string) ? new URL(value as string).protocol : null;
    return scheme !== null && schemes.includes(scheme) ? [] : [`${at} must be a URL`];
  };
}

/** Exactly one of these values. */
export function oneOf(...values: readonly unknown[]): Check {
  return (value, at) =>
    values.includes(value) ? [] : [`${at} must be ${values.map(one => `"${String(one)}"`).join(' or ')}`];
}

/** True or false. */
export const flag: Check = oneOf(true, false);

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Check {
  return (value, at) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? []
      : [`${at} must be a whole number from ${min} to ${max}`];
}

/** A list of `min` to `max` items of one kind. */
export function list(item: Check, { min = 1, max }: { readonly min?: number; readonly max: number }): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return [`${at} must be a list`];
    const size =
      value.length < min
        ? [`${at} must have at least ${min} items`]
        : value.length > max
          ? [`${at} must have at most ${max} items, it has ${value.length}`]
          : [];
    return [...size, ...value.flatMap((one, index) => item(one, `${at}[${index}]`))];
  };
}

/** An object with these fields, those of `optional` perhaps absent, and no others. */
export function object(required: Fields, optional: Fields = {}): Check {
  return (value, at) => {
    if (!isObject(value)) return [`${at} must be an object`];
    const missing = Object.keys(required).filter(key => value[key] === undefined);
    const present = Object.entries(value).filter(([, field]) => field !== undefined);
    return [
      ...missing.map(key => `${at}.${key} is missing`),
      ...present.flatMap(([key, field]) => {
        const check = Object.hasOwn(required, key)
          ? required[key]
          : Object.hasOwn(optional, key)
            ? optional[key]
            : undefined;
        return check === undefined ? [`${at}.${key} is not a field of it`] : check(field, `${at}.${key}`);
      }),
    ];
  };
}

/** An object whose `type` says which of the checks is for it. */
export function typed(kinds: Fields): Check {
  return (value, at) => {
    if (!isObject(value)) return [`${at} must be an object`];
    const { type } = value;
    const check = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    return check === undefined ? [`${at}.type "${String(type)}" is not allowed here`] : check(value, at);
  };
}

/** All of the checks. */
export function all(...checks: readonly Check[]): Check {
  return (value, at) => checks.flatMap(check => check(value, at));
}

/** A condition on an object whose shape another check judges; any other value passes. */
export function condition(holds: (value: Readonly<Record<string, unknown>>) => boolean, problem: string): Check {
  return (value, at) => (!isObject(value) || holds(value) ? [] : [`${at} ${problem}`]);
}

/** A plain object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

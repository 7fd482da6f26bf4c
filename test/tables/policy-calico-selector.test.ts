/** Calico's selector language: what each expression matches, and what is none. */
import { describe, expect, test } from 'vitest';
import { parseSelector } from '../../src/policy/calico-selector.ts';
import { matchExpression } from '../../src/policy/selector.ts';

type Labels = Readonly<Record<string, string>>;

describe('selectors', () => {
  test.each<readonly [rule: string, selector: string, labels: Labels, expected: 'yes' | 'no']>([
    ['an empty selector selects everything', '', {}, 'yes'],
    ['spaces alone are empty', ' \t ', {}, 'yes'],
    ['all() selects everything', 'all( )', { a: '1' }, 'yes'],
    ['equal', "app == 'web'", { app: 'web' }, 'yes'],
    ['equal, another value', "app == 'web'", { app: 'db' }, 'no'],
    ['equal, double quotes hold single ones', `app == "it's"`, { app: "it's" }, 'yes'],
    ['an absent label equals nothing, not the empty text either', "app == ''", {}, 'no'],
    ['unequal, an absent label', "app != 'web'", {}, 'yes'],
    ['has', 'has(app)', { app: '' }, 'yes'],
    ['has, with spaces inside', 'has( app )', { app: '' }, 'yes'],
    ['has not', '!has(app)', { app: 'x' }, 'no'],
    ['two negations cancel out', '!!has(app)', { app: 'x' }, 'yes'],
    ['in a set', "app in {'a', 'b'}", { app: 'b' }, 'yes'],
    ['in a set, comma at its end', "app in {'a',}", { app: 'a' }, 'yes'],
    ['in the empty set', 'app in {}', { app: 'a' }, 'no'],
    ['not in a set, an absent label', "app not in {'a'}", {}, 'yes'],
    ['not in, written as one word', "app notin {'a'}", { app: 'a' }, 'no'],
    ['contains', "app contains 'eb'", { app: 'web' }, 'yes'],
    ['starts with', "app starts  with 'we'", { app: 'web' }, 'yes'],
    ['starts with what stands later', "app starts with 'eb'", { app: 'web' }, 'no'],
    ['ends with', "app endswith 'eb'", { app: 'web' }, 'yes'],
    ['and binds stronger than or', "a == '1' || b == '2' && c == '3'", { a: '1' }, 'yes'],
    ['parentheses bind strongest', "(a == '1' || b == '2') && c == '3'", { a: '1' }, 'no'],
    ['not is of the next condition alone', "!a == '1' && b == '2'", { a: '2', b: '2' }, 'yes'],
    ['keys with slashes and dots', "app.kubernetes.io/name == 'x'", { 'app.kubernetes.io/name': 'x' }, 'yes'],
    ['words of the language are keys too', "contains contains 'a'", { contains: 'abc' }, 'yes'],
    ['a key that every JavaScript object has', 'has(constructor)', {}, 'no'],
  ])('%s', (_, selector, labels, expected) => {
    const reading = parseSelector(selector);
    if (reading.kind !== 'expression') throw new Error(reading.why);
    expect(matchExpression(reading.expression, labels).match).toBe(expected);
  });

  test.each<readonly [rule: string, selector: string, why: string]>([
    ['a value without quotes', 'app == web', 'a text in quotes is expected after app =='],
    ['one equals sign', "app = 'web'", `an operator is expected at "= 'web'"`],
    ['three', "app === 'web'", `unexpected characters at "= 'web'"`],
    ['an open quote', "app == 'web", 'a text in quotes does not end'],
    ['a condition missing at the end', "app == 'web' &&", 'it ends where a condition is expected'],
    ['a condition missing at the start', "&& app == 'web'", 'unexpected "&&" where a condition is expected'],
    ['one ampersand', "a == 'b' & c == 'd'", `unexpected characters at "& c == 'd'"`],
    ['no operator between', "a == 'b' c == 'd'", 'unexpected "c" at its end'],
    ['an open parenthesis', "(app == 'web'", 'a ) is missing'],
    ['a parenthesis too many', "app == 'web')", 'unexpected ")" at its end'],
    ['has of nothing', 'has()', 'has( is not closed'],
    ['has that is not closed', 'has(app', 'has( is not closed'],
    ['all without parentheses', 'all', 'an operator is expected after all'],
    ['a key alone', 'app', 'an operator is expected after app'],
    ['a key between parentheses', '(app)', 'an operator is expected after app'],
    ['in a text', "app in 'a'", "a set like {'a', 'b'} is expected after app in"],
    ['a set that is not closed', "app in {'a'", 'the set after app in has no }'],
    ['a set of bare words', 'app in {a}', 'the set after app in has no }'],
    ['capitals', "app IN {'a'}", `an operator is expected at "IN {'a'}"`],
    ['a line break', "app ==\n'web'", `unexpected characters at "\n'web'"`],
    ['deep nesting', `${'('.repeat(5000)}has(a)${')'.repeat(5000)}`, 'it is nested too deep'],
    ['only negations', '!'.repeat(9999), 'it ends where a condition is expected'],
  ])('%s does not parse', (_, selector, why) => {
    expect(parseSelector(selector)).toEqual({ kind: 'unreadable', why });
  });
});

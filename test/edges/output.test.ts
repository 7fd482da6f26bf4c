/** What a command prints, by the stream that it prints to. */
import { describe, expect, it } from 'vitest';
import { diagnosisText, OUTPUTS, wantsColour } from '../../src/commands/output.ts';
import { loadStory } from '../threads/stories.ts';

const { diagnosis } = await loadStory('runbook-deny-all-egress');
const ESCAPE_CODE = '\u001b[';
const widest = (text: string) =>
  Math.max(
    ...text
      .split('\n')
      .filter(line => !/kubectl|description/.test(line))
      .map(line => [...line].length),
  );

describe('colour', () => {
  it.each([
    ['a terminal has it', { isTTY: true }, {}, true],
    ['a pipe has not', {}, {}, false],
    ['a terminal that can do nothing has not', { isTTY: true }, { TERM: 'dumb' }, false],
    ['NO_COLOR takes it away', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR is no wish', { isTTY: true }, { NO_COLOR: '' }, true],
    ['FORCE_COLOR gives it to a pipe', {}, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0 takes it away', { isTTY: true }, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR wins over FORCE_COLOR', { isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_, stream, environment, wanted) => expect(wantsColour(stream, environment)).toBe(wanted));

  it('Markdown, threads and JSON have none, whatever the stream', () => {
    for (const output of OUTPUTS.filter(each => each !== 'terminal')) {
      expect(diagnosisText(diagnosis, output, { isTTY: true }, { FORCE_COLOR: '1' })).not.toContain(ESCAPE_CODE);
    }
  });

  it('a terminal reads the same words with and without', () => {
    const plain = diagnosisText(diagnosis, 'terminal', { columns: 80 }, {});
    const coloured = diagnosisText(diagnosis, 'terminal', { columns: 80, isTTY: true }, {});
    expect(coloured).toContain(ESCAPE_CODE);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours are what is taken out here.
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain);
  });
});

describe('width', () => {
  it.each([
    ['a narrow window is filled', 70, 70],
    ['a window too narrow for a table is left to wrap', 20, 60],
    ['a very wide window is not filled: long lines are hard to read', 400, 120],
    ['a file has a usual width', undefined, 100],
  ])('%s', (_, columns, most) => {
    const text = diagnosisText(diagnosis, 'terminal', columns === undefined ? {} : { columns }, {});
    expect(widest(text)).toBeLessThanOrEqual(most);
    expect(widest(text)).toBeGreaterThan(most - 20);
  });
});

it('JSON is the whole answer as one object', () => {
  expect(JSON.parse(diagnosisText(diagnosis, 'json', {}, {}))).toEqual(diagnosis);
});

it('a thread is told message by message', () => {
  const text = diagnosisText(diagnosis, 'thread', {}, {});
  expect(text.match(/^=== [\w-]+ ===$/gm)).toEqual(
    ['verdict', 'cause', 'comparison', 'fix', 'by-hand', 'not-looked-at'].map(part => `=== ${part} ===`),
  );
});

/** Golden threads: each story, rendered, is what a person reads. A missing golden fails; `npm run record-threads` writes them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { VERDICT_CODES } from '../../src/model.ts';
import { goldensOf, HERE, loadStory, STORY_NAMES } from './stories.ts';

const stories = await Promise.all(STORY_NAMES.map(async name => ({ name, ...(await loadStory(name)) })));

it('there is a story for every verdict code', () => {
  const told = new Set(stories.map(story => story.diagnosis.verdict.code));
  expect(VERDICT_CODES.filter(code => !told.has(code))).toEqual([]);
});

describe.each(stories)('$name: $title', story => {
  const texts = goldensOf(story);

  it('has exactly these goldens', () => {
    const found = readdirSync(join(HERE, story.name)).filter(file => file !== 'story.ts');
    expect(new Set(found)).toEqual(new Set(Object.keys(texts)));
  });

  it.each(Object.entries(texts))('%s is the golden, byte for byte', (file, text) => {
    expect(text).toBe(readFileSync(join(HERE, story.name, file), 'utf8'));
  });

  it('every output names the verdict, its confidence and every culprit before anything else', () => {
    const { verdict } = story.diagnosis;
    for (const text of Object.values(texts)) {
      expect(text.slice(0, text.indexOf(':'))).toContain(verdict.code);
      if (verdict.confidence !== null) expect(text.slice(0, 200)).toContain(`(${verdict.confidence})`);
      for (const { policy } of verdict.cause.policies)
        expect(text.slice(0, 600).replace(/\s+/g, ' ')).toContain(policy);
    }
  });

  it('the YAML that a reader copies is the proposed fix', () => {
    const blocks = marked
      .lexer(texts['answer.md'])
      .flatMap(token => (token.type === 'code' && token.lang === 'yaml' ? [String(token.text)] : []));
    const copied = blocks.flatMap(text => parseAllDocuments(text).map(document => document.toJS() as unknown));
    expect(copied).toEqual(story.diagnosis.fix?.manifests ?? []);
  });

  it('the terminal fits 80 columns but for commands and the one long line of YAML', () => {
    const wide = texts['terminal.txt'].split('\n').filter(line => [...line].length > 80);
    expect(wide.filter(line => !/^ +(kubectl |kubernetes.io\/description: )/.test(line))).toEqual([]);
  });
});

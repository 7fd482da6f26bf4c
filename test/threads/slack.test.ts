/** Golden threads as Slack gets them; verdict, culprit and fix are looked for apart from the golden. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownBlock } from '@slack/types';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ACTIONS } from '../../src/queue/job.ts';
import { problemsOfMessage } from '../../src/render/slack/limits.ts';
import { SLACK_GOLDENS, slackGoldensOf, slackThreadOf } from './slack.ts';
import { loadStory, STORY_NAMES } from './stories.ts';

const stories = await Promise.all(STORY_NAMES.map(async name => ({ name, ...(await loadStory(name)) })));

it('there are exactly two goldens for every story', () => {
  const expected = stories.flatMap(({ name, diagnosis }) => Object.keys(slackGoldensOf(name, diagnosis)));
  expect(readdirSync(SLACK_GOLDENS).sort()).toEqual(expected.sort());
});

describe.each(stories)('$name', ({ name, diagnosis }) => {
  const { root, replies, picture } = slackThreadOf(diagnosis);
  const replyOf = (part: string) => replies.find(reply => reply.part === part);

  it.each(Object.entries(slackGoldensOf(name, diagnosis)))('%s is the golden, byte for byte', (file, text) => {
    expect(text).toBe(readFileSync(join(SLACK_GOLDENS, file), 'utf8'));
  });

  it('every message is within the limits', () => {
    for (const message of [root, ...replies.map(reply => reply.message)])
      expect(problemsOfMessage(message)).toEqual([]);
  });

  it('the headline is the verdict with the pod and the host, and its text says the same', () => {
    const [first] = root.blocks;
    expect(first?.type).toBe('header');
    const headline = first?.type === 'header' ? first.text.text : '';
    for (const word of [diagnosis.verdict.code, diagnosis.target.pod, String(diagnosis.destination.port)])
      expect(headline).toContain(word);
    expect(root.text).toContain(diagnosis.verdict.code);
  });

  it('the root says which cluster and pod answered and who asked, and has each button once', () => {
    const text = JSON.stringify(root.blocks);
    expect(text).toContain(`cluster \`${diagnosis.question.cluster}\``);
    expect(text).toContain(`${diagnosis.target.namespace}/${diagnosis.target.pod}`);
    expect(text).toContain('<@U0ASKED>');
    const buttons = root.blocks.flatMap(block => (block.type === 'actions' ? block.elements : []));
    const wanted = ['applied', 'again', 'follow', 'page', 'evidence'] as const;
    expect(buttons.map(button => button.action_id)).toEqual(wanted.map(action => ACTIONS[action]));
  });

  it('every deciding policy is named in the reply about the cause', () => {
    const text = JSON.stringify(replyOf('cause')?.message.blocks);
    for (const { policy } of diagnosis.verdict.cause.policies) expect(text).toContain(`\`${policy}\``);
  });

  it('the YAML of the reply about the fix is the proposed fix', () => {
    const blocks = replyOf('fix')?.message.blocks ?? [];
    const [yaml] = preformattedOf(blocks);
    const copied = yaml === undefined ? [] : parseAllDocuments(yaml).map(document => document.toJS() as unknown);
    expect(diagnosis.fix === null ? [] : copied).toEqual(diagnosis.fix?.manifests ?? []);
  });

  it('the comparison is a table with a column for each vantage that ran', () => {
    const table = replyOf('comparison')?.message.blocks.find(block => block.type === 'table');
    const ran = diagnosis.observations.some(seen => seen.outcome.kind !== 'not-run');
    const titles =
      table?.type === 'table' ? table.rows[0]?.map(cell => (cell.type === 'raw_text' ? cell.text : '')) : [];
    const probed = diagnosis.vantages.filter(one => one.status === 'probed').map(one => one.vantage);
    if (ran) expect(titles).toEqual(expect.arrayContaining(['layer', ...probed]));
    else expect(table).toBeUndefined();
  });

  it('every command is there to be copied whole', () => {
    const shown = preformattedOf(replyOf('by-hand')?.message.blocks ?? []);
    expect(shown).toEqual(diagnosis.byHand.map(step => step.command));
  });

  it('what was not looked at is named', () => {
    const text = JSON.stringify(replyOf('not-looked-at')?.message.blocks);
    for (const { what } of diagnosis.notLookedAt) expect(text).toContain(what.slice(0, 20));
  });

  it('the picture says verdict and lanes in words, too', () => {
    expect(picture.altText).toContain(diagnosis.verdict.code);
    for (const lane of ['pod', 'control pod', 'node']) expect(picture.altText).toMatch(new RegExp(`the ${lane} `, 'i'));
    expect(picture.svg).toContain(diagnosis.verdict.code);
  });
});

function preformattedOf(blocks: readonly KnownBlock[]): readonly string[] {
  return blocks
    .flatMap(block => (block.type === 'rich_text' ? block.elements : []))
    .flatMap(part => (part.type === 'rich_text_preformatted' ? part.elements : []))
    .map(element => (element.type === 'text' ? element.text : ''));
}

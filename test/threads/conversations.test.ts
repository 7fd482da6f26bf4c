/** Whole conversations over HTTP with a local Slack, one for each verdict code and one with buttons; goldens as people read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { VERDICT_CODES } from '../../src/model.ts';
import { pngOf } from '../../src/picture/png.ts';
import { CONVERSATIONS, openStage, transcriptOf } from './conversation.ts';
import { conversationsToTell } from './conversations.ts';

const told = await conversationsToTell();

it('there is a conversation for every verdict code', () => {
  expect(told.map(({ diagnosis }) => diagnosis.verdict.code)).toEqual(expect.arrayContaining([...VERDICT_CODES]));
  expect(readdirSync(CONVERSATIONS).toSorted()).toEqual(told.map(({ name }) => `${name}.txt`).toSorted());
});

describe.each(told)('$name', ({ name, diagnosis, play }) => {
  const opened = openStage(async svg => new TextEncoder().encode(svg));
  const played = opened.then(async stage => {
    await play(stage);
    return { messages: [...stage.slack.state.messages.values()], transcript: transcriptOf(stage, diagnosis), stage };
  });
  afterAll(async () => (await opened).close());

  it('is the golden, byte for byte', async () => {
    expect((await played).transcript).toBe(readFileSync(join(CONVERSATIONS, `${name}.txt`), 'utf8'));
  });

  it('ends with the verdict in the channel, and everything else in its thread', async () => {
    const { messages } = await played;
    const roots = messages.filter(message => message.threadTs === null);
    expect(roots.map(root => root.text)).toEqual([expect.stringContaining(`${diagnosis.verdict.code}:`)]);
    expect(new Set(messages.slice(1).map(message => message.threadTs))).toEqual(new Set([roots[0]?.ts]));
  });

  it('names every deciding policy', async () => {
    const { transcript } = await played;
    for (const { policy } of diagnosis.verdict.cause.policies) expect(transcript).toContain(`\`${policy}\``);
  });

  it('has the proposed fix as YAML, or none', async () => {
    const { messages } = await played;
    const fix = messages.find(message => message.metadata?.event_payload.part === 'fix');
    const yaml = /"rich_text_preformatted","elements":\[\{"type":"text","text":("(?:[^"\\]|\\.)*")/.exec(
      JSON.stringify(fix?.blocks ?? []),
    );
    const copied =
      yaml?.[1] === undefined
        ? []
        : parseAllDocuments(JSON.parse(yaml[1]) as string).map(document => document.toJS() as unknown);
    expect(copied).toEqual(diagnosis.fix?.manifests ?? []);
  });

  it('leaves no dead letter', async () => {
    expect((await played).stage.queue.deadLetters()).toEqual([]);
  });
});

it('the picture is a PNG, drawn for real', async () => {
  const [first] = told;
  if (first === undefined) throw new Error('nothing is told');
  const stage = await openStage(pngOf);
  await stage.ask(first.diagnosis);
  const [picture] = [...stage.slack.state.messages.values()].flatMap(message => message.files);
  await stage.close();
  // https://www.w3.org/TR/png/#5PNG-file-signature
  expect([...(picture?.bytes.slice(0, 8) ?? [])]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  expect(picture?.altText).toContain(first.diagnosis.verdict.code);
});

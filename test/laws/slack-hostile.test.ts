/**
 * Whatever a cluster, a config file or somebody who asks writes, every message and view stays within Slack's limits, pings
 * nobody, links nowhere and breaks no entity. Everything that is left out is in a file.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import { VERDICT_CODES } from '../../src/model.ts';
import { ACTIONS, type Action } from '../../src/queue/job.ts';
import { SLACK_ESCAPE } from '../../src/render/escape.ts';
import { type RenderedAnswer, renderAnswer } from '../../src/render/slack/answer.ts';
import { cutMrkdwn, cutPlain } from '../../src/render/slack/cut.ts';
import { homeView } from '../../src/render/slack/home.ts';
import { problemsOfMessage, problemsOfView } from '../../src/render/slack/limits.ts';
import { askView, placeOf } from '../../src/render/slack/modal.ts';
import {
  renderChoices,
  renderFailure,
  renderFault,
  renderLooking,
  renderRefusal,
} from '../../src/render/slack/notices.ts';
import { renderProgress } from '../../src/render/slack/progress.ts';
import { CLOSED_WORDS } from '../fakes/hostile.ts';
import { loadStory, STORY_NAMES } from '../threads/stories.ts';

const templates = loadTemplates();
const stories = await Promise.all(STORY_NAMES.map(async name => (await loadStory(name)).diagnosis));

/** Milliseconds for one law: seconds when idle, and machines that run the suite are not. */
const PATIENCE_MS = 60_000;

const WORDS = [
  '<!channel>',
  '<!here|here>',
  '<!everyone>',
  '<@U0123ABCD>',
  '<#C0123ABCD>',
  '<!subteam^S0123>',
  '<https://evil.example|api.stripe.com>',
  'https://evil.example',
  '@here',
  '&amp;',
  '&lt;!channel&gt;',
  '&',
  '`',
  '```',
  '*bold*',
  '~gone~',
  '_it_',
  ':rotating_light:',
  '> quote',
  '\n',
  '\r\n',
  '\u2028',
  '\u202eevil',
  '\u0000',
  '\ud800',
  '😀',
  '👩‍👩‍👧‍👦',
  'x',
];

/** Hostile words, so many times. */
const words = (...times: readonly number[]) =>
  fc
    .tuple(
      fc.array(fc.oneof(fc.constantFrom(...WORDS), fc.string({ unit: 'binary', maxLength: 6 })), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.constantFrom(...times),
    )
    .map(([parts, repeated]) => parts.join('').repeat(repeated));

const hostile = words(1, 1, 30, 300);

/** The same value with `text` in every field that is free text, and each list `times` as long. */
function changed<T>(value: T, text: string | null, times: number): T {
  if (typeof value === 'string') return (text === null || CLOSED_WORDS.has(value) ? value : text) as T;
  if (Array.isArray(value)) {
    const items = value.map(item => changed(item, text, 1));
    return Array.from({ length: times }, () => items).flat() as T;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item, text, times)])) as T;
}

/** Any text in every field, or lists that are empty or far too long: both at once is the same again, only slow. */
const anyDiagnosis = fc.oneof(
  fc.tuple(fc.constantFrom(...stories), hostile).map(([story, text]) => changed(story, text, 1)),
  fc
    .tuple(fc.constantFrom(...stories), fc.option(words(1)), fc.constantFrom(0, 3, 60))
    .map(([story, text, times]) => changed(story, text, times)),
);

const anyCard = fc.record({
  answerId: hostile.map(text => `cmd:${text}`),
  buttons: fc.subarray(Object.keys(ACTIONS) as Action[]),
  headline: fc.constantFrom(null, 'recovered'),
  note: fc.option(hostile.map(text => SLACK_ESCAPE.text(text))),
  askedBy: fc.option(fc.constant('<@U0ASKED>')),
});

type Payload = { readonly text: string; readonly blocks: readonly unknown[] };

/** Every mrkdwn text of a payload: what Slack would read as markup. */
function mrkdwnIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  const own = type === 'mrkdwn' && typeof text === 'string' ? [text] : [];
  return [...own, ...Object.values(value).flatMap(mrkdwnIn)];
}

/** Nothing is a mention or a link but those we wrote, and every entity is whole. */
function expectHarmless({ text, blocks }: Payload) {
  for (const markup of [text, ...mrkdwnIn(blocks)]) {
    expect(markup.replaceAll(/<@U0ASKED>|<https:\/\/[^<>|\s]+\|thread>/g, '')).not.toMatch(/[<>]/);
    expect(markup).not.toMatch(/&(?!(amp|lt|gt);)/);
    // In code nothing is a mention.
    const prose = markup.replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '');
    expect(prose).not.toMatch(/@(?!U0ASKED|\u2060|…)/);
    // All code is closed: what is left has none.
    expect(prose).not.toContain('`');
  }
  for (const part of elementsIn(blocks)) expect(['text', 'button', 'mrkdwn', 'plain_text', 'raw_text']).toContain(part);
}

/** Types of everything inside of blocks that could be a mention or a link of its own: none may be one. */
function elementsIn(blocks: readonly unknown[]): readonly unknown[] {
  return blocks.flatMap(block =>
    Object.values(block as object)
      .flat(3)
      .flatMap(part => (isPart(part) ? [leafType(part)] : [])),
  );
}

function isPart(part: unknown): part is { readonly type: string; readonly elements?: readonly unknown[] } {
  return typeof part === 'object' && part !== null && 'type' in part && !('elements' in part) && !('tasks' in part);
}

function leafType(part: { readonly type: string }): string {
  return part.type === 'task_card' ? 'text' : part.type;
}

function expectValid(message: Payload) {
  expect(problemsOfMessage(message)).toEqual([]);
  expectHarmless(message);
}

function messagesOf({ root, replies }: RenderedAnswer): readonly Payload[] {
  return [root, ...replies.map(reply => reply.message)];
}

describe('an answer', () => {
  it(
    'is valid and harmless with any text in any field and lists of any length',
    () => {
      fc.assert(
        fc.property(anyDiagnosis, anyCard, (diagnosis, card) => {
          for (const message of messagesOf(renderAnswer(diagnosis, templates, card))) expectValid(message);
        }),
        { numRuns: 60 },
      );
    },
    PATIENCE_MS,
  );

  it(
    'names a file exactly where one is beside it',
    () => {
      fc.assert(
        fc.property(anyDiagnosis, anyCard, (diagnosis, card) => {
          const answer = renderAnswer(diagnosis, templates, { ...card, note: null });
          const files = answer.replies.flatMap(reply => reply.files.map(file => file.filename));
          const text = JSON.stringify([answer.root.blocks, answer.replies.map(reply => reply.message.blocks)]);
          const named = [...text.matchAll(/… [^"]{0,60} in the file ([a-z-]+\.(?:txt|yaml))/g)].map(found => found[1]);
          expect(new Set(named)).toEqual(new Set(files));
        }),
        { numRuns: 60 },
      );
    },
    PATIENCE_MS,
  );

  it(
    'has a picture whose words are short and well-formed',
    () => {
      fc.assert(
        fc.property(anyDiagnosis, diagnosis => {
          const { picture } = renderAnswer(diagnosis, templates, {
            answerId: 'a',
            buttons: [],
            headline: null,
            note: null,
            askedBy: null,
          });
          expect(picture.altText.length).toBeLessThanOrEqual(1000);
          expect(picture.altText.isWellFormed()).toBe(true);
          expect(picture.svg).toMatch(
            /^<svg [^>]*>(\s|<(rect|line|circle|path) [^<>]*\/>|<text [^<>]*>[^<>]*<\/text>)*<\/svg>$/,
          );
          expect(picture.svg).not.toMatch(/&(?!(amp|lt|gt);)/);
        }),
        { numRuns: 60 },
      );
    },
    PATIENCE_MS,
  );
});

describe('a short message', () => {
  const always = (law: (text: string, many: number) => void) =>
    fc.assert(fc.property(hostile, fc.nat(40), law), { numRuns: 150 });

  it('progress', () => {
    always((text, many) => {
      const states = ['waiting', 'running', 'done', 'failed'] as const;
      const steps = Array.from({ length: many }, (_, index) => ({
        text,
        note: text,
        state: states[index % 4] ?? 'done',
      }));
      expectValid(renderProgress({ title: text, steps, cluster: text }));
    });
  });

  it('a fault, a refusal, a failure', () => {
    always(text => {
      const said = { what: text, cause: text, remedy: text };
      expectValid(renderFault(said));
      expectValid(renderRefusal({ ...said, linesToAdd: text }));
      expectValid(renderFailure({ ...said, about: { pod: text, host: text, cluster: text }, reference: text }));
      expectValid(renderLooking({ pod: text, host: text }));
    });
  });

  it('choices, each with a button of its own value', () => {
    always((text, many) => {
      const pods = Array.from({ length: many }, (_, index) => `${text}/${index}`);
      const message = renderChoices({ answerId: 'cmd:1', about: { pod: text, host: text, cluster: text }, pods });
      expectValid(message);
      const values = message.blocks.flatMap(block =>
        block.type === 'section' && block.accessory?.type === 'button' ? [block.accessory.value] : [],
      );
      expect(new Set(values).size).toBe(values.length);
      for (const value of values) expect(pods.map(pod => `cmd:1 ${pod}`)).toContain(value);
    });
  });
});

describe('a view', () => {
  it('the modal, which keeps its place', () => {
    fc.assert(
      fc.property(fc.option(hostile), fc.option(hostile), fc.webUrl(), (text, other, url) => {
        const place = { channel: 'C1', threadTs: null, responseUrl: url };
        const view = askView({ place, cluster: text, namespace: other, pod: text, host: other, probe: false });
        expect(problemsOfView(view)).toEqual([]);
        expect(placeOf(view.private_metadata ?? '')).toEqual(place);
      }),
    );
  });

  it('App Home', () => {
    fc.assert(
      fc.property(hostile, fc.nat(40), fc.constantFrom(...VERDICT_CODES, null), (text, many, verdict) => {
        const times = <T>(item: T) => Array.from({ length: many }, () => item);
        const view = homeView({
          questions: times({ at: text, pod: text, host: text, cluster: text, verdict, permalink: text }),
          clusters: times({ name: text, may: times(text), mayNot: times(text) }),
          settings: times(text),
        });
        expect(problemsOfView(view)).toEqual([]);
        expectHarmless({ text: '', blocks: view.blocks });
      }),
      { numRuns: 40 },
    );
  });
});

describe('a cut', () => {
  it('is never longer than asked for, and never inside of a character', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 300 }), (text, max) => {
        const cut = cutPlain(text.toWellFormed(), max);
        expect(cut.length).toBeLessThanOrEqual(max);
        expect(cut.isWellFormed()).toBe(true);
      }),
    );
  });

  it('of mrkdwn leaves entities and code whole', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 20, max: 300 }), (text, max) => {
        const cut = cutMrkdwn(`${SLACK_ESCAPE.code(text)} ${SLACK_ESCAPE.text(text)} <@U0ASKED>`, max);
        expect(cut.length).toBeLessThanOrEqual(max);
        expectHarmless({ text: cut, blocks: [] });
      }),
    );
  });
});

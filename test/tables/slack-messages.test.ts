/** Short messages, the modal and App Home: what each says, and what its buttons and fields carry. */
import type { KnownBlock } from '@slack/types';
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Diagnosis } from '../../src/model.ts';
import { ACTIONS, type Action } from '../../src/queue/job.ts';
import { renderAnswer } from '../../src/render/slack/answer.ts';
import { buttonsOf } from '../../src/render/slack/buttons.ts';
import { cutMrkdwn, cutPlain, fitLines } from '../../src/render/slack/cut.ts';
import { homeView } from '../../src/render/slack/home.ts';
import { problemsOfMessage } from '../../src/render/slack/limits.ts';
import { ASK_FIELDS, askView, NO_PROBE, optionOf, placeOf } from '../../src/render/slack/modal.ts';
import {
  renderChoices,
  renderFailure,
  renderFault,
  renderLooking,
  renderRefusal,
  renderStale,
} from '../../src/render/slack/notices.ts';
import { renderProgress } from '../../src/render/slack/progress.ts';
import { loadStory } from '../threads/stories.ts';

const x = (length: number) => 'x'.repeat(length);

describe('a cut', () => {
  it.each([
    ['nothing is cut from what fits', 'abc', 3, 'abc'],
    ['the last place is an ellipsis', 'abcd', 3, 'ab…'],
    ['no space is left before it', 'ab cd', 4, 'ab…'],
    ['a pair of surrogates goes as one', 'a😀b', 3, 'a…'],
  ])('of plain text: %s', (_, text, max, cut) => expect(cutPlain(text, max)).toBe(cut));

  it.each([
    ['nothing is cut from what fits', '&amp;', 5, '&amp;'],
    ['an entity goes as one', `${x(14)}&amp;${x(9)}`, 22, `${x(14)}…`],
    ['a mention goes as one', `${x(10)}<@U0123ABC>${x(9)}`, 22, `${x(10)}…`],
    ['code is closed', `\`${x(30)}\``, 20, `\`${x(14)}…\``],
    ['a block of code is closed', `\`\`\`\n${x(30)}\n\`\`\``, 20, `\`\`\`\n${x(11)}…\n\`\`\``],
    ['a block of code that was closed stays so', `\`\`\`\na\`b\n\`\`\` ${x(30)}`, 20, `\`\`\`\na\`b\n\`\`\` ${x(3)}…`],
  ])('of mrkdwn: %s', (_, text, max, cut) => expect(cutMrkdwn(text, max)).toBe(cut));

  it.each([
    ['all lines fit', ['a', 'b'], { lines: ['a', 'b'], left: 0, wasCut: false }],
    ['more lines than there may be', ['a', 'b', 'c', 'd'], { lines: ['a', 'b', 'c'], left: 1, wasCut: true }],
    ['more characters than there may be', [x(5), x(5), 'a'], { lines: [x(5)], left: 2, wasCut: true }],
    ['a line that is too long', ['a', x(7)], { lines: ['a', `${x(5)}…`], left: 0, wasCut: true }],
  ])('of lines: %s', (_, lines, fitted) => {
    expect(fitLines(lines, { characters: 10, lines: 3, lineCharacters: 6 }, cutPlain)).toEqual(fitted);
  });
});

describe('buttons', () => {
  const shown = (...actions: readonly Action[]) =>
    buttonsOf('cmd:1', actions).flatMap(block =>
      block.elements.map(one => (one.type === 'button' ? [one.action_id, one.style ?? 'plain', one.value] : [])),
    );

  it.each<readonly [string, readonly Action[], readonly unknown[]]>([
    ['no buttons, no block', [], []],
    [
      'the fix comes first and is the primary one',
      ['again', 'applied'],
      [
        ['egress.applied', 'primary', 'cmd:1'],
        ['egress.again', 'plain', 'cmd:1'],
      ],
    ],
    [
      'without a fix, checking again is the primary one',
      ['page', 'again'],
      [
        ['egress.again', 'primary', 'cmd:1'],
        ['egress.page', 'plain', 'cmd:1'],
      ],
    ],
    ['neither: none is', ['evidence'], [['egress.evidence', 'plain', 'cmd:1']]],
    ['choosing a pod is no button of an answer', ['choose'], []],
  ])('%s', (_, actions, expected) => expect(shown(...actions)).toEqual(expected));

  it('paging asks first: it wakes somebody', () => {
    const [block] = buttonsOf('cmd:1', ['page']);
    const [button] = block?.elements ?? [];
    expect(button?.type === 'button' ? button.confirm?.title?.text : null).toBe('Page the people on call?');
  });

  it('every action but choosing has one', () => {
    expect(
      shown(...(Object.keys(ACTIONS) as Action[]))
        .map(([id]) => id)
        .sort(),
    ).toEqual(
      Object.values(ACTIONS)
        .filter(id => id !== ACTIONS.choose)
        .sort(),
    );
  });
});

describe('progress', () => {
  const steps = [
    { text: 'finding the pod', state: 'done' },
    { text: 'probing', state: 'running' },
    { text: 'concluding', state: 'waiting' },
    { text: 'dry run', state: 'failed', note: 'no permission' },
  ] as const;
  const message = renderProgress({ title: 'billing -> api.example:443', steps, cluster: 'prod' });

  it('is a plan of tasks with their states', () => {
    const [plan] = message.blocks;
    expect(plan?.type === 'plan' ? plan.tasks?.map(task => [task.title, task.status]) : null).toEqual([
      ['finding the pod', 'complete'],
      ['probing', 'in_progress'],
      ['concluding', 'pending'],
      ['dry run', 'error'],
    ]);
  });

  it('says the same as text, each state in a word', () => {
    expect(message.text).toBe(
      'billing -&gt; api.example:443\n✓ done: finding the pod\n… under way: probing\n– waiting: concluding\n✗ failed: dry run (no permission)',
    );
  });

  it('says which cluster is asked', () => expect(JSON.stringify(message.blocks[1])).toContain('Cluster `prod`'));
});

const textsOf = (blocks: readonly KnownBlock[]) =>
  blocks.flatMap(block =>
    block.type === 'section'
      ? [block.text?.text]
      : block.type === 'context'
        ? block.elements.map(one => (one.type === 'mrkdwn' ? one.text : ''))
        : [],
  );
const about = { pod: 'pay/billing', host: 'api.example', cluster: 'prod' };
const said = { what: 'It failed.', cause: 'Because.', remedy: 'Do that.' };

describe('a notice', () => {
  it('a fault says what, why and what to do, in blocks and as text', () => {
    const { text, blocks } = renderFault(said);
    expect(textsOf(blocks)).toEqual(['✗ *It failed.*', 'Because.', '*What to do:* Do that.']);
    expect(text).toBe('✗ *It failed.*\nBecause.\n*What to do:* Do that.');
  });

  it('a fault without a cause has no empty paragraph', () => {
    expect(textsOf(renderFault({ ...said, cause: '' }).blocks)).toEqual(['✗ *It failed.*', '*What to do:* Do that.']);
  });

  it.each([
    [
      'a command is set as it has to be typed',
      'Invite it: `/invite @egress`, then ask.',
      'Invite it: `/invite @egress`, then ask.',
    ],
    ['two commands', '`a` or `b`', '`a` or `b`'],
    ['a mention outside of a command is broken', 'Ask @ada.', 'Ask \u2060@\u2060ada.'],
    ['what is outside of two backticks cannot be a mention inside of them', '`<!channel>`', '`&lt;!channel&gt;`'],
    ['one backtick alone opens nothing', 'Call it a`b @ada', "Call it a'b \u2060@\u2060ada"],
    ['nothing between two backticks is no command', 'an `` empty one', "an '' empty one"],
  ])('%s', (_, remedy, shown) => {
    expect(textsOf(renderFault({ ...said, remedy }).blocks).at(-1)).toBe(`*What to do:* ${shown}`);
  });

  it('a refusal shows the lines that would grant it', () => {
    const { blocks } = renderRefusal({ ...said, linesToAdd: 'grants:\n  - users: [U1]' });
    expect(JSON.stringify(blocks.at(-1))).toContain('grants:\\n  - users: [U1]');
    expect(renderRefusal({ ...said, linesToAdd: null }).blocks).toEqual(renderFault(said).blocks);
  });

  it('a failure says that nothing was concluded, and under which name the log has it', () => {
    const { text, blocks } = renderFailure({ ...said, about, reference: 'cmd:9' });
    expect(textsOf(blocks).at(-1)).toBe('Nothing was concluded. In the log this is `cmd:9`.');
    expect(text).toContain('`cmd:9`');
  });

  it('a stale card says how to go on', () => {
    expect(renderStale().text).toContain('out of date');
    expect(renderStale().text).toContain('/egress POD HOST');
  });

  it('a question that was understood is repeated', () => {
    expect(renderLooking({ pod: 'billing', host: '<!channel>' }).text).toContain(
      '`billing` may not reach `&lt;!channel&gt;`',
    );
  });
});

describe('choices', () => {
  const choices = (count: number) =>
    renderChoices({
      answerId: 'cmd:1',
      about,
      pods: Array.from({ length: count }, (_, index) => `pay/billing-${index}`),
    });
  const values = (count: number) =>
    choices(count).blocks.flatMap(block =>
      block.type === 'section' && block.accessory?.type === 'button' ? [block.accessory.value] : [],
    );

  it('each pod has a button that carries the question and the pod', () => {
    expect(values(2)).toEqual(['cmd:1 pay/billing-0', 'cmd:1 pay/billing-1']);
  });

  it('more than fifteen: the rest is counted, and how to name one is said', () => {
    expect(values(40)).toHaveLength(15);
    expect(textsOf(choices(40).blocks).at(-1)).toMatch(/^… 25 more; name one as `NAMESPACE\/POD`/);
  });
});

describe('the modal', () => {
  const place = { channel: 'C1', threadTs: '1.2', responseUrl: 'https://hooks.slack.com/x' };
  const view = askView({ place, cluster: 'prod', namespace: null, pod: 'billing', host: 'api.example', probe: false });
  const elementOf = (block: string) =>
    view.blocks.flatMap(one =>
      'element' in one && one.block_id === block ? [one.element as unknown as Record<string, unknown>] : [],
    )[0];

  it('has what is known already filled in', () => {
    expect(elementOf(ASK_FIELDS.cluster.block)?.initial_option).toEqual(optionOf('prod'));
    expect(elementOf(ASK_FIELDS.namespace.block)).not.toHaveProperty('initial_option');
    expect(elementOf(ASK_FIELDS.pod.block)?.initial_option).toEqual(optionOf('billing'));
    expect(elementOf(ASK_FIELDS.host.block)?.initial_value).toBe('api.example');
    const box = elementOf(ASK_FIELDS.probe.block);
    expect(box?.initial_options).toEqual(box?.options);
  });

  it('needs pod and host, and nothing else', () => {
    const needed = view.blocks.flatMap(one => ('optional' in one && one.optional ? [] : [one.block_id]));
    expect(needed).toEqual([ASK_FIELDS.pod.block, ASK_FIELDS.host.block]);
  });

  it('can be told not to probe', () => {
    expect(JSON.stringify(elementOf(ASK_FIELDS.probe.block))).toContain(`"value":"${NO_PROBE}"`);
  });

  it('keeps where the answer goes', () => expect(placeOf(view.private_metadata ?? '')).toEqual(place));

  it('drops a response_url that does not fit: the answer then goes to the channel', () => {
    const long = askView({
      place: { ...place, responseUrl: `https://a.example/${x(3000)}` },
      cluster: null,
      namespace: null,
      pod: null,
      host: null,
      probe: true,
    });
    expect(placeOf(long.private_metadata ?? '')).toEqual({ ...place, responseUrl: null });
  });

  it.each(['', 'x', 'null', '[]', '{}', '{"channel":1,"threadTs":null,"responseUrl":null}', '{"channel":"C"}'])(
    'metadata that is not ours is no place: %s',
    metadata => expect(placeOf(metadata)).toBeNull(),
  );

  it.each([
    ['an ordinary name', 'billing', { text: { type: 'plain_text', text: 'billing', emoji: false }, value: 'billing' }],
    [
      'a name of more than 75 characters is cut to be shown, and whole as value',
      x(100),
      { text: { type: 'plain_text', text: `${x(74)}…`, emoji: false }, value: x(100) },
    ],
    ['a name that is longer than a value may be', x(151), null],
    ['no name', '', null],
    ['half a surrogate pair', 'a\ud800', null],
  ])('an option: %s', (_, name, option) => expect(optionOf(name)).toEqual(option));
});

describe('App Home', () => {
  const question = {
    at: '2026-11-21T02:14:07Z',
    pod: 'billing',
    host: 'api.example',
    cluster: 'prod',
    verdict: 'denied-by-policy',
    permalink: 'https://a.slack.com/archives/C1/p1',
  } as const;
  const textOf = (home: Partial<Parameters<typeof homeView>[0]>) =>
    textsOf(homeView({ questions: [], clusters: [], settings: [], ...home }).blocks as KnownBlock[]).join('\n');

  it('lists questions with verdict, time and thread', () => {
    expect(textOf({ questions: [question] })).toContain(
      '• ✗ denied-by-policy: `billing` → `api.example` (cluster `prod`), 2026-11-21 02:14 UTC <https://a.slack.com/archives/C1/p1|thread>',
    );
  });

  it.each([
    ['not answered', { verdict: null }, '… not answered yet'],
    ['reachable', { verdict: 'reachable' }, '✓ reachable'],
    ['not known', { verdict: 'not-known' }, '? not-known'],
  ] as const)('%s has a sign of its own', (_, change, text) => {
    expect(textOf({ questions: [{ ...question, ...change }] })).toContain(text);
  });

  it('a link that is none is left out', () => {
    expect(textOf({ questions: [{ ...question, permalink: 'javascript:1|<!channel>' }] })).not.toContain('javascript');
  });

  it('says what the bot may and may not do in each cluster', () => {
    const text = textOf({ clusters: [{ name: 'prod', may: ['list pods'], mayNot: ['exec'] }] });
    expect(text).toContain('*`prod`*\n• ✓ may list pods\n• ✗ may not exec');
  });

  it('says what is left out', () => {
    const clusters = Array.from({ length: 12 }, (_, index) => ({ name: `c${index}`, may: [], mayNot: [] }));
    expect(textOf({ clusters })).toContain('… 2 more');
  });

  it('says where there is nothing', () => {
    expect(textOf({})).toContain('None yet.\nNone is configured.\nNone.');
  });
});

describe('an answer', async () => {
  const { diagnosis } = await loadStory('runbook-deny-all-egress');
  const templates = loadTemplates();
  const answerOf = (changes: Partial<Diagnosis>, card: { note?: string; askedBy?: string } = {}) =>
    renderAnswer({ ...diagnosis, ...changes }, templates, {
      answerId: 'cmd:1',
      buttons: ['again'],
      headline: null,
      note: card.note ?? null,
      askedBy: card.askedBy ?? null,
    });
  const filesOf = (changes: Partial<Diagnosis>) =>
    answerOf(changes).replies.flatMap(reply => reply.files.map(file => [reply.part, file.filename]));

  it('a note stands below the headline', () => {
    const { root } = answerOf({}, { note: '✓ *recovered* after 3 minutes' });
    expect(textsOf(root.blocks)[0]).toBe('✓ *recovered* after 3 minutes');
    expect(root.text).toContain('✓ *recovered*');
  });

  it('nobody asked: nobody is named', () => {
    expect(JSON.stringify(answerOf({}).root)).not.toContain('Asked by');
  });

  it('everything fits: there is no file', () => expect(filesOf({})).toEqual([]));

  it('YAML that is too long is cut at a line, and whole in a file', () => {
    const { fix } = diagnosis;
    if (fix === null) throw new Error('The story has a fix.');
    const manifests = Array.from({ length: 9 }, () => fix.manifests[0] ?? {});
    const reply = answerOf({ fix: { ...fix, manifests } }).replies.find(one => one.part === 'fix');
    expect(reply?.files.map(file => file.filename)).toEqual(['fix.yaml']);
    expect(reply?.files[0]?.text.split('---\n')).toHaveLength(9);
    expect(JSON.stringify(reply?.message.blocks)).toMatch(/… \d+ more lines in the file fix\.yaml/);
  });

  it('a command is never cut: it is shown whole or is in the file', () => {
    const byHand = [
      { what: 'short', command: 'kubectl get pods' },
      { what: 'long', command: `kubectl ${x(7000)}` },
    ];
    const reply = answerOf({ byHand }).replies.find(one => one.part === 'by-hand');
    const text = JSON.stringify(reply?.message.blocks);
    expect(text).toContain('kubectl get pods');
    expect(text).not.toContain('xxx');
    expect(text).toContain('… 1 more command in the file by-hand.txt');
    expect(reply?.files[0]?.text).toContain(`kubectl ${x(7000)}`);
  });

  it('a table that is too long is cut at a row, and whole in a file', () => {
    const [first] = diagnosis.observations.filter(seen => seen.layer === 'tcp');
    if (first === undefined) throw new Error('The story has probes.');
    const observations = Array.from({ length: 150 }, (_, index) => ({
      ...first,
      address: `192.0.2.${index}`,
      outcome: { kind: 'local-error', errno: `E${index}` } as const,
    }));
    const reply = answerOf({ observations, vantages: [] }).replies.find(one => one.part === 'comparison');
    expect(JSON.stringify(reply?.message.blocks)).toMatch(/… \d+ more rows in the file comparison\.txt/);
    expect(problemsOfMessage(reply?.message ?? {})).toEqual([]);
    expect(reply?.files[0]?.text).toContain('192.0.2.149');
  });

  it('a cause that is too long is in a file, and the headline with it', () => {
    const { verdict } = diagnosis;
    const [policy] = verdict.cause.policies;
    if (policy === undefined) throw new Error('The story has a culprit.');
    const policies = Array.from({ length: 90 }, (_, index) => ({
      ...policy,
      policy: `NetworkPolicy a/p${index}`,
      rule: x(800),
    }));
    const changes = { verdict: { ...verdict, cause: { ...verdict.cause, policies } } };
    expect(filesOf(changes)).toEqual([
      ['cause', 'verdict.txt'],
      ['cause', 'cause.txt'],
    ]);
    const { root, replies } = answerOf(changes);
    expect([root, ...replies.map(reply => reply.message)].flatMap(problemsOfMessage)).toEqual([]);
  });

  it('no fix, and no reason for none: there is no reply about it', () => {
    expect(answerOf({ fix: null, noFixBecause: null }).replies.map(reply => reply.part)).not.toContain('fix');
    expect(answerOf({ fix: null, noFixBecause: 'it works' }).replies.map(reply => reply.part)).toContain('fix');
  });

  it('the change of a policy is shown line by line', () => {
    const { fix } = diagnosis;
    if (fix === null) throw new Error('The story has a fix.');
    const changes = ['a', 'b'].map(name => ({
      policy: `NetworkPolicy x/${name}`,
      managedBy: [],
      diff: `- old ${name}\n+ new ${name}`,
    }));
    const reply = answerOf({ fix: { ...fix, changes } }).replies.find(one => one.part === 'fix');
    const text = JSON.stringify(reply?.message.blocks);
    expect(text).toContain('Change of NetworkPolicy x/a, line by line:');
    expect(text).toContain('- old a\\n+ new a');
    expect(text).toContain('… 1 more changed in the file fix.txt');
    expect(reply?.files[0]?.text).toContain('+ new b');
  });
});

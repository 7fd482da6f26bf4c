/** The validator of what Slack takes: each limit is tried at its value, which is fine, and one beyond, which is not. */
import { describe, expect, it } from 'vitest';
import { problemsOfMessage, problemsOfView } from '../../src/render/slack/limits.ts';

const x = (length: number) => 'x'.repeat(length);
const times = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const plain = (length = 1) => ({ type: 'plain_text', text: x(length) });
const mrkdwn = (length = 1) => ({ type: 'mrkdwn', text: x(length) });
const section = (length = 1) => ({ type: 'section', text: mrkdwn(length) });
const button = (more: object = {}) => ({ type: 'button', text: plain(), ...more });
const actions = (...elements: readonly object[]) => ({ type: 'actions', elements });
const option = (more: object = {}) => ({ text: plain(), value: 'v', ...more });
const select = (more: object) => ({ type: 'static_select', action_id: 'a', ...more });
const input = (element: object, more: object = {}) => ({ type: 'input', label: plain(), element, ...more });
const cell = (length = 1) => ({ type: 'raw_text', text: x(length) });
const table = (rows: number, columns: number, length = 1) => ({
  type: 'table',
  rows: times(rows, () => times(columns, () => cell(length))),
});
const richPart = (...elements: readonly object[]) => ({ type: 'rich_text_section', elements });
const rich = (...elements: readonly object[]) => ({ type: 'rich_text', elements });
const said = (length = 1) => rich(richPart({ type: 'text', text: x(length) }));
const task = (more: object = {}) => ({ type: 'task_card', task_id: 't', title: 'T', status: 'pending', ...more });
const card = (more: object) => ({ type: 'card', ...more });
const image = (more: object) => ({ type: 'image', alt_text: 'a', ...more });
const at = (length: number) => `https://a.example/${x(length - 18)}`;

/** What Slack takes at most, and the same with one more. */
type Row = readonly [rule: string, most: (extra: 0 | 1) => object];

const MESSAGE_ROWS: readonly Row[] = [
  ['50 blocks', extra => ({ blocks: times(50 + extra, () => ({ type: 'divider' })) })],
  ['a text of 40,000 characters', extra => ({ text: x(40_000 + extra) })],
  ['a section of 3,000 characters', extra => ({ blocks: [section(3000 + extra)] })],
  ['10 fields', extra => ({ blocks: [{ type: 'section', fields: times(10 + extra, () => mrkdwn()) }] })],
  ['fields of 2,000 characters', extra => ({ blocks: [{ type: 'section', fields: [mrkdwn(2000 + extra)] }] })],
  ['a header of 150 characters', extra => ({ blocks: [{ type: 'header', text: plain(150 + extra) }] })],
  ['25 actions', extra => ({ blocks: [actions(...times(25 + extra, () => button()))] })],
  ['10 context elements', extra => ({ blocks: [{ type: 'context', elements: times(10 + extra, () => mrkdwn()) }] })],
  ['a button of 75 characters', extra => ({ blocks: [actions(button({ text: plain(75 + extra) }))] })],
  ['a button label of 75 characters', extra => ({ blocks: [actions(button({ accessibility_label: x(75 + extra) }))] })],
  ['a value of 2,000 characters', extra => ({ blocks: [actions(button({ value: x(2000 + extra) }))] })],
  ['a URL of 3,000 characters', extra => ({ blocks: [actions(button({ url: at(3000 + extra) }))] })],
  ['an action_id of 255 characters', extra => ({ blocks: [actions(button({ action_id: x(255 + extra) }))] })],
  ['a block_id of 255 characters', extra => ({ blocks: [{ ...section(), block_id: x(255 + extra) }] })],
  [
    'a confirm title of 100',
    extra => ({ blocks: [actions(button({ confirm: { text: plain(), title: plain(100 + extra) } }))] }),
  ],
  ['a confirm text of 300', extra => ({ blocks: [actions(button({ confirm: { text: plain(300 + extra) } }))] })],
  [
    'a confirm button of 30',
    extra => ({ blocks: [actions(button({ confirm: { text: plain(), deny: plain(30 + extra) } }))] }),
  ],
  ['one primary button', extra => ({ blocks: [actions(...times(1 + extra, () => button({ style: 'primary' })))] })],
  [
    'a select with 100 options',
    extra => ({ blocks: [actions(select({ options: times(100 + extra, () => option()) }))] }),
  ],
  [
    '100 groups of options',
    extra => ({
      blocks: [actions(select({ option_groups: times(100 + extra, () => ({ label: plain(), options: [option()] })) }))],
    }),
  ],
  [
    'an option of 75 characters',
    extra => ({ blocks: [actions(select({ options: [option({ text: plain(75 + extra) })] }))] }),
  ],
  [
    'an option value of 150 characters',
    extra => ({ blocks: [actions(select({ options: [option({ value: x(150 + extra) })] }))] }),
  ],
  [
    'an option description of 75',
    extra => ({ blocks: [actions(select({ options: [option({ description: plain(75 + extra) })] }))] }),
  ],
  [
    'a placeholder of 150 characters',
    extra => ({ blocks: [actions(select({ options: [option()], placeholder: plain(150 + extra) }))] }),
  ],
  [
    '10 checkboxes',
    extra => ({ blocks: [actions({ type: 'checkboxes', options: times(10 + extra, () => option()) })] }),
  ],
  [
    '5 options of an overflow menu',
    extra => ({ blocks: [actions({ type: 'overflow', options: times(5 + extra, () => option()) })] }),
  ],
  ['a table of 100 rows', extra => ({ blocks: [table(100 + extra, 1)] })],
  ['a table of 20 columns', extra => ({ blocks: [table(1, 20 + extra)] })],
  [
    '20 column settings',
    extra => ({ blocks: [{ ...table(1, 20), column_settings: times(20 + extra, () => ({ is_wrapped: true })) }] }),
  ],
  [
    '10,000 characters in a table',
    extra => ({ blocks: [{ type: 'table', rows: [[cell(5000), cell(5000 + extra)]] }] }),
  ],
  ['one table', extra => ({ blocks: times(1 + extra, () => table(1, 1)) })],
  ['12,000 characters of markdown', extra => ({ blocks: [{ type: 'markdown', text: x(12_000 + extra) }] })],
  [
    '12,000 characters of markdown in all',
    extra => ({
      blocks: [
        { type: 'markdown', text: x(6000) },
        { type: 'markdown', text: x(6000 + extra) },
      ],
    }),
  ],
  ['13,200 characters in all blocks', extra => ({ blocks: [said(13_200 - 9 - 17 - 4 + extra)] })],
  [
    '13,200 with 125 for each further block',
    extra => ({ blocks: [said(13_200 - 9 - 17 - 4 - 125 - 7 + extra), { type: 'divider' }] }),
  ],
  ['an alternative text of 2,000', extra => ({ blocks: [image({ alt_text: x(2000 + extra), image_url: at(30) })] })],
  ['an image title of 2,000', extra => ({ blocks: [image({ title: plain(2000 + extra), image_url: at(30) })] })],
  ['a card title of 150', extra => ({ blocks: [card({ title: mrkdwn(150 + extra) })] })],
  ['a card body of 200', extra => ({ blocks: [card({ body: mrkdwn(200 + extra) })] })],
  [
    'a carousel of 10 cards',
    extra => ({ blocks: [{ type: 'carousel', elements: times(10 + extra, () => card({ body: mrkdwn() })) }] }),
  ],
  [
    'a container of 10 blocks',
    extra => ({ blocks: [{ type: 'container', child_blocks: times(10 + extra, () => section()) }] }),
  ],
  [
    '5 context actions',
    extra => ({
      blocks: [
        {
          type: 'context_actions',
          elements: times(5 + extra, () => ({ type: 'icon_button', icon: 'trash', text: plain() })),
        },
      ],
    }),
  ],
  [
    'a data table of 101 rows',
    extra => ({ blocks: [{ type: 'data_table', caption: 'c', rows: times(101 + extra, () => [cell()]) }] }),
  ],
  [
    'pages of 100 rows',
    extra => ({ blocks: [{ type: 'data_table', caption: 'c', rows: [[cell()], [cell()]], page_size: 100 + extra }] }),
  ],
  [
    'a video title of 199',
    extra => ({
      blocks: [{ type: 'video', video_url: at(30), thumbnail_url: at(30), alt_text: 'a', title: plain(199 + extra) }],
    }),
  ],
  [
    'a list indented by 8',
    extra => ({
      blocks: [rich({ type: 'rich_text_list', style: 'bullet', indent: 8 + extra, elements: [richPart()] })],
    }),
  ],
];

const view = (more: object) => ({ type: 'modal', title: plain(), submit: plain(), blocks: [], ...more });
const typed = (more: object) => input({ type: 'plain_text_input', action_id: 'a', ...more });

const VIEW_ROWS: readonly Row[] = [
  ['100 blocks', extra => view({ blocks: times(100 + extra, () => ({ type: 'divider' })) })],
  ['100 blocks in App Home', extra => ({ type: 'home', blocks: times(100 + extra, () => ({ type: 'divider' })) })],
  ['a title of 24 characters', extra => view({ title: plain(24 + extra) })],
  ['a submit of 24 characters', extra => view({ submit: plain(24 + extra) })],
  ['a close of 24 characters', extra => view({ close: plain(24 + extra) })],
  ['private_metadata of 3,000 characters', extra => view({ private_metadata: x(3000 + extra) })],
  ['a callback_id of 255 characters', extra => view({ callback_id: x(255 + extra) })],
  ['a label of 2,000 characters', extra => view({ blocks: [{ ...typed({}), label: plain(2000 + extra) }] })],
  ['a hint of 2,000 characters', extra => view({ blocks: [{ ...typed({}), hint: plain(2000 + extra) }] })],
  ['a max_length of 3,000', extra => view({ blocks: [typed({ max_length: 3000 + extra })] })],
  ['an alert of 200 characters', extra => view({ blocks: [{ type: 'alert', text: plain(200 + extra) }] })],
  ['10 files', extra => view({ blocks: [input({ type: 'file_input', max_files: 10 + extra })] })],
  [
    'one focus',
    extra =>
      view({ blocks: times(1 + extra, index => ({ ...typed({ focus_on_load: true }), block_id: `b${index}` })) }),
  ],
  ['250,000 bytes', extra => ({ type: 'home', blocks: times(80 + 10 * extra, () => section(3000)) })],
];

describe('a message may have', () => {
  it.each(MESSAGE_ROWS)('%s, and no more', (_, most) => {
    expect(problemsOfMessage({ text: 'x', ...most(0) })).toEqual([]);
    expect(problemsOfMessage({ text: 'x', ...most(1) })).toHaveLength(1);
  });
});

describe('a view may have', () => {
  it.each(VIEW_ROWS)('%s, and no more', (_, most) => {
    expect(problemsOfView(most(0))).toEqual([]);
    expect(problemsOfView(most(1))).toHaveLength(1);
  });
});

describe('a message is refused', () => {
  const blocks = (...list: readonly unknown[]) => ({ text: 'x', blocks: list });
  it.each([
    ['without a text', { blocks: [section()] }, 'text must be text'],
    ['with an empty text', { text: '', blocks: [section()] }, 'text must be at least 1 characters'],
    ['whose blocks are no list', { text: 'x', blocks: {} }, 'blocks must be a list'],
    ['with a block that is null', blocks(null), 'blocks[0] must be an object'],
    ['with an unknown block', blocks({ type: 'poll' }), 'blocks[0].type "poll" is not allowed here'],
    [
      'with a block named like a method of objects',
      blocks({ type: 'toString' }),
      'blocks[0].type "toString" is not allowed here',
    ],
    [
      'with an alert, which is for modals',
      blocks({ type: 'alert', text: plain() }),
      'blocks[0].type "alert" is not allowed here',
    ],
    [
      'with a field that Slack does not know',
      blocks({ ...section(), colour: 'red' }),
      'blocks[0].colour is not a field of it',
    ],
    ['with a section without text', blocks({ type: 'section' }), 'blocks[0] must have text or fields'],
    [
      'with a section of empty text',
      blocks({ type: 'section', text: mrkdwn(0) }),
      'blocks[0].text.text must be at least 1 characters',
    ],
    ['with mrkdwn in a header', blocks({ type: 'header', text: mrkdwn() }), 'blocks[0].text.type must be "plain_text"'],
    [
      'with half a surrogate pair',
      blocks({ type: 'markdown', text: 'a\ud83d' }),
      'blocks[0].text has half a surrogate pair',
    ],
    [
      'with an empty cell',
      blocks({ type: 'table', rows: [[cell(0)]] }),
      'blocks[0].rows[0][0].text must be at least 1 characters',
    ],
    [
      'with rows of different lengths',
      blocks({ type: 'table', rows: [[cell()], [cell(), cell()]] }),
      'blocks[0] has rows of different lengths',
    ],
    [
      'with the same block_id twice',
      blocks({ ...section(), block_id: 'b' }, { ...section(), block_id: 'b' }),
      'block_id "b" stands twice',
    ],
    [
      'with the same action_id twice in a block',
      blocks(actions(button({ action_id: 'a' }), button({ action_id: 'a' }))),
      'blocks[0]: action_id "a" stands twice',
    ],
    [
      'with a task without a state',
      blocks({ type: 'plan', title: 'p', tasks: [{ ...task(), status: undefined }] }),
      'blocks[0].tasks[0].status is missing',
    ],
    [
      'with a state that tasks do not have',
      blocks(task({ status: 'done' })),
      'blocks[0].status must be "pending" or "in_progress" or "complete" or "error"',
    ],
    ['with an image from nowhere', blocks(image({})), 'blocks[0] must have an image_url or a slack_file'],
    [
      'with an image from two places',
      blocks(image({ image_url: at(30), slack_file: { id: 'F1' } })),
      'blocks[0] must have an image_url or a slack_file',
    ],
    [
      'with a link that is a script',
      blocks(actions(button({ url: 'javascript:alert(1)' }))),
      'blocks[0].elements[0].url must be a URL',
    ],
    [
      'with an input that is no input',
      blocks(input({ type: 'button', text: plain() })),
      'blocks[0].element.type "button" is not allowed here',
    ],
    [
      'with a select without options',
      blocks(actions(select({}))),
      'blocks[0].elements[0] must have options or option_groups',
    ],
    [
      'with an empty card',
      blocks(card({ subtitle: mrkdwn() })),
      'blocks[0] must have hero_image, title, actions or body',
    ],
    [
      'with a number that is none',
      blocks({ type: 'table', rows: [[{ type: 'raw_number', value: Number.NaN, text: '1' }]] }),
      'blocks[0].rows[0][0].value must be a number',
    ],
  ] as const)('%s', (_, message, problem) => {
    expect(problemsOfMessage(message)).toEqual([problem]);
  });

  it('with the same action_id in two blocks it is not: their blocks tell them apart', () => {
    expect(problemsOfMessage(blocks(actions(button({ action_id: 'a' })), actions(button({ action_id: 'a' }))))).toEqual(
      [],
    );
  });
});

describe('a view is refused', () => {
  it.each([
    ['that is no object', 'modal', 'view must be an object'],
    ['with an unknown type', { type: 'page', title: plain(), blocks: [] }, 'view.type must be "modal"'],
    ['without a title', { type: 'modal', blocks: [] }, 'view.title is missing'],
    [
      'with an input and no submit',
      { type: 'modal', title: plain(), blocks: [typed({})] },
      'view must have submit, because it has input blocks',
    ],
    [
      'with a table, which is for messages',
      view({ blocks: [table(1, 1)] }),
      'view.blocks[0].type "table" is not allowed here',
    ],
    [
      'with a length that cannot be',
      view({ blocks: [typed({ min_length: 9, max_length: 5 })] }),
      'view.blocks[0].element has a min_length above its max_length',
    ],
    ['App Home with a title', { type: 'home', title: plain(), blocks: [] }, 'view.title is not a field of it'],
  ] as const)('%s', (_, given, problem) => {
    expect(problemsOfView(given)).toEqual([problem]);
  });
});

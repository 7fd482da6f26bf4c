/** What Slack takes as a block, field by field. https://docs.slack.dev/reference/block-kit/blocks */
import {
  accessory,
  action,
  anyText,
  button,
  contextAction,
  hasOneSource,
  IMAGE_SOURCE,
  image,
  input,
  mrkdwn,
  plainText,
} from './limit-elements.ts';
import { all, type Check, condition, flag, integer, isObject, list, object, oneOf, text, typed, url } from './shape.ts';

const BLOCK_ID = { block_id: text(255) };

function block(
  type: string,
  required: Parameters<typeof object>[0],
  optional: Parameters<typeof object>[1] = {},
): Check {
  return object({ type: oneOf(type), ...required }, { ...BLOCK_ID, ...optional });
}

/** No field has a documented limit of its own here; the sum over all blocks has. */
const ANY_LENGTH = 40_000;

const richStyle = object(
  {},
  {
    bold: flag,
    italic: flag,
    strike: flag,
    code: flag,
    underline: flag,
    highlight: flag,
    client_highlight: flag,
    unlink: flag,
  },
);
const STYLE = { style: richStyle };
const richTextText = object({ type: oneOf('text'), text: text(ANY_LENGTH) }, STYLE);
const richLink = object(
  { type: oneOf('link'), url: url(3000, ['https:', 'http:', 'mailto:']) },
  { ...STYLE, text: text(ANY_LENGTH), unsafe: flag },
);
const richElement = typed({
  text: richTextText,
  link: richLink,
  broadcast: object({ type: oneOf('broadcast'), range: oneOf('here', 'channel', 'everyone') }, STYLE),
  color: object({ type: oneOf('color'), value: text(20) }, STYLE),
  channel: object({ type: oneOf('channel'), channel_id: text(255) }, STYLE),
  date: object(
    { type: oneOf('date'), timestamp: integer(0, 99_999_999_999), format: text(255) },
    { ...STYLE, url: url(3000), fallback: text(255) },
  ),
  emoji: object({ type: oneOf('emoji'), name: text(255) }, { ...STYLE, unicode: text(255), url: url(3000) }),
  team: object({ type: oneOf('team'), team_id: text(255) }, STYLE),
  user: object({ type: oneOf('user'), user_id: text(255) }, STYLE),
  usergroup: object({ type: oneOf('usergroup'), usergroup_id: text(255) }, STYLE),
});

const BORDER = { border: integer(0, 1) };
const richElements = list(richElement, { min: 0, max: 1000 });
const richSection = object({ type: oneOf('rich_text_section'), elements: richElements });
const richPart = typed({
  rich_text_section: richSection,
  rich_text_list: object(
    {
      type: oneOf('rich_text_list'),
      style: oneOf('bullet', 'ordered'),
      elements: list(richSection, { min: 0, max: 1000 }),
    },
    { ...BORDER, indent: integer(0, 8), offset: integer(0, 100_000) },
  ),
  rich_text_quote: object({ type: oneOf('rich_text_quote'), elements: richElements }, BORDER),
  rich_text_preformatted: object(
    {
      type: oneOf('rich_text_preformatted'),
      elements: list(typed({ text: richTextText, link: richLink }), { min: 0, max: 1000 }),
    },
    { ...BORDER, language: text(100) },
  ),
});
const richText = block('rich_text', { elements: list(richPart, { max: 1000 }) });

const rawText = object({ type: oneOf('raw_text'), text: text(ANY_LENGTH) });
const rawNumber = object({ type: oneOf('raw_number'), value: isNumber, text: text(ANY_LENGTH) });
const cell = typed({ raw_text: rawText, raw_number: rawNumber, rich_text: richText });

function isNumber(value: unknown, at: string): readonly string[] {
  return typeof value === 'number' && Number.isFinite(value) ? [] : [`${at} must be a number`];
}

/** Characters of all cells together. */
const TABLE_CHARACTERS = 10_000;

const tableFits: Check = (value, at) => {
  const characters = textLengthOf(isObject(value) ? value.rows : []);
  return characters <= TABLE_CHARACTERS
    ? []
    : [`${at} has ${characters} characters in its cells; ${TABLE_CHARACTERS} are allowed`];
};

function textLengthOf(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + textLengthOf(one), 0);
  if (!isObject(value)) return 0;
  const own = typeof value.text === 'string' ? value.text.length : 0;
  return own + textLengthOf(value.elements);
}

const isRectangle = condition(
  ({ rows }) => !Array.isArray(rows) || new Set(rows.map(row => (Array.isArray(row) ? row.length : -1))).size <= 1,
  'has rows of different lengths',
);

const columnSetting = object({}, { align: oneOf('left', 'center', 'right'), is_wrapped: flag });
const table = all(
  block(
    'table',
    { rows: list(list(cell, { max: 20 }), { max: 100 }) },
    { column_settings: list(columnSetting, { max: 20 }) },
  ),
  isRectangle,
  tableFits,
);
const dataTable = all(
  block(
    'data_table',
    { rows: list(list(cell, { max: 20 }), { min: 2, max: 101 }), caption: text(ANY_LENGTH) },
    { page_size: integer(1, 100), row_header_column_index: integer(0, 19) },
  ),
  isRectangle,
  tableFits,
);

const source = object({ type: oneOf('url'), url: url(3000), text: text(ANY_LENGTH) });
const taskCard = block(
  'task_card',
  { task_id: text(255), title: text(ANY_LENGTH), status: oneOf('pending', 'in_progress', 'complete', 'error') },
  { details: richText, output: richText, sources: list(source, { max: 100 }) },
);

const section = all(
  block('section', {}, { text: anyText(3000), fields: list(anyText(2000), { max: 10 }), accessory, expand: flag }),
  condition(({ text: said, fields }) => said !== undefined || fields !== undefined, 'must have text or fields'),
);

const card = all(
  block(
    'card',
    {},
    {
      hero_image: image,
      icon: image,
      title: mrkdwn(150),
      subtitle: mrkdwn(150),
      body: mrkdwn(200),
      actions: list(button, { max: 25 }),
    },
  ),
  condition(
    one => ['hero_image', 'title', 'actions', 'body'].some(key => one[key] !== undefined),
    'must have hero_image, title, actions or body',
  ),
);

const IN_CONTAINER = {
  actions: block('actions', { elements: list(action, { max: 25 }) }),
  context: block('context', {
    elements: list(typed({ image, plain_text: plainText(3000), mrkdwn: mrkdwn(3000) }), { max: 10 }),
  }),
  divider: block('divider', {}),
  file: block('file', { source: oneOf('remote'), external_id: text(255) }),
  header: block('header', { text: plainText(150) }),
  image: all(block('image', { alt_text: text(2000) }, { ...IMAGE_SOURCE, title: plainText(2000) }), hasOneSource),
  input: block(
    'input',
    { label: plainText(2000), element: input },
    { hint: plainText(2000), optional: flag, dispatch_action: flag },
  ),
  rich_text: richText,
  section,
  table,
  video: block(
    'video',
    { video_url: url(3000, ['https:']), thumbnail_url: url(3000), alt_text: text(2000), title: plainText(199) },
    {
      title_url: url(3000, ['https:']),
      author_name: text(49),
      provider_name: text(255),
      provider_icon_url: url(3000),
      description: plainText(200),
    },
  ),
};

const COMMON = { ...IN_CONTAINER, card, carousel: block('carousel', { elements: list(card, { max: 10 }) }) };

/** Blocks of a message. Alerts are for modals only. */
export const messageBlock = typed({
  ...COMMON,
  container: block(
    'container',
    { child_blocks: list(typed(IN_CONTAINER), { max: 10 }) },
    {
      title: plainText(150),
      rich_text_title: richText,
      subtitle: anyText(150),
      width: oneOf('narrow', 'standard', 'wide', 'full'),
      icon: image,
      is_collapsible: flag,
      default_collapsed: flag,
      has_header_divider: flag,
    },
  ),
  context_actions: block('context_actions', { elements: list(contextAction, { max: 5 }) }),
  data_table: dataTable,
  markdown: block('markdown', { text: text(ANY_LENGTH) }),
  plan: block('plan', { title: text(ANY_LENGTH) }, { tasks: list(taskCard, { min: 0, max: 50 }) }),
  task_card: taskCard,
});

const { file: _onlyInMessages, table: _alsoOnlyInMessages, ...IN_VIEWS } = COMMON;

/** Blocks of a modal or of App Home. */
export const viewBlock = typed({
  ...IN_VIEWS,
  alert: block('alert', { text: anyText(200) }, { level: oneOf('default', 'info', 'warning', 'error', 'success') }),
});

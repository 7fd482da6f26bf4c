/**
 * The one validator of what we send to Slack: the documented limits and shapes of messages and views, and those that were
 * measured. https://docs.slack.dev/reference/block-kit, https://docs.slack.dev/reference/methods/chat.postMessage
 */
import { messageBlock, viewBlock } from './limit-blocks.ts';
import { plainText } from './limit-elements.ts';
import { all, type Check, condition, flag, isObject, list, object, oneOf, text } from './shape.ts';

const MESSAGE_BLOCKS = 50;
const VIEW_BLOCKS = 100;
/** What Slack keeps of a text. */
const TEXT_CHARACTERS = 40_000;
/** Of all markdown blocks of a message together. */
const MARKDOWN_CHARACTERS = 12_000;
/**
 * Of all blocks together: above it Slack answers `msg_blocks_too_long`. Measured, not documented: 13,297 characters in one
 * markdown block, 125 fewer with a divider beside it. https://github.com/slackapi/bolt-js/issues/2509
 */
const MESSAGE_CHARACTERS = 13_200;
const BLOCK_OVERHEAD = 125;

/** What a message is made of, as it comes: a payload from elsewhere may hold anything. */
export type MessagePayload = { readonly text?: unknown; readonly blocks?: unknown };

/** Every reason for which Slack would refuse or cut this message; empty: none. */
export function problemsOfMessage(message: MessagePayload): readonly string[] {
  const { text: said, blocks } = message;
  const shape = [
    ...text(TEXT_CHARACTERS)(said, 'text'),
    ...(blocks === undefined ? [] : list(messageBlock, { min: 0, max: MESSAGE_BLOCKS })(blocks, 'blocks')),
  ];
  const listed = blocksIn(blocks);
  return [...shape, ...uniqueIds(listed), ...onePrimary(listed), ...sums(listed)];
}

function blocksIn(blocks: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(blocks) ? blocks.filter(isObject) : [];
}

function sums(blocks: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const tables = blocks.filter(one => one.type === 'table').length;
  const markdown = blocks.filter(one => one.type === 'markdown').reduce((sum, one) => sum + charactersOf(one.text), 0);
  const size = messageSize(blocks);
  return [
    ...(tables > 1 ? [`blocks has ${tables} tables; one is allowed`] : []),
    ...(markdown > MARKDOWN_CHARACTERS
      ? [`blocks has ${markdown} characters of markdown; ${MARKDOWN_CHARACTERS} are allowed`]
      : []),
    ...(size > MESSAGE_CHARACTERS ? [`blocks has about ${size} characters; ${MESSAGE_CHARACTERS} are allowed`] : []),
  ];
}

/** All texts of the blocks, and 125 for each block beyond the first. */
function messageSize(blocks: readonly Readonly<Record<string, unknown>>[]): number {
  return charactersOf(blocks) + BLOCK_OVERHEAD * Math.max(0, blocks.length - 1);
}

function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + charactersOf(one), 0);
}

/** block_id is unique in a message or view, action_id in its block. */
function uniqueIds(blocks: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const twice = (ids: readonly unknown[]) => [
    ...new Set(ids.filter((id, index) => typeof id === 'string' && ids.indexOf(id) !== index)),
  ];
  return [
    ...twice(blocks.map(one => one.block_id)).map(id => `block_id "${String(id)}" stands twice`),
    ...blocks.flatMap((one, index) =>
      twice(valuesOf(one, 'action_id')).map(id => `blocks[${index}]: action_id "${String(id)}" stands twice`),
    ),
  ];
}

function valuesOf(value: unknown, key: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = isObject(value) && value[key] !== undefined ? [value[key]] : [];
  return [...own, ...Object.values(value).flatMap(one => valuesOf(one, key))];
}

/** Slack's own guidance: "primary" for one button of a set. https://docs.slack.dev/reference/block-kit/block-elements/button-element */
function onePrimary(blocks: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const buttons = blocks.flatMap(one => buttonsIn(one)).filter(one => one.style === 'primary');
  return buttons.length > 1 ? [`blocks has ${buttons.length} primary buttons; one is enough`] : [];
}

function buttonsIn(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = isObject(value) && value.type === 'button' ? [value] : [];
  return [...own, ...Object.values(value).flatMap(buttonsIn)];
}

const COMMON = {
  blocks: list(viewBlock, { min: 0, max: VIEW_BLOCKS }),
};
const OPTIONAL = { private_metadata: text(3000, 0), callback_id: text(255), external_id: text(255) };

const asksForSubmit = condition(
  ({ blocks, submit }) => submit !== undefined || !blocksIn(blocks).some(one => one.type === 'input'),
  'must have submit, because it has input blocks',
);

const modal = all(
  object(
    { type: oneOf('modal'), title: plainText(24), ...COMMON },
    {
      ...OPTIONAL,
      submit: plainText(24),
      close: plainText(24),
      clear_on_close: flag,
      notify_on_close: flag,
      submit_disabled: flag,
    },
  ),
  asksForSubmit,
);
const home = object({ type: oneOf('home'), ...COMMON }, OPTIONAL);

/** One element of a view may have the focus. */
function oneFocus(blocks: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const focused = valuesOf(blocks, 'focus_on_load').filter(focus => focus === true).length;
  return focused > 1 ? [`view has ${focused} elements with focus_on_load; one is allowed`] : [];
}

/** Bytes of a view as JSON. https://docs.slack.dev/reference/methods/views.publish (view_too_large) */
const VIEW_BYTES = 250_000;

function tooLarge(view: unknown): readonly string[] {
  const bytes = new TextEncoder().encode(JSON.stringify(view)).length;
  return bytes > VIEW_BYTES ? [`view has ${bytes} bytes; ${VIEW_BYTES} are allowed`] : [];
}

/** Every reason for which Slack would refuse this modal or App Home; empty: none. */
export function problemsOfView(view: unknown): readonly string[] {
  if (!isObject(view)) return ['view must be an object'];
  const shape: Check = view.type === 'home' ? home : modal;
  const blocks = blocksIn(view.blocks);
  return [...shape(view, 'view'), ...uniqueIds(blocks), ...oneFocus(blocks), ...tooLarge(view)];
}

/** Block Kit blocks as elements (https://docs.slack.dev/reference/block-kit/blocks). */
import { h, ICONS, icon } from './dom.js';
import { fieldOf } from './fields.js';
import { richText, textNodes, unknown } from './text.js';

/**
 * Blocks in their order. `context`: `names`; `level` of headings; `press(blockId, element)`; for views `fields`, which keeps
 * what is entered.
 */
export function blockNodes(blocks, context) {
  return (blocks ?? []).map((block, index) =>
    h('div', { class: `block block-${block.type}` }, blockNode(block, index, context)),
  );
}

function blockNode(block, index, context) {
  const { names } = context;
  const blockId = block.block_id ?? `block-${index}`;
  switch (block.type) {
    case 'header':
      return h(
        'p',
        { class: 'header-text', role: 'heading', 'aria-level': context.level },
        textNodes(block.text, names),
      );
    case 'section':
      return sectionNode(block, blockId, context);
    case 'context':
      return h(
        'div',
        { class: 'context' },
        (block.elements ?? []).map(element => contextElement(element, names)),
      );
    case 'divider':
      return h('hr', {});
    case 'actions':
      return h(
        'div',
        { class: 'actions' },
        (block.elements ?? []).map(element => elementNode(element, blockId, context)),
      );
    case 'image':
      return imageNode(block, names);
    case 'rich_text':
      return richText(block, names);
    case 'table':
      return tableNode(block, names);
    case 'markdown':
      return h('div', { class: 'markdown' }, block.text);
    case 'plan':
      return planNode(block, names);
    case 'task_card':
      return h('ul', { class: 'tasks alone' }, taskNode(block, names));
    case 'input':
      return inputNode(block, blockId, context);
    default:
      return unknown(block, 'block');
  }
}

function sectionNode(block, blockId, context) {
  const { names } = context;
  const text = block.text === undefined ? null : h('div', { class: 'text' }, textNodes(block.text, names));
  const fields =
    block.fields === undefined
      ? null
      : h(
          'div',
          { class: 'fields' },
          block.fields.map(field => h('div', { class: 'text' }, textNodes(field, names))),
        );
  const accessory =
    block.accessory === undefined
      ? null
      : h('div', { class: 'accessory' }, elementNode(block.accessory, blockId, context));
  return h('div', { class: 'section' }, h('div', { class: 'section-body' }, text, fields), accessory);
}

function contextElement(element, names) {
  if (element.type === 'image')
    return h('img', { class: 'context-image', src: element.image_url, alt: element.alt_text });
  if (element.type === 'mrkdwn' || element.type === 'plain_text') {
    return h('div', { class: 'text' }, textNodes(element, names));
  }
  return unknown(element, 'element of a context block');
}

function imageNode(block, names) {
  const title = block.title === undefined ? null : h('figcaption', {}, textNodes(block.title, names));
  return h('figure', { class: 'figure' }, title, h('img', { src: block.image_url, alt: block.alt_text }));
}

function tableNode(block, names) {
  const [head, ...rows] = block.rows ?? [];
  const align = index => `align-${block.column_settings?.[index]?.align ?? 'left'}`;
  const cell = (tag, attributes) => (one, index) =>
    h(
      tag,
      { ...attributes(index), class: align(index) },
      one.type === 'rich_text' ? richText(one, names) : String(one.text ?? one.value ?? ''),
    );
  const headCell = cell('th', () => ({ scope: 'col' }));
  const bodyCell = (one, index) =>
    (index === 0 ? cell('th', () => ({ scope: 'row' })) : cell('td', () => ({})))(one, index);
  return h(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    h(
      'table',
      { class: 'table' },
      h('thead', {}, h('tr', {}, (head ?? []).map(headCell))),
      h(
        'tbody',
        {},
        rows.map(row => h('tr', {}, row.map(bodyCell))),
      ),
    ),
  );
}

const STATUS = { pending: 'waiting', in_progress: 'under way', complete: 'done', error: 'failed' };

function planNode(block, names) {
  const tasks = block.tasks ?? [];
  const done = tasks.filter(task => task.status === 'complete').length;
  return h(
    'div',
    { class: 'plan' },
    h(
      'div',
      { class: 'plan-title' },
      h('span', { class: 'plan-name' }, block.title),
      h('span', { class: 'plan-count' }, `${done} of ${tasks.length} done`),
    ),
    h(
      'ul',
      { class: 'tasks' },
      tasks.map(task => taskNode(task, names)),
    ),
  );
}

function taskNode(task, names) {
  const sign = { complete: ICONS.check, error: ICONS.cross }[task.status];
  return h(
    'li',
    { class: `task task-${task.status}` },
    h('span', { class: 'task-sign' }, sign === undefined ? null : icon(sign, 14)),
    h(
      'div',
      { class: 'task-body' },
      h('span', { class: 'task-title' }, task.title),
      h('span', { class: 'sr-only' }, ` (${STATUS[task.status] ?? task.status})`),
      task.details === undefined ? null : h('div', { class: 'task-details' }, richText(task.details, names)),
      task.output === undefined ? null : h('div', { class: 'task-details' }, richText(task.output, names)),
    ),
  );
}

function inputNode(block, blockId, context) {
  const { names } = context;
  const error = context.errors?.[blockId];
  const optional = block.optional ? h('span', { class: 'optional' }, ' (optional)') : null;
  const hint =
    block.hint === undefined ? null : h('p', { class: 'hint', id: `hint-${blockId}` }, textNodes(block.hint, names));
  const wrong = error === undefined ? null : h('p', { class: 'error', id: `error-${blockId}`, role: 'alert' }, error);
  const described = [hint && `hint-${blockId}`, wrong && `error-${blockId}`].filter(Boolean).join(' ') || null;
  const { type } = block.element;
  const isGroup = type === 'checkboxes' || type === 'radio_buttons';
  const label = [textNodes(block.label, names), optional];
  const field = fieldOf(block.element, {
    ...context,
    blockId,
    described,
    isRequired: !block.optional,
    hasError: wrong !== null,
  });
  return isGroup
    ? h('fieldset', { class: 'input' }, h('legend', { class: 'label' }, label), field, hint, wrong)
    : h(
        'div',
        { class: 'input' },
        h('label', { class: 'label', for: `field-${block.element.action_id}` }, label),
        field,
        hint,
        wrong,
      );
}

function elementNode(element, blockId, context) {
  if (element.type === 'button') return buttonNode(element, blockId, context);
  if (element.type === 'image')
    return h('img', { class: 'accessory-image', src: element.image_url, alt: element.alt_text });
  return (
    fieldOf(element, { ...context, blockId, described: null, isRequired: false, hasError: false }) ??
    unknown(element, 'element')
  );
}

function buttonNode(element, blockId, { press, surface }) {
  const style = element.style === undefined ? '' : ` ${element.style}`;
  const text = element.text.text;
  // The visible words come first, so that whoever speaks to this page can say them.
  const said = element.accessibility_label;
  const label = said === undefined || said.startsWith(text) ? said : `${text}: ${said}`;
  return h(
    'button',
    {
      type: 'button',
      class: `button${style}`,
      'aria-label': label ?? null,
      data: { key: `${surface}/${element.action_id}/${element.value ?? ''}`, action: element.action_id },
      on: { click: event => press(element, blockId, event.currentTarget) },
    },
    text,
  );
}

/** What somebody entered into a modal, as the `state.values` of a submission. */
import { elementsIn } from './payloads.ts';

type Json = Readonly<Record<string, unknown>>;

/** An option of a select. */
export type Choice = { readonly text: string; readonly value: string };

/** By action_id: typed text, a chosen option, several (checkboxes), or nothing. */
export type Entered = Readonly<Record<string, string | Choice | readonly Choice[] | null>>;

/**
 * The values of every input, what was entered before what the view came with. `missing`: labels of inputs that are empty
 * and not optional: Slack does not submit such a view.
 */
export function stateOf(
  view: Json,
  entered: Entered,
): { readonly values: Readonly<Record<string, Json>>; readonly missing: readonly string[] } {
  const values: Record<string, Json> = {};
  const missing: string[] = [];
  for (const [index, block] of blocksOf(view).entries()) {
    const blockId = typeof block.block_id === 'string' ? block.block_id : `block-${index}`;
    for (const element of elementsIn(block)) {
      const actionId = String(element.action_id);
      const value = valueIn(element, entered[actionId]);
      if (value === null) continue;
      values[blockId] = { ...values[blockId], [actionId]: value };
      if (block.type === 'input' && block.optional !== true && isEmpty(value)) missing.push(labelOf(block));
    }
  }
  return { values, missing };
}

/** The blocks of a view. */
export function blocksOf(view: Json): readonly Json[] {
  return Array.isArray(view.blocks) ? (view.blocks as readonly Json[]) : [];
}

/** An option as Slack writes it. */
export function optionJson({ text, value }: Choice): Json {
  return { text: { type: 'plain_text', text, emoji: true }, value };
}

/** null: the element holds no value (a button). */
function valueIn(element: Json, entered: Entered[string] | undefined): Json | null {
  const type = String(element.type);
  if (type === 'plain_text_input' || type === 'url_text_input' || type === 'number_input') {
    const text = typeof entered === 'string' ? entered : (element.initial_value ?? null);
    return { type, value: text === '' ? null : text };
  }
  if (type === 'checkboxes' || type.startsWith('multi_')) {
    const options = Array.isArray(entered) ? entered.map(optionJson) : (element.initial_options ?? []);
    return { type, selected_options: options };
  }
  if (type.endsWith('_select') || type === 'radio_buttons') {
    const isChoice = typeof entered === 'object' && entered !== null && !Array.isArray(entered);
    if (isChoice) return { type, selected_option: optionJson(entered as Choice) };
    const known = typeof entered === 'string' ? staticOption(element, entered) : undefined;
    return { type, selected_option: known ?? (entered === null ? null : (element.initial_option ?? null)) };
  }
  return null;
}

function staticOption(element: Json, value: string): unknown {
  const options = Array.isArray(element.options) ? (element.options as readonly Json[]) : [];
  return options.find(option => option.value === value);
}

function isEmpty(value: Json): boolean {
  const held = 'value' in value ? value.value : (value.selected_option ?? value.selected_options);
  return held === null || held === undefined || (Array.isArray(held) && held.length === 0);
}

function labelOf(block: Json): string {
  const label = block.label as { text?: unknown } | undefined;
  return String(label?.text ?? '');
}

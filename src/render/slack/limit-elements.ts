/**
 * What Slack takes inside of blocks: texts, options, buttons, selects, inputs, rich text.
 * https://docs.slack.dev/reference/block-kit/composition-objects, https://docs.slack.dev/reference/block-kit/block-elements
 */
import { all, type Check, condition, flag, integer, isObject, list, object, oneOf, text, typed, url } from './shape.ts';

/** plain_text of at most `max` characters. */
export function plainText(max: number): Check {
  return object({ type: oneOf('plain_text'), text: text(max) }, { emoji: flag });
}

/** mrkdwn of at most `max` characters. */
export function mrkdwn(max: number): Check {
  return object({ type: oneOf('mrkdwn'), text: text(max) }, { verbatim: flag });
}

/** Either of both. */
export function anyText(max: number): Check {
  return typed({ plain_text: plainText(max), mrkdwn: mrkdwn(max) });
}

const ACTION_ID = { action_id: text(255) };

const CONFIRM = {
  confirm: object(
    { text: anyText(300) },
    { title: plainText(100), confirm: plainText(30), deny: plainText(30), style: oneOf('primary', 'danger') },
  ),
};
const FOCUS = { focus_on_load: flag };
const PLACEHOLDER = { placeholder: plainText(150) };
const DISPATCH = {
  dispatch_action_config: object(
    {},
    { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 }) },
  ),
};

const option = object({ text: plainText(75), value: text(150) }, { description: plainText(75), url: url(3000) });
const choiceOption = object({ text: anyText(75), value: text(150) }, { description: anyText(75) });
const optionGroup = object({ label: plainText(75), options: list(option, { max: 100 }) });

/** An image by address or by Slack file, not by both. */
export const IMAGE_SOURCE = {
  image_url: url(3000),
  slack_file: all(
    object({}, { id: text(255), url: url(3000) }),
    condition(file => (file.id === undefined) !== (file.url === undefined), 'must have an id or a url'),
  ),
};

/** Refuses an image without a source, or with two. */
export const hasOneSource = condition(
  image => (image.image_url === undefined) !== (image.slack_file === undefined),
  'must have an image_url or a slack_file',
);

/** An image element. */
export const image = all(object({ type: oneOf('image'), alt_text: text(2000) }, IMAGE_SOURCE), hasOneSource);

/** A button. */
export const button = object(
  { type: oneOf('button'), text: plainText(75) },
  {
    ...ACTION_ID,
    ...CONFIRM,
    url: url(3000),
    value: text(2000),
    style: oneOf('primary', 'danger'),
    accessibility_label: text(75),
  },
);

const workflowButton = object(
  {
    type: oneOf('workflow_button'),
    text: plainText(75),
    workflow: object({
      trigger: object(
        { url: url(3000) },
        { customizable_input_parameters: list(object({ name: text(255), value: text(2000) }), { max: 100 }) },
      ),
    }),
  },
  { ...ACTION_ID, style: oneOf('primary', 'danger'), accessibility_label: text(75) },
);

const feedback = object({ text: plainText(75), value: text(2000) }, { accessibility_label: text(75) });

/** What a context_actions block holds. */
export const contextAction = typed({
  feedback_buttons: object(
    { type: oneOf('feedback_buttons'), positive_button: feedback, negative_button: feedback },
    ACTION_ID,
  ),
  icon_button: object(
    { type: oneOf('icon_button'), icon: text(255), text: plainText(75) },
    {
      ...ACTION_ID,
      ...CONFIRM,
      value: text(2000),
      accessibility_label: text(75),
      visible_to_user_ids: list(text(255), { max: 100 }),
    },
  ),
});

const SELECT = { ...ACTION_ID, ...CONFIRM, ...FOCUS, ...PLACEHOLDER };
const MULTI = { ...SELECT, max_selected_items: integer(1, 100) };
const users = list(text(255), { max: 100 });
const filter = object(
  {},
  {
    include: list(oneOf('im', 'mpim', 'private', 'public'), { max: 4 }),
    exclude_external_shared_channels: flag,
    exclude_bot_users: flag,
  },
);
const CONVERSATIONS = { default_to_current_conversation: flag, filter };
const RESPONDS = { response_url_enabled: flag };

const hasOptions = condition(
  select => (select.options === undefined) !== (select.option_groups === undefined),
  'must have options or option_groups',
);
const OPTIONS = { options: list(option, { max: 100 }), option_groups: list(optionGroup, { max: 100 }) };

const SELECTS = {
  static_select: all(
    object({ type: oneOf('static_select') }, { ...SELECT, ...OPTIONS, initial_option: option }),
    hasOptions,
  ),
  external_select: object(
    { type: oneOf('external_select') },
    { ...SELECT, initial_option: option, min_query_length: integer(0, 3000) },
  ),
  users_select: object({ type: oneOf('users_select') }, { ...SELECT, initial_user: text(255) }),
  conversations_select: object(
    { type: oneOf('conversations_select') },
    { ...SELECT, ...CONVERSATIONS, ...RESPONDS, initial_conversation: text(255) },
  ),
  channels_select: object({ type: oneOf('channels_select') }, { ...SELECT, ...RESPONDS, initial_channel: text(255) }),
  multi_static_select: all(
    object(
      { type: oneOf('multi_static_select') },
      { ...MULTI, ...OPTIONS, initial_options: list(option, { max: 100 }) },
    ),
    hasOptions,
  ),
  multi_external_select: object(
    { type: oneOf('multi_external_select') },
    { ...MULTI, initial_options: list(option, { max: 100 }), min_query_length: integer(0, 3000) },
  ),
  multi_users_select: object({ type: oneOf('multi_users_select') }, { ...MULTI, initial_users: users }),
  multi_conversations_select: object(
    { type: oneOf('multi_conversations_select') },
    { ...MULTI, ...CONVERSATIONS, initial_conversations: users },
  ),
  multi_channels_select: object({ type: oneOf('multi_channels_select') }, { ...MULTI, initial_channels: users }),
};

const CHOICE = { ...ACTION_ID, ...CONFIRM, ...FOCUS };
const CHOICES = {
  checkboxes: object(
    { type: oneOf('checkboxes'), options: list(choiceOption, { max: 10 }) },
    { ...CHOICE, initial_options: list(choiceOption, { max: 10 }) },
  ),
  radio_buttons: object(
    { type: oneOf('radio_buttons'), options: list(choiceOption, { max: 10 }) },
    { ...CHOICE, initial_option: choiceOption },
  ),
  datepicker: object({ type: oneOf('datepicker') }, { ...CHOICE, ...PLACEHOLDER, initial_date: text(10, 10) }),
  timepicker: object(
    { type: oneOf('timepicker') },
    { ...CHOICE, ...PLACEHOLDER, initial_time: text(5, 5), timezone: text(255) },
  ),
  datetimepicker: object(
    { type: oneOf('datetimepicker') },
    { ...CHOICE, initial_date_time: integer(1_000_000_000, 9_999_999_999) },
  ),
};

const TYPED = { ...ACTION_ID, ...FOCUS, ...PLACEHOLDER, ...DISPATCH };
const lengthsFit = condition(
  ({ min_length: min, max_length: max }) => typeof min !== 'number' || typeof max !== 'number' || min <= max,
  'has a min_length above its max_length',
);
const INPUTS = {
  plain_text_input: all(
    object(
      { type: oneOf('plain_text_input') },
      {
        ...TYPED,
        initial_value: text(3000),
        multiline: flag,
        min_length: integer(0, 3000),
        max_length: integer(1, 3000),
      },
    ),
    lengthsFit,
  ),
  email_text_input: object({ type: oneOf('email_text_input') }, { ...TYPED, initial_value: text(3000) }),
  url_text_input: object({ type: oneOf('url_text_input') }, { ...TYPED, initial_value: text(3000) }),
  number_input: object(
    { type: oneOf('number_input'), is_decimal_allowed: flag },
    { ...TYPED, initial_value: text(255), min_value: text(255), max_value: text(255) },
  ),
  file_input: object(
    { type: oneOf('file_input') },
    { ...ACTION_ID, filetypes: list(text(255), { max: 100 }), max_files: integer(1, 10) },
  ),
};

const RICH_INPUT = {
  rich_text_input: object(
    { type: oneOf('rich_text_input') },
    { ...TYPED, initial_value: isRichText, min_lines: integer(1, 100), max_lines: integer(1, 100) },
  ),
};

/** A rich text block may be an initial value, and is made of elements: checked where it is used, to break the circle. */
function isRichText(value: unknown, at: string): readonly string[] {
  return isObject(value) && value.type === 'rich_text' ? [] : [`${at} must be rich text`];
}

const OVERFLOW = {
  overflow: object({ type: oneOf('overflow'), options: list(option, { max: 5 }) }, { ...ACTION_ID, ...CONFIRM }),
};
const BUTTONS = { button, workflow_button: workflowButton };

/** What an actions block holds. */
export const action = typed({ ...BUTTONS, ...SELECTS, ...CHOICES, ...OVERFLOW, ...RICH_INPUT });
/** What may stand beside a section. */
export const accessory = typed({ ...BUTTONS, ...SELECTS, ...CHOICES, ...OVERFLOW, image });
/** What an input block asks with. */
export const input = typed({ ...SELECTS, ...CHOICES, ...INPUTS, ...RICH_INPUT });

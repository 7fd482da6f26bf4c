/**
 * The modal that asks for what a question lacks. It is part of the function that has to answer Slack within 3 s, so it
 * imports nothing heavy.
 */
import type { InputBlock, ModalView, PlainTextOption } from '@slack/types';
import type { Place } from '../../queue/job.ts';
import { visibleLine } from '../escape.ts';
import { plain } from './blocks.ts';

/** Slack's name for a submission of this modal. */
export const ASK_CALLBACK = 'egress.ask';

/** Block ids and action ids of its fields: where `view.state.values[BLOCK][ACTION]` has what was typed or picked. */
export const ASK_FIELDS = {
  cluster: { block: 'ask-cluster', action: 'egress.ask.cluster' },
  namespace: { block: 'ask-namespace', action: 'egress.ask.namespace' },
  pod: { block: 'ask-pod', action: 'egress.ask.pod' },
  host: { block: 'ask-host', action: 'egress.ask.host' },
  probe: { block: 'ask-probe', action: 'egress.ask.probe' },
} as const;

/** Value of the one option of the probe field: picked means "predict only". */
export const NO_PROBE = 'no-probe';

/** What is known already; null: not said. */
export type AskState = {
  readonly place: Place;
  readonly cluster: string | null;
  readonly namespace: string | null;
  readonly pod: string | null;
  readonly host: string | null;
  /** False: `--no-probe`. */
  readonly probe: boolean;
};

/** Longest input that Slack takes; a URL with a path may stand here. https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element */
const HOST_CHARACTERS = 2000;
/** https://docs.slack.dev/reference/block-kit/composition-objects/option-object */
const OPTION_CHARACTERS = 75;
const VALUE_CHARACTERS = 150;

/** Builds the modal. Its `private_metadata` is the Place as JSON, which `placeOf` reads back. */
export function askView(state: AskState): ModalView {
  return {
    type: 'modal',
    callback_id: ASK_CALLBACK,
    title: plain("Why can't it connect?", 24),
    submit: plain('Check', 24),
    close: plain('Cancel', 24),
    private_metadata: metadataOf(state.place),
    blocks: [
      picker('cluster', 'Cluster', "the channel's default", state.cluster, 0),
      picker('namespace', 'Namespace', 'all that may be asked about', state.namespace, 0),
      { ...picker('pod', 'Pod or workload', 'type a part of its name', state.pod, 1), optional: false },
      hostInput(state.host),
      probeInput(state.probe),
    ],
  };
}

type Picker = 'cluster' | 'namespace' | 'pod';

/** A select whose options come from the cluster while somebody types. */
function picker(
  field: Picker,
  label: string,
  placeholder: string,
  picked: string | null,
  minLength: number,
): InputBlock {
  const { block, action } = ASK_FIELDS[field];
  const initial = picked === null ? null : optionOf(picked);
  return {
    type: 'input',
    block_id: block,
    optional: true,
    label: plain(label, 2000),
    element: {
      type: 'external_select',
      action_id: action,
      placeholder: plain(placeholder, 150),
      min_query_length: minLength,
      ...(initial === null ? {} : { initial_option: initial }),
    },
  };
}

/** An option of a select, for the modal and for its type-ahead; null: the name is empty, longer than a value may be, or no text. */
export function optionOf(name: string): PlainTextOption | null {
  const shown = visibleLine(name);
  if (shown === '' || name.length > VALUE_CHARACTERS || !name.isWellFormed()) return null;
  return { text: plain(shown, OPTION_CHARACTERS), value: name };
}

function hostInput(host: string | null): InputBlock {
  const { block, action } = ASK_FIELDS.host;
  const fits = host !== null && host !== '' && host.length <= HOST_CHARACTERS && host.isWellFormed();
  return {
    type: 'input',
    block_id: block,
    label: plain('Host', 2000),
    hint: plain('A name or an address, with its port unless it is 443: api.stripe.com, 10.0.0.7:5432', 2000),
    element: {
      type: 'plain_text_input',
      action_id: action,
      placeholder: plain('api.stripe.com', 150),
      max_length: HOST_CHARACTERS,
      ...(fits ? { initial_value: host } : {}),
    },
  };
}

function probeInput(probe: boolean): InputBlock {
  const { block, action } = ASK_FIELDS.probe;
  const option = { text: plain('Do not probe, predict only', OPTION_CHARACTERS), value: NO_PROBE };
  return {
    type: 'input',
    block_id: block,
    optional: true,
    label: plain('Probes', 2000),
    element: {
      type: 'checkboxes',
      action_id: action,
      options: [option],
      // Slack compares the two: they must be the same to the letter.
      ...(probe ? {} : { initial_options: [option] }),
    },
  };
}

const METADATA_CHARACTERS = 3000;

/** Without the response_url where it would not fit: the answer then goes to the channel alone. */
function metadataOf(place: Place): string {
  const whole = JSON.stringify(place);
  return whole.length <= METADATA_CHARACTERS ? whole : JSON.stringify({ ...place, responseUrl: null });
}

/** Reads a Place back from `private_metadata`; null: it is not one that `askView` wrote. */
export function placeOf(metadata: string): Place | null {
  let read: unknown;
  try {
    read = JSON.parse(metadata);
  } catch {
    return null;
  }
  const { channel, threadTs, responseUrl } = (read ?? {}) as Record<string, unknown>;
  if (typeof channel !== 'string' || !isTextOrNull(threadTs) || !isTextOrNull(responseUrl)) return null;
  return { channel, threadTs, responseUrl };
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

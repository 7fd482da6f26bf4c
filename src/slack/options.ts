/** The type-ahead of the form: names from the cluster, while somebody types. Slack waits 3 s and takes 100 names. */
import type { App, BlockSuggestion } from '@slack/bolt';
import type { Asker } from '../queue/job.ts';
import { ASK_FIELDS, optionOf, placeOf } from '../render/slack/modal.ts';
import { bounded } from './bounded.ts';
import { askerOfInteraction, listAt, type Payload, textAt } from './envelopes.ts';
import type { Log } from './logger.ts';
import { LISTENER_MS } from './send-job.ts';

/** What is typed, by whom, where the form was opened. */
export type Typed = {
  readonly field: 'cluster' | 'namespace' | 'pod';
  readonly text: string;
  readonly asker: Extract<Asker, { kind: 'user' }>;
  /** Empty: not known. */
  readonly channel: string;
  /** What the form was opened with; Slack does not say what was picked since (https://github.com/slackapi/bolt-js/issues/1146). */
  readonly cluster: string | null;
  readonly namespace: string | null;
};

/** Names that this person may ask about and that fit what is typed. */
export type Suggest = (typed: Typed) => Promise<readonly string[]>;

const MOST_OPTIONS = 100;

/** Registers the type-ahead. A cluster that does not answer in time gives no names, and the form says "no results". */
export function registerOptions(app: App, { suggest, log }: { readonly suggest: Suggest; readonly log: Log }): void {
  for (const field of ['cluster', 'namespace', 'pod'] as const) {
    app.options<'block_suggestion'>({ action_id: ASK_FIELDS[field].action }, async ({ body, ack }) => {
      const found = await bounded(() => suggest(typedIn(field, body)), LISTENER_MS);
      if (found.kind !== 'ok') {
        log({ event: 'no-options', field, why: found.kind === 'failed' ? String(found.error) : found.kind });
      }
      const names = found.kind === 'ok' ? found.value : [];
      const options = names.map(optionOf).filter(option => option !== null);
      await ack({ options: options.slice(0, MOST_OPTIONS) });
    });
  }
}

function typedIn(field: Typed['field'], body: BlockSuggestion): Typed {
  const payload: Payload = { ...body };
  const started = (name: 'cluster' | 'namespace'): string | null => {
    const block = listAt(payload, 'view', 'blocks').find(one => textAt(one, 'block_id') === ASK_FIELDS[name].block);
    return textAt(block, 'element', 'initial_option', 'value');
  };
  return {
    field,
    text: textAt(payload, 'value') ?? '',
    asker: askerOfInteraction(payload),
    channel: placeOf(textAt(payload, 'view', 'private_metadata') ?? '')?.channel ?? '',
    cluster: started('cluster'),
    namespace: started('namespace'),
  };
}

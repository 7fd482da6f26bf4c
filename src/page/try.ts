/** What a payload's alerts would ask, in words for a terminal. */
import { visibleLine } from '../render/escape.ts';
import type { PageSource, PagingSettings } from '../settings/paging.ts';
import type { Settings } from '../settings/settings.ts';
import type { Alert } from './alert.ts';
import { type Mapping, mapAlert } from './map-alert.ts';
import { READERS, sourceOf } from './sources.ts';

/** `isMapped` false: an alert that a rule is for is no whole question. */
export type Tried = { readonly text: string; readonly isMapped: boolean };

/** Tells of each alert what it would ask and where, or why it would not. Nothing is asked. `source` null: seen from the payload. */
export function tryPayload(
  payload: unknown,
  settings: Pick<Settings, 'clusters' | 'channels'> & { readonly paging: PagingSettings },
  source: PageSource | null,
): Tried {
  const from = source ?? sourceOf(payload);
  if (from === null)
    return said(['It is the payload of no source that is known; --source says which it is meant to be.'], false);
  const reading = READERS[from](payload);
  switch (reading.kind) {
    case 'faulty':
      return said([`${from}: not read, because ${reading.why}.`], false);
    case 'confirmation':
      return said([`${from}: a request to confirm the subscription of ${reading.topic}.`], true);
    case 'alerts': {
      const mappings = reading.alerts.map(alert => ({ alert, mapping: mapAlert(alert, settings.paging, settings) }));
      const causes = new Set(mappings.flatMap(({ mapping }) => (mapping.kind === 'ask' ? [mapping.cause] : [])));
      const lines = mappings.flatMap(({ alert, mapping }) => linesOf(alert, mapping));
      const sum = `${from}: ${reading.alerts.length} alerts, ${causes.size} distinct questions.`;
      return said(
        [sum, ...lines],
        mappings.every(({ mapping }) => mapping.kind !== 'unmapped'),
      );
    }
    default:
      return reading satisfies never;
  }
}

function linesOf({ title, state, incident }: Alert, mapping: Mapping): readonly string[] {
  const head = `${state}: ${title || incident.key}`;
  switch (mapping.kind) {
    case 'ask': {
      const { pod, host, namespace, cluster } = mapping.asked;
      const command = `/egress ${pod} ${host}${namespace === null ? '' : ` -n ${namespace}`} --cluster ${cluster}`;
      return [head, `  asks: ${command}`, `  in: ${mapping.channel}`, `  rule: ${mapping.rule}`];
    }
    case 'unmapped':
      return [head, `  cannot ask: ${mapping.why}`, `  do: ${mapping.remedy}`];
    case 'other':
      return [head, `  asks nothing: ${mapping.why}`];
    default:
      return mapping satisfies never;
  }
}

/** What a payload says is hostile text, each line of it. */
function said(lines: readonly string[], isMapped: boolean): Tried {
  const shown = lines.map(line => `${/^ */.exec(line)?.[0] ?? ''}${visibleLine(line)}\n`);
  return { text: shown.join(''), isMapped };
}

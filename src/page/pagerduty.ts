/**
 * PagerDuty's webhooks v3 -> alerts. A message holds one event of one incident.
 * https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/01-Overview.md
 */
import type { Alert, AlertReading } from './alert.ts';
import { entriesOf, type Fields, fieldsAt, isFields, joinedText, textAt, titleOf } from './fields.ts';

/** Events that begin or end an incident; all others (a note, an escalation) change nothing for the network. */
const STATES: Readonly<Record<string, Alert['state']>> = {
  'incident.triggered': 'firing',
  'incident.reopened': 'firing',
  'incident.resolved': 'resolved',
};

/**
 * Reads one message. The incident's title is all that PagerDuty says of its alert; what else it knows (urgency, priority,
 * number) become labels, and a conference bridge an annotation, since incident tools put the link to their channel there.
 */
export function readPagerDuty(payload: unknown): AlertReading {
  const event = fieldsAt(payload, 'event');
  const type = textAt(event, 'event_type');
  if (type === null) return { kind: 'faulty', why: 'there is no event.event_type: it is no webhook of version 3' };
  const state = Object.hasOwn(STATES, type) ? STATES[type] : undefined;
  if (state === undefined) return { kind: 'alerts', alerts: [] };
  const incident = fieldsAt(event, 'data');
  const id = textAt(incident, 'id');
  if (id === null) return { kind: 'faulty', why: `${type} has no event.data.id` };
  return { kind: 'alerts', alerts: [alertOf(incident, { id, state, turn: turnOf(event, type) })] };
}

type Known = { readonly id: string; readonly state: Alert['state']; readonly turn: string };

/** An incident that was opened again is asked about again. */
function turnOf(event: Fields, type: string): string {
  return type === 'incident.reopened' ? (textAt(event, 'id') ?? textAt(event, 'occurred_at') ?? 'again') : 'first';
}

function alertOf(incident: Fields, { id, state, turn }: Known): Alert {
  const title = titleOf(textAt(incident, 'title', 1000) ?? textAt(incident, 'summary', 1000) ?? '');
  const service = textAt(fieldsAt(incident, 'service'), 'summary');
  const priority = textAt(fieldsAt(incident, 'priority'), 'summary');
  const bridge = fieldsAt(incident, 'conference_bridge');
  return {
    incident: {
      source: 'pagerduty',
      id: `pagerduty:${id}:${turn}`,
      key: id,
      origin: textAt(incident, 'incident_key', 255),
      url: textAt(incident, 'html_url'),
    },
    state,
    title,
    text: joinedText([title]),
    labels: entriesOf({
      ...pick(incident, ['urgency', 'number', 'status']),
      ...(priority === null ? {} : { priority }),
      ...(service === null ? {} : { service }),
    }),
    annotations: entriesOf(isFields(bridge) ? pick(bridge, ['conference_url', 'conference_number']) : {}),
    service,
    startedAt: textAt(incident, 'created_at'),
    leftOut: 0,
  };
}

function pick(fields: Fields, names: readonly string[]): Fields {
  return Object.fromEntries(names.flatMap(name => (Object.hasOwn(fields, name) ? [[name, fields[name]]] : [])));
}

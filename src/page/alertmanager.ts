/**
 * Alertmanager's webhook, version "4", and Grafana's superset of it -> alerts. One message holds the alerts of one group.
 * https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
import type { PageSource } from '../settings/paging.ts';
import type { Alert, AlertReading } from './alert.ts';
import { entriesOf, type Fields, fieldsAt, isFields, joinedText, listAt, textAt, titleOf } from './fields.ts';

/** Of a message: group_by with few labels makes long ones; the rest is counted as left out. */
const MOST_ALERTS = 2000;

/** Reads one message of Alertmanager. Version "4" is the only one there is since 0.4. */
export function readAlertmanager(payload: unknown): AlertReading {
  const version = textAt(payload, 'version');
  if (version !== '4') return { kind: 'faulty', why: 'its version is not "4": it is no webhook of Alertmanager' };
  return readGroup(payload, 'alertmanager', () => ({ title: null, text: [], url: null }));
}

/** What a source says of one alert beyond Alertmanager's fields. */
export type Extras = {
  readonly title: string | null;
  readonly text: readonly (string | null)[];
  readonly url: string | null;
};

/** Reads the alerts of a group; `extras` adds what a superset has. */
export function readGroup(payload: unknown, source: PageSource, extras: (alert: Fields) => Extras): AlertReading {
  if (!isFields(payload) || !Array.isArray(payload.alerts)) return { kind: 'faulty', why: 'it has no list of alerts' };
  const all = listAt(payload, 'alerts').filter(isFields);
  const truncated = payload.truncatedAlerts;
  const leftOut =
    (typeof truncated === 'number' && Number.isInteger(truncated) && truncated > 0 ? truncated : 0) +
    Math.max(0, all.length - MOST_ALERTS);
  const alerts = all
    .slice(0, MOST_ALERTS)
    .map(alert => alertOf(alert, { payload, source, leftOut, extras: extras(alert) }));
  return { kind: 'alerts', alerts };
}

type Group = {
  readonly payload: Fields;
  readonly source: PageSource;
  readonly leftOut: number;
  readonly extras: Extras;
};

function alertOf(alert: Fields, { payload, source, leftOut, extras }: Group): Alert {
  const labels = entriesOf({ ...fieldsAt(payload, 'commonLabels'), ...fieldsAt(alert, 'labels') });
  const annotations = entriesOf({ ...fieldsAt(payload, 'commonAnnotations'), ...fieldsAt(alert, 'annotations') });
  const own = (entries: typeof labels, name: string) => (Object.hasOwn(entries, name) ? (entries[name] ?? null) : null);
  const name = own(labels, 'alertname');
  const summary = own(annotations, 'summary');
  const title = titleOf(summary ?? extras.title ?? name ?? '');
  const startedAt = textAt(alert, 'startsAt');
  const fingerprint = textAt(alert, 'fingerprint', 100) ?? labelText(labels);
  return {
    incident: {
      source,
      // With its start: an alert that ends and fires again is another one, while repetitions of it are the same.
      id: `${source}:${fingerprint}:${startedAt ?? ''}`,
      key: fingerprint,
      origin: textAt(payload, 'groupKey', 2000),
      url: textAt(alert, 'generatorURL') ?? extras.url ?? textAt(payload, 'externalURL'),
    },
    state: textAt(alert, 'status') === 'resolved' ? 'resolved' : 'firing',
    title,
    text: joinedText([title, name, own(annotations, 'description'), own(annotations, 'message'), ...extras.text]),
    labels,
    annotations,
    service: own(labels, 'service') ?? own(labels, 'job'),
    startedAt,
    leftOut,
  };
}

/** Alertmanager before 0.19 sent no fingerprint; it is a hash of the labels, so they serve. */
function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

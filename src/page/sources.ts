/** The readers of all sources, and which source a payload is of when nobody says. */
import type { PageSource } from '../settings/paging.ts';
import type { AlertReading } from './alert.ts';
import { readAlertmanager } from './alertmanager.ts';
import { fieldsAt, isFields, textAt } from './fields.ts';
import { readGrafana } from './grafana.ts';
import { readPagerDuty } from './pagerduty.ts';
import { readSns, type SnsReading } from './sns.ts';

/** One reader for each source. None throws, whatever the payload. */
export const READERS: Readonly<Record<PageSource, (payload: unknown) => AlertReading | SnsReading>> = {
  pagerduty: readPagerDuty,
  alertmanager: readAlertmanager,
  grafana: readGrafana,
  sns: readSns,
};

/** The source whose marks a payload has; null: none of them. */
export function sourceOf(payload: unknown): PageSource | null {
  if (!isFields(payload)) return null;
  if (textAt(fieldsAt(payload, 'event'), 'event_type') !== null) return 'pagerduty';
  if (textAt(payload, 'TopicArn') !== null) return 'sns';
  if (typeof payload.orgId === 'number') return 'grafana';
  return textAt(payload, 'version') === '4' ? 'alertmanager' : null;
}

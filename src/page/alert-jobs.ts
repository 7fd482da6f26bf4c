/** Alerts -> jobs: those about one cause are one job, so that a storm is as many jobs as it has causes. */
import { createHash } from 'node:crypto';
import type { Envelope } from '../queue/job.ts';
import type { PageSource, PagingSettings } from '../settings/paging.ts';
import type { Settings } from '../settings/settings.ts';
import type { Alert, AlertJob } from './alert.ts';
import { mapAlert } from './map-alert.ts';

/** The settings of somebody who has a pager. */
export type PageSettings = Pick<Settings, 'clusters' | 'channels'> & { readonly paging: PagingSettings };

/** Of one job: with it the job stays below the 256 kB of a queue. */
const MOST_ALIKE = 100;

/** What the envelopes take from the request. `deliveryId`: the sender's own id of it, the same when it repeats it; null: none. */
export type Sent = { readonly source: PageSource; readonly deliveryId: string | null; readonly at: string };

/**
 * Makes the envelopes. Their ids come from what the alerts are, so a sender that repeats itself makes the same ones. Alerts
 * that are no questions are one job together: it writes them down.
 */
export function alertEnvelopes(alerts: readonly Alert[], settings: PageSettings, sent: Sent): readonly Envelope[] {
  const groups = Map.groupBy(alerts, alert => groupOf(alert, settings));
  const jobs = [...groups.values()].flatMap(chunksOf);
  return jobs.map((job, index) => ({
    id: `page:${sent.deliveryId === null ? digestOf(job) : digest([sent.source, sent.deliveryId, index])}`,
    job: { kind: 'alert', alert: { ...job } },
    group: `page:${sent.source}`,
    at: sent.at,
  }));
}

function groupOf(alert: Alert, { paging, ...settings }: PageSettings): string {
  const mapping = mapAlert(alert, paging, settings);
  switch (mapping.kind) {
    case 'ask':
      return JSON.stringify([alert.state, mapping.channel, mapping.cause]);
    case 'unmapped':
      return JSON.stringify([alert.state, mapping.channel, mapping.why]);
    case 'other':
      return mapping.why;
    default:
      return mapping satisfies never;
  }
}

function chunksOf(alerts: readonly Alert[]): readonly AlertJob[] {
  const unique = [...new Map(alerts.map(alert => [alert.incident.id, alert])).values()];
  const jobs: AlertJob[] = [];
  for (let start = 0; start < unique.length; start += MOST_ALIKE) {
    const [alert, ...others] = unique.slice(start, start + MOST_ALIKE);
    if (alert !== undefined) jobs.push({ alert, alike: others.map(({ incident }) => incident) });
  }
  return jobs;
}

function digestOf({ alert, alike }: AlertJob): string {
  return digest([alert.state, alert.incident.id, ...alike.map(({ id }) => id)]);
}

function digest(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

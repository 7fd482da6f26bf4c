/** An alert, whichever tool sent it: what its reader understood, as plain JSON, cut to sizes that a queue carries. */
import type { PageSource } from '../settings/paging.ts';

/** What a person looks at in their tool, and what an answer is written into. */
export type Incident = {
  readonly source: PageSource;
  /** The same whenever the source repeats this alert; another one when it begins anew. */
  readonly id: string;
  /** The tool's own name of it: PagerDuty's incident id, a fingerprint, the ARN of an alarm. */
  readonly key: string;
  /** PagerDuty's incident_key, Alertmanager's groupKey: what a tool behind it derives its own key from; null: none. */
  readonly origin: string | null;
  readonly url: string | null;
};

/** One alert. */
export type Alert = {
  readonly incident: Incident;
  readonly state: 'firing' | 'resolved';
  readonly title: string;
  /** Everything that it says in words, title included. */
  readonly text: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly service: string | null;
  /** As the source wrote it; null: it did not say. */
  readonly startedAt: string | null;
  /** Alerts of the same group that the source left out of its message. */
  readonly leftOut: number;
};

/** What a payload holds. `alerts` may be empty: a ping, a note that somebody wrote. `faulty`: it is none of this source. */
export type AlertReading =
  | { readonly kind: 'alerts'; readonly alerts: readonly Alert[] }
  | { readonly kind: 'faulty'; readonly why: string };

/** An alert job: one alert in full, and others about the same cause. */
export type AlertJob = { readonly alert: Alert; readonly alike: readonly Incident[] };

/** Reads an alert job back from the queue; null: it is none. */
export function readAlertJob(job: Readonly<Record<string, unknown>>): AlertJob | null {
  const { alert, alike } = job;
  if (!isRecord(alert) || !isIncident(alert.incident) || !Array.isArray(alike) || !alike.every(isIncident)) return null;
  const { title, text, labels, annotations, state } = alert;
  const isWhole =
    typeof title === 'string' &&
    typeof text === 'string' &&
    isRecord(labels) &&
    isRecord(annotations) &&
    (state === 'firing' || state === 'resolved');
  return isWhole ? { alert: alert as unknown as Alert, alike } : null;
}

function isIncident(value: unknown): value is Incident {
  return isRecord(value) && [value.source, value.id, value.key].every(field => typeof field === 'string');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

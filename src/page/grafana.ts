/**
 * Grafana's webhook contact point -> alerts: Alertmanager's fields, with titles, links and values of its own.
 * https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
 */
import type { AlertReading } from './alert.ts';
import { readGroup } from './alertmanager.ts';
import { type Fields, isFields, textAt } from './fields.ts';

/** Reads one message. Its `version` is "1", so what tells it from others is its `orgId` and the list of alerts. */
export function readGrafana(payload: unknown): AlertReading {
  if (!isFields(payload) || typeof payload.orgId !== 'number') {
    return { kind: 'faulty', why: 'it has no orgId: it is no webhook of Grafana' };
  }
  return readGroup(payload, 'grafana', alert => extrasOf(payload, alert));
}

function extrasOf(payload: Fields, alert: Fields) {
  return {
    title: textAt(payload, 'title', 1000),
    text: [textAt(alert, 'valueString')],
    url: textAt(alert, 'panelURL') ?? textAt(alert, 'dashboardURL'),
  };
}

/** Payloads as their sources' documentation shows them, and a configuration whose rules are for them. */
import { readFileSync } from 'node:fs';
import type { PagingSettings } from '../../src/settings/paging.ts';

/**
 * Of test/page-payloads: PagerDuty (github.com/PagerDuty/developer-docs, docs/webhooks/01-Overview.md), Alertmanager
 * (prometheus.io/docs/alerting/latest/configuration/#webhook_config), Grafana (grafana.com/docs/grafana/latest/alerting/
 * configure-notifications/manage-contact-points/integrations/webhook-notifier/), CloudWatch
 * (docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
 */
export function payloadOf(name: string): Record<string, unknown> {
  const file = new URL(`../page-payloads/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
}

export const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alarms';
const TEXTS = { when: { sources: [], service: null, labels: {}, text: null }, namespace: [], cluster: [], channel: [] };

export const PAGING: PagingSettings = {
  sources: {
    pagerduty: { secrets: ['PD_SECRET', 'PD_SECRET_NEXT'] },
    alertmanager: { kind: 'bearer', tokens: ['AM_TOKEN'] },
    grafana: { kind: 'basic', user: 'egress', passwords: ['GRAFANA_PASSWORD'] },
    sns: { topics: [TOPIC] },
  },
  channel: 'C0ALERTS',
  windowSeconds: 900,
  follow: false,
  others: 'log',
  rules: [
    {
      ...TEXTS,
      name: 'probe',
      when: { ...TEXTS.when, labels: { alertname: 'Egress*' } },
      find: [],
      pod: ['{labels.pod}'],
      namespace: ['{labels.namespace}'],
      host: ['{labels.target}'],
      channel: ['{annotations.slack}'],
    },
    {
      ...TEXTS,
      name: 'words',
      find: ['{pod} cannot reach {host}', '{pod} times out to {host}', 'pod={pod} host={host}'],
      when: { ...TEXTS.when, sources: ['pagerduty', 'grafana', 'sns'] },
      pod: ['{text.pod}'],
      namespace: ['default'],
      host: ['{text.host}'],
      channel: ['{annotations.conference_url}'],
    },
  ],
  targets: [],
};

/** Values of the environment variables that PAGING names. */
export const PAGE_SECRETS: Readonly<Record<string, string>> = {
  PD_SECRET: 'pagerduty-secret-one',
  PD_SECRET_NEXT: 'pagerduty-secret-two',
  AM_TOKEN: 'alertmanager-token',
  GRAFANA_PASSWORD: 'grafana-password',
  PD_TOKEN: 'pagerduty-rest-token',
  PD_ROUTING: 'r'.repeat(32),
  OPSGENIE_KEY: 'opsgenie-key',
  HOOK_SECRET: 'hook-secret',
};

/** Payload -> alerts -> questions: what each source says is read, and what is not there is never guessed. */
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/page/alert.ts';
import { mapAlert } from '../../src/page/map-alert.ts';
import { READERS, sourceOf } from '../../src/page/sources.ts';
import { matchesGlob, matchPattern, writeTemplate } from '../../src/page/template.ts';
import { tryPayload } from '../../src/page/try.ts';
import { workloadOf } from '../../src/page/workload.ts';
import { readPodRequest } from '../../src/pod-request.ts';
import type { PageSource, PagingSettings } from '../../src/settings/paging.ts';
import { PAGING, payloadOf, TOPIC } from '../fakes/paging.ts';
import { SETTINGS } from '../fakes/work.ts';

function alertsOf(source: PageSource, payload: unknown): readonly Alert[] {
  const reading = READERS[source](payload);
  if (reading.kind !== 'alerts') throw new Error(JSON.stringify(reading));
  return reading.alerts;
}

const notification = (alarm: unknown) => ({
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: TOPIC,
  Subject: 'ALARM: egress',
  Message: JSON.stringify(alarm),
  Timestamp: '2026-11-21T10:58:27.200Z',
});
const PAYLOADS: Readonly<Record<PageSource, unknown>> = {
  pagerduty: payloadOf('pagerduty-triggered'),
  alertmanager: payloadOf('alertmanager-group'),
  grafana: payloadOf('grafana-firing'),
  sns: notification(payloadOf('cloudwatch-alarm')),
};
const map = (alert: Alert, changes: Partial<PagingSettings> = {}) =>
  mapAlert(alert, { ...PAGING, ...changes }, SETTINGS);
const first = (source: PageSource): Alert => alertsOf(source, PAYLOADS[source])[0] as Alert;

describe('each source', () => {
  test.each(['pagerduty', 'alertmanager', 'grafana', 'sns'] as const)(
    '%s: its payload is known by its marks, and asks',
    source => {
      expect(sourceOf(PAYLOADS[source])).toBe(source);
      const mapping = map(first(source));
      const pod = 'firewall-restriction-pod';
      expect(mapping).toMatchObject({
        kind: 'ask',
        asked: { pod, namespace: 'default', host: 'google.com', cluster: 'prod', probe: true },
      });
    },
  );

  test('one cause has one name, whichever source tells of it', () => {
    const causes = (['pagerduty', 'alertmanager', 'grafana', 'sns'] as const).map(source => {
      const mapping = map(first(source));
      return mapping.kind === 'ask' ? mapping.cause : null;
    });
    expect(new Set(causes).size).toBe(1);
  });

  test('PagerDuty: id, link, key and service; the channel is the one of the incident’s bridge', () => {
    const alert = first('pagerduty');
    expect(alert.incident).toEqual({
      source: 'pagerduty',
      id: 'pagerduty:PGR0VU2:first',
      key: 'PGR0VU2',
      origin: 'd3640fbd41094207a1c11e58e46b1662',
      url: 'https://acme.pagerduty.com/incidents/PGR0VU2',
    });
    expect(alert).toMatchObject({
      service: 'Checkout API',
      state: 'firing',
      labels: { urgency: 'high', priority: 'P1' },
    });
    expect(map(alert)).toMatchObject({ channel: 'C0BRIDGE1' });
  });

  test.each([
    ['incident.acknowledged', []],
    ['incident.annotated', []],
    ['service.updated', []],
    ['pagey.ping', []],
    ['incident.resolved', ['resolved']],
    ['incident.reopened', ['firing']],
  ])('PagerDuty: %s comes to %j', (event_type, states) => {
    const event = { ...(payloadOf('pagerduty-triggered').event as object), event_type };
    expect(alertsOf('pagerduty', { event }).map(({ state }) => state)).toEqual(states);
  });

  test('PagerDuty: an incident that is opened again is another alert', () => {
    const event = { ...(payloadOf('pagerduty-triggered').event as object), event_type: 'incident.reopened' };
    expect(alertsOf('pagerduty', { event })[0]?.incident.id).not.toBe(first('pagerduty').incident.id);
  });

  test('Alertmanager: every alert of the group, its common labels, and how many were left out', () => {
    const alerts = alertsOf('alertmanager', PAYLOADS.alertmanager);
    expect(alerts.map(({ incident }) => incident.id)).toEqual([
      'alertmanager:1a30ba71cca2921f:2026-11-21T10:58:45.828Z',
      'alertmanager:2b30ba71cca2921f:2026-11-21T10:59:45.828Z',
    ]);
    expect(alerts.map(({ leftOut }) => leftOut)).toEqual([3, 3]);
    expect(alerts[1]?.labels).toEqual({ alertname: 'EgressProbeFailed', namespace: 'default', severity: 'critical' });
  });

  test('CloudWatch: OK resolves, INSUFFICIENT_DATA does not; dimensions are labels', () => {
    const states = ['OK', 'ALARM', 'INSUFFICIENT_DATA'].map(
      NewStateValue => alertsOf('sns', notification({ ...payloadOf('cloudwatch-alarm'), NewStateValue }))[0]?.state,
    );
    expect(states).toEqual(['resolved', 'firing', 'firing']);
    expect(first('sns').labels).toMatchObject({ Namespace: 'default', metric: 'Timeouts' });
  });

  test.each([
    ['pagerduty', {}, 'there is no event.event_type'],
    ['pagerduty', { event: { event_type: 'incident.triggered', data: {} } }, 'no event.data.id'],
    ['alertmanager', { version: '3', alerts: [] }, 'not "4"'],
    ['alertmanager', { version: '4' }, 'no list of alerts'],
    ['grafana', { alerts: [] }, 'no orgId'],
    ['sns', { Type: 'Other' }, 'none of SNS'],
  ] as const)('%s: %j is none of its payloads', (source, payload, why) => {
    expect(READERS[source](payload)).toEqual({ kind: 'faulty', why: expect.stringContaining(why) });
  });
});

describe('what cannot be asked', () => {
  test('an alert without pod and host: the rule, what it looked for, and what there is', () => {
    const [, second] = alertsOf('alertmanager', PAYLOADS.alertmanager);
    expect(map(second as Alert)).toMatchObject({
      kind: 'unmapped',
      why: 'Rule "probe" finds no pod and no host in it (looked for {labels.pod}, {labels.target}).',
      remedy: expect.stringContaining('alertname, namespace, severity'),
    });
  });

  test('no rule is for it: noted, or answered where the configuration says so', () => {
    const alert = { ...first('alertmanager'), labels: { alertname: 'DiskFull' } };
    expect(map(alert)).toEqual({ kind: 'other', why: 'No rule of the configuration is for it.' });
    expect(map(alert, { others: 'answer' })).toMatchObject({ kind: 'unmapped', rule: null, channel: 'C0ALERTS' });
  });

  test('a page of our own that comes back', () => {
    const alert = first('pagerduty');
    expect(map({ ...alert, incident: { ...alert.incident, origin: 'egress:prod:x' } })).toMatchObject({
      kind: 'other',
    });
  });

  test.each([
    [{ target: 'not a host' }, /host/],
    [{ pod: 'NOT A POD' }, /pod/i],
    [{ target: '169.254.169.254' }, /metadata|never|refuse/i],
  ])('%j is told, never tried', (labels, why) => {
    const alert = first('alertmanager');
    const mapping = map({ ...alert, labels: { ...alert.labels, ...labels } });
    expect(mapping.kind === 'unmapped' && mapping.why).toMatch(why);
  });

  test('a cluster that nobody configured', () => {
    const rules = PAGING.rules.map(rule => ({ ...rule, cluster: ['{labels.severity}'] }));
    expect(map(first('alertmanager'), { rules })).toMatchObject({
      kind: 'unmapped',
      why: expect.stringContaining('critical'),
    });
  });
});

describe('patterns', () => {
  test.each([
    ['{pod} cannot reach {host}', 'web-1 cannot reach api.example.com.', { pod: 'web-1', host: 'api.example.com' }],
    [
      'pod {pod} * {host} refused',
      'Alert: pod a-1 says: connect to db.example:5432 refused',
      { pod: 'a-1', host: 'db.example:5432' },
    ],
    [
      '{namespace}/{pod} ->  {host}',
      'shop/web\n -> [2001:db8::1]:443',
      { namespace: 'shop', pod: 'web', host: '[2001:db8::1]:443' },
    ],
    ['to {host}', 'goes to straße.example, always', { host: 'straße.example' }],
    ['{pod} cannot reach {host}', 'web-1 reaches api.example.com', null],
    ['x{pod}', 'x', null],
    ['*', '', {}],
  ])('%s in %j', (pattern, text, finds) => {
    expect(matchPattern(pattern, text)).toEqual(finds);
  });

  test.each([
    ['Egress*', 'EgressBlocked', true],
    ['Egress*', 'egress', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['ab*ba', 'aba', false],
    ['plain', 'plain', true],
    ['plain', 'plainer', false],
  ])('%s of %s is %s', (glob, text, expected) => {
    expect(matchesGlob(glob, text)).toBe(expected);
  });

  test.each([
    ['{labels.a}/{labels.b}', '1/2'],
    ['deploy/{service}', 'deploy/shop'],
    ['{labels.missing}', null],
    ['{labels.toString}', null],
    ['{text.host}', 'h.example'],
    ['plain', 'plain'],
  ])('template %s', (template, written) => {
    const sources = {
      labels: { a: '1', b: '2' },
      annotations: {},
      service: 'shop',
      title: '',
      finds: { host: 'h.example' },
    };
    expect(writeTemplate(template, sources)).toBe(written);
  });

  test.each([
    ['billing-7d9f8c6b5d-x2x4z', 'billing'],
    ['agent-x2x4z', 'agent'],
    ['db-0', 'db'],
    ['billing-pod', 'billing-pod'],
    ['firewall-proxy', 'firewall-proxy'],
    ['deploy/billing', 'billing'],
    ['app=billing', 'app=billing'],
  ])('%s is of %s', (pod, workload) => {
    const reading = readPodRequest(pod, null);
    expect(reading.kind === 'request' && workloadOf(reading.request)).toBe(workload);
  });
});

describe('egress page try', () => {
  const settings = { ...SETTINGS, paging: PAGING };

  test('says what would be asked, where and by which rule, and what cannot be', () => {
    const { text, isMapped } = tryPayload(PAYLOADS.alertmanager, settings, null);
    expect(isMapped).toBe(false);
    expect(text).toBe(
      [
        'alertmanager: 2 alerts, 1 distinct questions.',
        'firing: Egress probe fails',
        '  asks: /egress firewall-restriction-pod google.com -n default --cluster prod',
        '  in: C0ALERTS',
        '  rule: probe',
        'firing: Egress probe fails',
        '  cannot ask: Rule "probe" finds no pod and no host in it (looked for {labels.pod}, {labels.target}).',
        '  do: Add what is missing to the alert, or another way to find it to the rule; it has the labels alertname, namespace, severity, the annotations summary.',
        '',
      ].join('\n'),
    );
  });

  test('escape codes of an alert stay out of the terminal', () => {
    const event = payloadOf('pagerduty-triggered').event as { data: object };
    const { text } = tryPayload(
      { event: { ...event, data: { ...event.data, title: '\u001b[2J x cannot reach y.example' } } },
      settings,
      null,
    );
    expect(text).not.toContain('\u001b');
  });

  test('a payload of nobody', () => {
    expect(tryPayload([1], settings, null)).toMatchObject({
      isMapped: false,
      text: expect.stringContaining('no source'),
    });
    expect(tryPayload({}, settings, 'grafana')).toMatchObject({ text: expect.stringContaining('not read, because') });
  });
});

/** The targets: every size below its tool's limit, every call paced, tried again only where that helps. */
import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { pageSecrets } from '../../src/cloud/page-secrets.ts';
import type { Incident } from '../../src/page/alert.ts';
import { secretsOf } from '../../src/page/authenticate.ts';
import { faultsOfSecrets, openTargets } from '../../src/page/open-targets.ts';
import type { Page, Target } from '../../src/page/target.ts';
import type { PagingSettings, TargetSettings } from '../../src/settings/paging.ts';
import { type FakePagerDuty, startPagerDuty } from '../fakes/pagerduty.ts';
import { PAGE_SECRETS, PAGING } from '../fakes/paging.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const START_MS = Date.parse('2026-11-21T11:00:00Z');
const PAGE: Page = {
  key: 'egress:prod/payments/billing/https://api.stripe.com:443/',
  summary: 'denied-by-policy: pod payments/billing cannot reach api.stripe.com:443.',
  source: 'prod/payments/billing',
  details: { verdict: 'denied-by-policy' },
  link: 'https://example.slack.com/archives/C0/p1',
  at: '2026-11-21T11:00:00.000Z',
};
const LONG = '\u{1f525}x'.repeat(5000);
const HUGE: Page = {
  ...PAGE,
  key: LONG,
  summary: LONG,
  source: LONG,
  details: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`d${index}`, LONG])),
};
const INCIDENT: Incident = { source: 'pagerduty', id: 'i', key: 'P1', origin: null, url: null };

type Request = {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  readonly text: string;
};

/** A target whose requests are kept, and answered with these statuses, then 202. */
function targetOf(settings: TargetSettings, statuses: number[] = []) {
  let nowMs = START_MS;
  const requests: Request[] = [];
  const waited: number[] = [];
  const paging: PagingSettings = { ...PAGING, targets: [settings] };
  const [target] = openTargets(paging, secretsOf(PAGE_SECRETS), {
    fetch: async (url, init) => {
      const text = String(init?.body);
      requests.push({ url: String(url), headers: new Headers(init?.headers), body: JSON.parse(text), text });
      return new Response('no', { status: statuses.shift() ?? 202, headers: { 'retry-after': '7' } });
    },
    now: () => nowMs,
    wait: async ms => {
      waited.push(ms);
      nowMs += ms;
    },
    random: () => 0.5,
  });
  return { target: target as Target, requests, waited };
}

const PAGERDUTY: TargetSettings = {
  kind: 'pagerduty',
  notes: { token: 'PD_TOKEN', from: 'egress@example.com' },
  routingKey: 'PD_ROUTING',
  apiUrl: 'https://api.pagerduty.com',
  eventsUrl: 'https://events.pagerduty.com',
};
const OPSGENIE: TargetSettings = { kind: 'opsgenie', apiKey: 'OPSGENIE_KEY', apiUrl: 'https://api.eu.opsgenie.com' };
const WEBHOOK: TargetSettings = { kind: 'webhook', url: 'https://hooks.example.com/egress', secret: 'HOOK_SECRET' };

describe('PagerDuty', () => {
  async function local(
    eventsPerMinute?: number,
  ): Promise<{ pagerDuty: FakePagerDuty; target: Target; waited: number[] }> {
    const pagerDuty = await startPagerDuty({
      token: 'pagerduty-rest-token',
      routingKey: 'r'.repeat(32),
      ...(eventsPerMinute === undefined ? {} : { eventsPerMinute }),
    });
    closers.push(pagerDuty.close);
    const waited: number[] = [];
    let nowMs = START_MS;
    const wait = async (ms: number): Promise<void> => {
      waited.push(ms);
      nowMs += ms;
    };
    const settings = { ...PAGERDUTY, apiUrl: pagerDuty.url, eventsUrl: pagerDuty.url };
    const [target] = openTargets({ ...PAGING, targets: [settings] }, secretsOf(PAGE_SECRETS), {
      fetch,
      now: () => nowMs,
      wait,
      random: () => 0.5,
    });
    return { pagerDuty, target: target as Target, waited };
  }

  test('trigger, acknowledge and resolve have one key; a change has none', async () => {
    const { pagerDuty, target } = await local();
    const told = [
      await target.trigger(PAGE),
      await target.acknowledge(PAGE.key),
      await target.resolve(PAGE.key),
      await target.change(PAGE),
    ];
    expect(told).toEqual(Array.from({ length: 4 }, () => ({ kind: 'sent' })));
    expect(pagerDuty.events.map(({ body }) => [body.event_action, body.dedup_key])).toEqual(
      ['trigger', 'acknowledge', 'resolve'].map(action => [action, PAGE.key]),
    );
    expect(pagerDuty.changes.map(({ body }) => body.payload)).toMatchObject([
      { summary: PAGE.summary, custom_details: PAGE.details },
    ]);
    expect(pagerDuty.events[0]?.body.links).toEqual([{ href: PAGE.link, text: 'The thread in Slack' }]);
  });

  test('whatever is told fits, and two long keys that differ at their ends stay two', async () => {
    const { pagerDuty, target } = await local();
    expect(await target.trigger(HUGE)).toEqual({ kind: 'sent' });
    expect(await target.change(HUGE)).toEqual({ kind: 'sent' });
    expect(await target.note(INCIDENT, LONG)).toEqual({ kind: 'sent' });
    await target.acknowledge(`${LONG}a`);
    await target.acknowledge(`${LONG}b`);
    await target.resolve(`${LONG}b`);
    const [, , a, b] = [null, ...pagerDuty.events.map(({ body }) => body.dedup_key)];
    expect(a).not.toBe(b);
    expect(pagerDuty.events.at(-1)?.body.dedup_key).toBe(b);
  });

  test('more events in a minute than it takes wait for their turn: none is refused', async () => {
    const { pagerDuty, target, waited } = await local(250);
    for (let count = 0; count < 201; count += 1) await target.resolve(`k${count}`);
    expect(pagerDuty.answers.every(({ status }) => status === 202)).toBe(true);
    expect(waited.reduce((sum, ms) => sum + ms, 0)).toBe(120_000);
  });

  test('an incident of another tool, or a key that is not there: it has no place for it', async () => {
    expect(await targetOf(PAGERDUTY).target.note({ ...INCIDENT, source: 'grafana' }, 'x')).toEqual({ kind: 'not-its' });
    const { target, requests } = targetOf({ ...PAGERDUTY, notes: null, routingKey: null } as TargetSettings);
    expect(target.canPage).toBe(false);
    expect([await target.note(INCIDENT, 'x'), await target.trigger(PAGE)]).toEqual([
      { kind: 'not-its' },
      { kind: 'not-its' },
    ]);
    expect(requests).toEqual([]);
  });
});

describe('trying again', () => {
  test.each([
    [[429], 2],
    [[500, 502, 503], 4],
    [[429, 429, 429, 429, 429], 5],
  ])('%j is tried %i times', async (statuses, attempts) => {
    const { target, requests, waited } = targetOf(WEBHOOK, [...statuses]);
    const told = await target.trigger(PAGE).catch((error: Error) => error.message);
    expect(requests.length).toBe(attempts);
    expect(told).toEqual(attempts === 5 ? 'hooks.example.com did not take it: 429 no' : { kind: 'sent' });
    expect(waited).toEqual(Array.from({ length: Math.min(4, statuses.length) }, () => 7000));
  });

  test.each([400, 401, 403, 404, 410])('%i never is', async status => {
    const { target, requests } = targetOf(WEBHOOK, [status]);
    expect(await target.trigger(PAGE)).toEqual({ kind: 'refused', why: `${status} no` });
    expect(requests.length).toBe(1);
  });
});

describe('Opsgenie', () => {
  test('an alert by its alias, closed by the same; sizes fit', async () => {
    const { target, requests } = targetOf(OPSGENIE);
    await target.trigger(HUGE);
    await target.resolve(PAGE.key);
    const [created, closed] = requests;
    expect(created?.url).toBe('https://api.eu.opsgenie.com/v2/alerts');
    expect(created?.headers.get('authorization')).toBe('GenieKey opsgenie-key');
    expect(String(created?.body.message).length).toBeLessThanOrEqual(130);
    expect(String(created?.body.alias).length).toBeLessThanOrEqual(512);
    expect(String(created?.body.description).length).toBeLessThanOrEqual(15_000);
    expect(closed?.url).toBe(
      `https://api.eu.opsgenie.com/v2/alerts/${encodeURIComponent(PAGE.key)}/close?identifierType=alias`,
    );
  });

  test('a note goes to the alert that Alertmanager made of the group', async () => {
    const { target, requests } = targetOf(OPSGENIE);
    await target.note({ ...INCIDENT, source: 'alertmanager', origin: '{}:{alertname="x"}' }, 'text');
    expect(requests[0]?.url).toMatch(/\/v2\/alerts\/[0-9a-f]{64}\/notes\?identifierType=alias$/);
    expect(await target.note(INCIDENT, 'text')).toEqual({ kind: 'not-its' });
    expect(await target.change(PAGE)).toEqual({ kind: 'not-its' });
  });
});

test('a webhook can be checked by whoever receives it: its time and its body are signed', async () => {
  const { target, requests } = targetOf(WEBHOOK);
  await target.note(INCIDENT, 'café');
  await target.trigger(PAGE);
  for (const { headers, text } of requests) {
    const timestamp = headers.get('x-egress-timestamp') ?? '';
    expect(timestamp).toBe(String(START_MS / 1000));
    const expected = createHmac('sha256', 'hook-secret').update(`${timestamp}.${text}`).digest('hex');
    expect(headers.get('x-egress-signature')).toBe(`v1=${expected}`);
  }
  expect(requests.map(({ body }) => body.kind)).toEqual(['note', 'trigger']);
});

test('secrets that are not set are told all at once, by name', () => {
  const paging = { ...PAGING, targets: [PAGERDUTY, OPSGENIE, WEBHOOK] };
  expect(faultsOfSecrets(paging, secretsOf(PAGE_SECRETS))).toEqual([]);
  const told = faultsOfSecrets(paging, secretsOf({ PD_SECRET: 'x', AM_TOKEN: '' })).map(({ what }) => what);
  expect(told).toEqual(
    ['PD_SECRET_NEXT', 'AM_TOKEN', 'GRAFANA_PASSWORD', 'PD_TOKEN', 'PD_ROUTING', 'OPSGENIE_KEY', 'HOOK_SECRET'].map(
      name => `The variable ${name} is not set.`,
    ),
  );
});

test.each([
  ['{"botToken":"xoxb-1","PD_TOKEN":"kept"}', 'kept'],
  ['{"PD_TOKEN":""}', 'of the environment'],
  ['{"PD_TOKEN":7}', 'of the environment'],
  ['no JSON', 'of the environment'],
  ['[]', 'of the environment'],
])('in AWS they are kept beside those of Slack: %s', async (text, value) => {
  const secretOf = await pageSecrets('egress/prod/slack', async () => text, { PD_TOKEN: 'of the environment' });
  expect([secretOf('PD_TOKEN'), secretOf('NOT_SET')]).toEqual([value, null]);
});

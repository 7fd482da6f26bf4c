/** Whatever JSON arrives: readers say what it is, and never throw; what they read stays small enough for a queue. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapAlert } from '../../src/page/map-alert.ts';
import { READERS } from '../../src/page/sources.ts';
import { matchPattern } from '../../src/page/template.ts';
import type { PageSource } from '../../src/settings/paging.ts';
import { PAGING, payloadOf, TOPIC } from '../fakes/paging.ts';
import { SETTINGS } from '../fakes/work.ts';

const SEEDS: Readonly<Record<PageSource, unknown>> = {
  pagerduty: payloadOf('pagerduty-triggered'),
  alertmanager: payloadOf('alertmanager-group'),
  grafana: payloadOf('grafana-firing'),
  sns: {
    Type: 'Notification',
    TopicArn: TOPIC,
    MessageId: 'm',
    Message: JSON.stringify(payloadOf('cloudwatch-alarm')),
  },
};

/** The value with the part at a place of it, counted in reading order, replaced. */
function replaced(value: unknown, place: { left: number }, part: unknown): unknown {
  place.left -= 1;
  if (place.left === 0) return part;
  if (Array.isArray(value)) return value.map(item => replaced(item, place, part));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, place, part)]));
}

const sources = Object.keys(SEEDS) as PageSource[];
const payload = fc.oneof(
  fc.tuple(fc.constantFrom(...sources), fc.jsonValue()),
  fc
    .tuple(
      fc.constantFrom(...sources),
      fc.integer({ min: 1, max: 60 }),
      fc.oneof(fc.jsonValue(), fc.string({ maxLength: 9000 })),
    )
    .map(([source, left, part]) => [source, replaced(SEEDS[source], { left }, part)] as const),
);

test('readers take any JSON, and so does the mapping of what they read', () => {
  fc.assert(
    fc.property(payload, ([source, json]) => {
      const reading = READERS[source](json);
      if (reading.kind !== 'alerts') return;
      for (const alert of reading.alerts) {
        expect(JSON.stringify(alert).length).toBeLessThan(150_000);
        expect(['ask', 'unmapped', 'other']).toContain(mapAlert(alert, { ...PAGING, others: 'answer' }, SETTINGS).kind);
      }
    }),
    { numRuns: 2000 },
  );
});

test('what a pattern finds stands in the text, in its order', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]$/);
  fc.assert(
    fc.property(word, word, fc.string({ maxLength: 50 }), (pod, host, around) => {
      const text = `${around} <${pod}> cannot reach <${host}>`;
      const finds = matchPattern('<{pod}> cannot reach <{host}>', text);
      expect(finds).toEqual({ pod, host });
    }),
  );
});

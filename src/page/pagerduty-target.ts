/** PagerDuty as a target: notes by its REST API, pages and changes by Events v2. */
import { cutPlain } from '../render/slack/cut.ts';
import type { TargetSettings } from '../settings/paging.ts';
import type { SecretOf } from './authenticate.ts';
import { type CallPorts, caller } from './call.ts';
import { detailsOf, keyOf } from './limits.ts';
import type { Page, Target, Told } from './target.ts';

/** What its documentation allows, and a little less a minute, since others use the same key. */
const REST_PER_MINUTE = 900;
const EVENTS_PER_MINUTE = 100;
/** No limit is documented; more is not read in the night. */
const NOTE_CHARACTERS = 2000;
/** https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/02-Trigger-Events.md */
const SUMMARY_CHARACTERS = 1024;
const SOURCE_CHARACTERS = 255;

/** Makes it. Without `notes` or `routingKey` it has no place for the one or the other. */
export function pagerDutyTarget(
  settings: Extract<TargetSettings, { kind: 'pagerduty' }>,
  secretOf: SecretOf,
  ports: CallPorts,
): Target {
  const { notes, apiUrl, eventsUrl } = settings;
  const rest = caller(REST_PER_MINUTE, ports);
  const events = caller(EVENTS_PER_MINUTE, ports);
  const routingKey = settings.routingKey === null ? null : secretOf(settings.routingKey);
  const enqueue = async (path: string, event: object): Promise<Told> =>
    routingKey === null
      ? { kind: 'not-its' }
      : events({
          url: `${eventsUrl}${path}`,
          headers: {},
          body: JSON.stringify({ routing_key: routingKey, ...event }),
        });
  return {
    kind: 'pagerduty',
    canPage: routingKey !== null,
    note: async ({ source, key }, text) => {
      const token = notes === null ? null : secretOf(notes.token);
      if (notes === null || token === null || source !== 'pagerduty') return { kind: 'not-its' };
      return rest({
        // https://github.com/PagerDuty/developer-docs/blob/main/docs/REST-API/02-Authentication.md
        url: `${apiUrl}/incidents/${encodeURIComponent(key)}/notes`,
        headers: {
          authorization: `Token token=${token}`,
          accept: 'application/vnd.pagerduty+json;version=2',
          from: notes.from,
        },
        body: JSON.stringify({ note: { content: cutPlain(text, NOTE_CHARACTERS) } }),
      });
    },
    trigger: page =>
      enqueue('/v2/enqueue', {
        event_action: 'trigger',
        dedup_key: keyOf(page.key),
        client: 'egress',
        payload: { ...payloadOf(page), severity: 'error', class: 'egress' },
        links: linksOf(page.link),
      }),
    acknowledge: key => enqueue('/v2/enqueue', { event_action: 'acknowledge', dedup_key: keyOf(key) }),
    resolve: key => enqueue('/v2/enqueue', { event_action: 'resolve', dedup_key: keyOf(key) }),
    change: change => enqueue('/v2/change/enqueue', { payload: payloadOf(change), links: linksOf(change.link) }),
  };
}

function payloadOf({ summary, source, at, details }: Omit<Page, 'key'>) {
  return {
    summary: cutPlain(summary, SUMMARY_CHARACTERS),
    source: cutPlain(source, SOURCE_CHARACTERS),
    timestamp: at,
    custom_details: detailsOf(details),
  };
}

function linksOf(link: string | null) {
  return link === null ? [] : [{ href: link, text: 'The thread in Slack' }];
}

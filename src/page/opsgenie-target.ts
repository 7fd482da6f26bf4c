/** Opsgenie as a target. https://docs.opsgenie.com/docs/alert-api */
import { createHash } from 'node:crypto';
import { cutPlain } from '../render/slack/cut.ts';
import type { TargetSettings } from '../settings/paging.ts';
import type { Incident } from './alert.ts';
import type { SecretOf } from './authenticate.ts';
import { type CallPorts, caller } from './call.ts';
import { detailsOf, keyOf } from './limits.ts';
import type { Target, Told } from './target.ts';

/** Its limits depend on the plan; this is below all of them. https://docs.opsgenie.com/docs/api-rate-limiting */
const PER_MINUTE = 60;
/** https://docs.opsgenie.com/docs/alerts-and-alert-fields */
const MESSAGE_CHARACTERS = 130;
const NOTE_CHARACTERS = 2000;

/** Makes it. It has no changes. */
export function opsgenieTarget(
  { apiKey, apiUrl }: Extract<TargetSettings, { kind: 'opsgenie' }>,
  secretOf: SecretOf,
  ports: CallPorts,
): Target {
  const calling = caller(PER_MINUTE, ports);
  const headers = { authorization: `GenieKey ${secretOf(apiKey) ?? ''}` };
  const post = (path: string, body: object): Promise<Told> =>
    calling({ url: `${apiUrl}/v2/alerts${path}`, headers, body: JSON.stringify({ source: 'egress', ...body }) });
  const act = (alias: string, action: string, body: object): Promise<Told> =>
    post(`/${encodeURIComponent(alias)}/${action}?identifierType=alias`, body);
  return {
    kind: 'opsgenie',
    canPage: true,
    note: async (incident, text) => {
      const alias = aliasOf(incident);
      return alias === null ? { kind: 'not-its' } : act(alias, 'notes', { note: cutPlain(text, NOTE_CHARACTERS) });
    },
    trigger: ({ key, summary, details, link, source }) =>
      post('', {
        alias: keyOf(key),
        message: cutPlain(summary, MESSAGE_CHARACTERS),
        description: cutPlain(link === null ? summary : `${summary}\n${link}`, NOTE_CHARACTERS),
        details: detailsOf(details),
        entity: cutPlain(source, 255),
      }),
    acknowledge: key => act(keyOf(key), 'acknowledge', {}),
    resolve: key => act(keyOf(key), 'close', {}),
    change: async () => ({ kind: 'not-its' }),
  };
}

/**
 * The alias under which Alertmanager itself sends a group to Opsgenie: the SHA-256 of its key.
 * https://github.com/prometheus/alertmanager/blob/main/notify/opsgenie/opsgenie.go
 */
function aliasOf({ source, origin }: Incident): string | null {
  return source === 'alertmanager' && origin !== null ? createHash('sha256').update(origin).digest('hex') : null;
}

/** Any other tool as a target: a signed POST for everything that is told. */
import { createHmac } from 'node:crypto';
import type { TargetSettings } from '../settings/paging.ts';
import type { SecretOf } from './authenticate.ts';
import { type CallPorts, caller } from './call.ts';
import { detailsOf, keyOf } from './limits.ts';
import type { Target, Told } from './target.ts';

const PER_MINUTE = 300;

/**
 * Makes it. `X-Egress-Signature: v1=HEX` is the HMAC-SHA256 of `TIMESTAMP.BODY` with the secret, TIMESTAMP being that of
 * `X-Egress-Timestamp` (seconds since 1970), so that whoever receives it can refuse what was sent before.
 */
export function webhookTarget(
  { url, secret }: Extract<TargetSettings, { kind: 'webhook' }>,
  secretOf: SecretOf,
  ports: CallPorts,
): Target {
  const calling = caller(PER_MINUTE, ports);
  const key = secretOf(secret) ?? '';
  const post = (kind: string, what: object): Promise<Told> => {
    const body = JSON.stringify({ version: 1, kind, ...what });
    const timestamp = String(Math.floor(ports.now() / 1000));
    const signature = createHmac('sha256', key).update(`${timestamp}.${body}`).digest('hex');
    return calling({
      url,
      headers: { 'x-egress-timestamp': timestamp, 'x-egress-signature': `v1=${signature}` },
      body,
    });
  };
  return {
    kind: 'webhook',
    canPage: true,
    note: (incident, text) => post('note', { incident, text }),
    trigger: page => post('trigger', { ...page, key: keyOf(page.key), details: detailsOf(page.details) }),
    acknowledge: of => post('acknowledge', { key: keyOf(of) }),
    resolve: of => post('resolve', { key: keyOf(of) }),
    change: change => post('change', { ...change, details: detailsOf(change.details) }),
  };
}

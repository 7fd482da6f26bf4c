import { afterEach, describe, expect, test } from 'vitest';
import { signatureOf } from '../../src/local-slack/delivery.ts';
import { ADA, CHANNEL, type SlackBench, slackBench } from '../fakes/slack-app.ts';

const benches: SlackBench[] = [];

afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.close();
});

async function bench(options: Parameters<typeof slackBench>[0] = {}): Promise<SlackBench> {
  const made = await slackBench(options);
  benches.push(made);
  return made;
}

const FORM = 'application/x-www-form-urlencoded';
const COMMAND = new URLSearchParams({
  command: '/egress',
  text: 'billing-pod café.example',
  team_id: 'T0LOCAL',
  user_id: ADA,
  channel_id: CHANNEL,
  trigger_id: '1.2.abc',
  response_url: 'https://hooks.slack.com/commands/T/1/geheim',
}).toString();

type Altered = {
  readonly secret?: string;
  readonly ageSeconds?: number;
  readonly contentType?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Sends what Slack would send, signed now, but for what is altered. */
async function send({ slack, origin }: SlackBench, body: string, altered: Altered = {}): Promise<number> {
  const timestamp = Math.floor(Date.now() / 1000) - (altered.ageSeconds ?? 0);
  const response = await fetch(`${origin}${altered.path ?? '/slack/events'}`, {
    method: altered.method ?? 'POST',
    headers: {
      'content-type': altered.contentType ?? FORM,
      'x-slack-request-timestamp': String(timestamp),
      'x-slack-signature': signatureOf(altered.secret ?? slack.signingSecret, timestamp, body),
      ...altered.headers,
    },
    ...(altered.method === 'GET' ? {} : { body }),
  });
  await response.arrayBuffer();
  return response.status;
}

const JSON_TYPE = { contentType: 'application/json' };
const REFUSED: readonly (readonly [what: string, status: number, body: string, altered: Altered])[] = [
  ['a wrong signature', 401, COMMAND, { secret: 'f'.repeat(32) }],
  ['no signature', 401, COMMAND, { headers: { 'x-slack-signature': '' } }],
  ['a signature of another version', 401, COMMAND, { headers: { 'x-slack-signature': 'v1=abc' } }],
  ['a signature that is older than five minutes', 401, COMMAND, { ageSeconds: 301 }],
  ['a time that is none', 401, COMMAND, { headers: { 'x-slack-request-timestamp': 'soon' } }],
  ['another workspace', 401, COMMAND.replace('T0LOCAL', 'T0OTHER'), {}],
  ['a body beyond a megabyte', 413, `text=${'a'.repeat(1_000_001)}`, {}],
  ['JSON that is broken', 400, '{"type":', JSON_TYPE],
  ['JSON that is broken, in a form', 400, 'payload=%7B', {}],
  ['JSON that is null', 400, 'null', JSON_TYPE],
  ['JSON that is a list, in a form', 400, 'payload=%5B%5D', {}],
  ['an empty body', 400, '', JSON_TYPE],
  ['another path', 404, COMMAND, { path: '/' }],
  ['another method', 405, '', { method: 'GET' }],
];

test.each(REFUSED)(
  '%s is refused with %i; nothing is asked, and no secret is logged',
  async (_what, status, body, altered) => {
    const made = await bench();
    expect(await send(made, body, altered)).toBe(status);
    expect(made.sent).toEqual([]);
    const logged = JSON.stringify(made.logged);
    for (const secret of [made.slack.signingSecret, made.slack.botToken, 'geheim', 'billing-pod']) {
      expect(logged).not.toContain(secret);
    }
  },
);

describe('what is taken', () => {
  test('a signed command, with the letters of any language', async () => {
    const made = await bench();
    expect(await send(made, COMMAND)).toBe(200);
    expect(made.sent).toMatchObject([{ job: { asked: { pod: 'billing-pod', host: 'café.example' } } }]);
  });

  test('the same request again is the same job', async () => {
    const made = await bench();
    for (let count = 0; count < 3; count += 1) expect(await send(made, COMMAND)).toBe(200);
    expect(made.sent.map(({ id }) => id)).toEqual(['cmd:1.2.abc', 'cmd:1.2.abc', 'cmd:1.2.abc']);
  });

  test('a workspace of the settings beside the own one', async () => {
    const made = await bench({ teams: ['T0OTHER'] });
    expect(await send(made, COMMAND.replace('T0LOCAL', 'T0OTHER'))).toBe(200);
    expect(await send(made, COMMAND)).toBe(200);
  });

  test("Slack's own tries: the address is checked, and the certificate", async () => {
    const made = await bench();
    const challenge = JSON.stringify({ type: 'url_verification', challenge: 'abc' });
    expect(await send(made, challenge, JSON_TYPE)).toBe(200);
    expect(await send(made, challenge, { ...JSON_TYPE, secret: 'f'.repeat(32) })).toBe(401);
    expect(await send(made, 'ssl_check=1&token=x')).toBe(200);
    expect(made.sent).toEqual([]);
  });
});

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readSlackRequest, type SlackEvent } from '../../src/cloud/slack-request.ts';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const NOW_MS = 1_531_420_618_000;
const FORM = 'application/x-www-form-urlencoded';

/** A request as API Gateway hands it over, signed at `seconds`. */
function request(body: string, change: Partial<SlackEvent> = {}, seconds = NOW_MS / 1000): SlackEvent {
  const signature = createHmac('sha256', SECRET).update(`v0:${seconds}:${body}`).digest('hex');
  return {
    rawPath: '/slack/events',
    headers: {
      'content-type': FORM,
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': `v0=${signature}`,
      ...change.headers,
    },
    body: change.body ?? body,
    isBase64Encoded: change.isBase64Encoded ?? false,
  };
}

const read = (event: SlackEvent): ReturnType<typeof readSlackRequest> => readSlackRequest(event, SECRET, NOW_MS);

describe('a request of Slack', () => {
  // Slack's own example. https://docs.slack.dev/authentication/verifying-requests-from-slack
  test('with the signature of its documentation passes', () => {
    const body =
      'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
    const event = request(body);
    const documented = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';
    const seconds = 1_531_420_618;
    const headers = { ...event.headers, 'x-slack-request-timestamp': String(seconds), 'x-slack-signature': documented };
    expect(read({ ...event, headers }).kind).toBe('pass');
  });

  test.each([
    ['as it is', { isBase64Encoded: false }],
    ['in base64', { body: Buffer.from('text=caf%C3%A9&x=é').toString('base64'), isBase64Encoded: true }],
  ])('comes to Bolt decoded: %s', (_rule, change) => {
    expect(read(request('text=caf%C3%A9&x=é', change))).toMatchObject({
      kind: 'pass',
      event: { body: 'text=caf%C3%A9&x=é', isBase64Encoded: false },
    });
  });

  test.each([
    ['with a charset', { 'content-type': 'application/json; charset=utf-8' }],
    ['in capitals', { 'content-type': 'APPLICATION/JSON' }],
  ])('has a content type that Bolt knows: %s', (_rule, headers) => {
    const result = read(request('{"type":"event_callback"}', { headers }));
    expect(result).toMatchObject({ kind: 'pass', event: { headers: { 'content-type': 'application/json' } } });
  });

  test.each([
    ['five minutes old', NOW_MS / 1000 - 300, 'pass'],
    ['a second older', NOW_MS / 1000 - 301, 'refused'],
    ['five minutes ahead', NOW_MS / 1000 + 300, 'pass'],
    ['a second more ahead', NOW_MS / 1000 + 301, 'refused'],
  ])('%s: %s', (_rule, seconds, kind) => {
    expect(read(request('a=b', {}, seconds)).kind).toBe(kind);
  });

  test.each([
    ['another secret', { 'x-slack-signature': `v0=${'0'.repeat(64)}` }, 401],
    ['a time that is none', { 'x-slack-request-timestamp': 'now' }, 401],
    ['a time that was changed', { 'x-slack-request-timestamp': String(NOW_MS / 1000 + 1) }, 401],
    ['a content type that Slack never sends', { 'content-type': 'text/plain' }, 415],
  ])('with %s is refused', (_rule, headers, statusCode) => {
    expect(read(request('a=b', { headers }))).toMatchObject({ kind: 'refused', statusCode });
  });

  test('that is no UTF-8 is refused, though its bytes are signed', () => {
    const bytes = Buffer.from([0x61, 0x3d, 0xff]);
    const seconds = NOW_MS / 1000;
    const signature = createHmac('sha256', SECRET).update(`v0:${seconds}:`).update(bytes).digest('hex');
    const headers = { 'x-slack-signature': `v0=${signature}` };
    const event = request('', { body: bytes.toString('base64'), isBase64Encoded: true, headers });
    expect(read(event)).toMatchObject({ kind: 'refused', statusCode: 400 });
  });

  test('without a body is refused, and nothing of a body is in the reason', () => {
    expect(read(request(''))).toMatchObject({ kind: 'refused', statusCode: 400 });
    const told = read(request('{"token":"secret-thing"', { headers: { 'content-type': 'application/json' } }));
    expect(told).toMatchObject({ kind: 'refused', statusCode: 400 });
    expect(JSON.stringify(told)).not.toContain('secret-thing');
  });
});

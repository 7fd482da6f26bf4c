import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '@slack/bolt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SlackApi } from '../../src/slack/api.ts';
import { registerListeners } from '../../src/slack/listeners.ts';
import { slackLogger } from '../../src/slack/logger.ts';
import { botScopes, manifestOf, SCOPES_OF_EVENTS, SCOPES_OF_METHODS } from '../../src/slack/manifest.ts';
import { registerOptions } from '../../src/slack/options.ts';
import { slackApi } from '../../src/slack/web-api.ts';

const quiet = () => undefined;
const message = { text: 'x', blocks: [] };
const view = { type: 'home' as const, blocks: [] };
const modal = { type: 'modal' as const, title: { type: 'plain_text' as const, text: 'x' }, blocks: [] };
const where = { channel: 'C1', threadTs: null };
const thread = { channel: 'C1', threadTs: '1.2' };
const file = { filename: 'a.txt', title: 'a', altText: null, bytes: new Uint8Array([1]) };

/** Everything that the port can do. A new function has to be added here, or this file does not compile. */
const CALLS: Readonly<
  Record<keyof SlackApi | 'identity', (api: ReturnType<typeof slackApi>) => readonly Promise<unknown>[]>
> = {
  post: api => [api.post(where, message, null)],
  update: api => [api.update({ channel: 'C1', ts: '1.2' }, message, null)],
  ephemeral: api => [api.ephemeral({ channel: 'C1', user: 'U1', threadTs: null }, message)],
  respond: api => [api.respond('https://example.com/', message, { inChannel: true, replaceOriginal: false })],
  findMarked: api => [where, thread].map(place => api.findMarked(place, { answerId: 'a', oldestTs: null })),
  upload: api => [api.upload(where, file, '')],
  openView: api => [api.openView('t', modal)],
  publishHome: api => [api.publishHome('U1', view)],
  groupMembers: api => [api.groupMembers('S1')],
  permalink: api => [api.permalink({ channel: 'C1', ts: '1.2' })],
  identity: api => [api.identity()],
};

const called = new Set<string>();
const server = createServer((request, response) => {
  const { port } = server.address() as AddressInfo;
  const [, api, method = ''] = (request.url ?? '').split('/');
  if (api === 'api') called.add(method);
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json');
    const upload_url = `http://127.0.0.1:${port}/upload/F1`;
    response.end(
      JSON.stringify({ ok: true, ts: '1.2', upload_url, file_id: 'F1', permalink: 'x', team_id: 'T', user_id: 'U' }),
    );
  });
});

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const api = slackApi({
    token: 'xoxb-test',
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    timeoutMs: 20_000,
    patience: { totalMs: 0, now: () => 0, wait: async () => undefined },
    logger: slackLogger(quiet),
  });
  await Promise.all(Object.values(CALLS).flatMap(call => call(api)));
});

afterAll(() => new Promise(resolve => server.close(resolve)));

/** What the listeners register with an app. */
function registered() {
  const events: string[] = [];
  const commands: unknown[] = [];
  const shortcuts: unknown[] = [];
  const views: unknown[] = [];
  const app = {
    event: (name: string) => void events.push(name),
    command: (name: unknown) => void commands.push(name),
    shortcut: (constraints: unknown) => void shortcuts.push(constraints),
    view: (constraints: unknown) => void views.push(constraints),
    action: quiet,
    options: quiet,
  } as unknown as App;
  const queue = { send: async () => undefined };
  const slack = {} as Parameters<typeof registerListeners>[1]['slack'];
  registerListeners(app, { queue, slack, now: () => 0, log: quiet });
  registerOptions(app, { suggest: async () => [], log: quiet });
  return { events, commands, shortcuts, views };
}

describe('the manifest', () => {
  test('has a scope for every method that is called, and none for one that is not', () => {
    expect(called).toEqual(new Set(Object.keys(SCOPES_OF_METHODS)));
  });

  test('has every event that is listened to, and no other', () => {
    expect(new Set(registered().events)).toEqual(new Set(Object.keys(SCOPES_OF_EVENTS)));
    const { settings } = manifestOf({ kind: 'socket' }) as {
      settings: { event_subscriptions: { bot_events: string[] } };
    };
    expect(new Set(settings.event_subscriptions.bot_events)).toEqual(new Set(registered().events));
  });

  test('has the scopes of these, each once, and no other', () => {
    const wanted = [...Object.values(SCOPES_OF_METHODS), ...Object.values(SCOPES_OF_EVENTS)].flat();
    expect(new Set(botScopes())).toEqual(new Set(['commands', ...wanted]));
    expect(botScopes()).toHaveLength(new Set(botScopes()).size);
    expect(manifestOf({ kind: 'socket' })).toMatchObject({ oauth_config: { scopes: { bot: botScopes() } } });
  });

  test('has the command and the shortcut that are listened to', () => {
    const { commands, shortcuts } = registered();
    expect(manifestOf({ kind: 'socket' })).toMatchObject({
      features: {
        slash_commands: commands.map(command => ({ command })),
        shortcuts: [{ type: 'message', callback_id: (shortcuts[0] as { callback_id: string }).callback_id }],
      },
    });
    expect([commands.length, shortcuts.length]).toEqual([1, 1]);
  });

  test('over HTTP names every address, with the path of a stage kept; over a socket none', () => {
    expect(JSON.stringify(manifestOf({ kind: 'socket' }))).not.toContain('url');
    expect(manifestOf({ kind: 'http', url: 'https://egress.example/prod/' })).toMatchObject({
      features: { slash_commands: [{ url: 'https://egress.example/prod/slack/events' }] },
      settings: {
        event_subscriptions: { request_url: 'https://egress.example/prod/slack/events' },
        interactivity: {
          request_url: 'https://egress.example/prod/slack/events',
          message_menu_options_url: 'https://egress.example/prod/slack/options',
        },
        socket_mode_enabled: false,
      },
    });
  });

  test('keeps to the lengths that Slack takes', () => {
    const { display_information: about, features } = manifestOf({ kind: 'socket' }) as {
      display_information: { name: string; description: string };
      features: {
        shortcuts: { name: string; description: string }[];
        slash_commands: { usage_hint: string; description: string }[];
      };
    };
    expect(about.name.length).toBeLessThanOrEqual(35);
    expect(about.description.length).toBeLessThanOrEqual(140);
    for (const { name, description } of features.shortcuts) {
      expect(name.length).toBeLessThanOrEqual(24);
      expect(description.length).toBeLessThanOrEqual(150);
    }
    for (const { usage_hint: hint, description } of features.slash_commands) {
      expect(hint.length).toBeLessThanOrEqual(1000);
      expect(description.length).toBeLessThanOrEqual(2000);
    }
  });
});

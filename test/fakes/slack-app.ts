/** The bot's listeners in front of a local Slack: what Slack sends is really sent, and what the queue gets is kept in a list. */

import { type LocalSlack, type LocalSlackOptions, startLocalSlack } from '../../src/local-slack/start.ts';
import type { Envelope } from '../../src/queue/job.ts';
import { httpFront } from '../../src/serve/http-front.ts';
import { socketFront } from '../../src/serve/socket-front.ts';
import { createApp } from '../../src/slack/app.ts';
import { registerListeners } from '../../src/slack/listeners.ts';
import { slackLogger } from '../../src/slack/logger.ts';
import { registerOptions, type Suggest } from '../../src/slack/options.ts';
import { slackApi } from '../../src/slack/web-api.ts';

export const CHANNEL = 'C0INCIDENTS';
export const STRANGE_CHANNEL = 'C0RANDOM';
export const ADA = 'U0ADA';

type BenchOptions = {
  readonly slack?: LocalSlackOptions;
  readonly teams?: readonly string[];
  /** Whose token it is; the local Slack's where it is left out. */
  readonly ownTeam?: string;
  /** Replaces the list. */
  readonly send?: (envelope: Envelope) => Promise<void>;
  readonly suggest?: Suggest;
  readonly over?: 'http' | 'socket';
};

export type SlackBench = {
  readonly slack: LocalSlack;
  readonly sent: Envelope[];
  readonly logged: Readonly<Record<string, unknown>>[];
  /** http://127.0.0.1:PORT; empty over a socket. */
  readonly origin: string;
  readonly close: () => Promise<void>;
};

export async function slackBench(options: BenchOptions = {}): Promise<SlackBench> {
  const slack = await startLocalSlack({ pace: null, ...options.slack });
  const sent: Envelope[] = [];
  const logged: Readonly<Record<string, unknown>>[] = [];
  const log = (event: Readonly<Record<string, unknown>>) => void logged.push(event);
  const http = httpFront({ signingSecret: slack.signingSecret, log });
  const socket = socketFront({ appToken: slack.appToken, apiUrl: slack.url, log });
  const isSocket = options.over === 'socket';
  const app = createApp({
    receiver: isSocket ? socket.receiver : http.receiver,
    botToken: slack.botToken,
    apiUrl: slack.url,
    identity: async () => ({ team: options.ownTeam ?? 'T0LOCAL', user: 'U0EGRESS', bot: 'B0EGRESS' }),
    teams: options.teams ?? [],
    log,
  });
  const api = slackApi({
    token: slack.botToken,
    apiUrl: slack.url,
    timeoutMs: 10_000,
    patience: { totalMs: 0, now: () => 0, wait: async () => undefined },
    logger: slackLogger(log),
  });
  const send = options.send ?? (async envelope => void sent.push(envelope));
  registerListeners(app, { queue: { send }, slack: api, now: () => Date.parse('2026-11-21T11:00:00Z'), log });
  registerOptions(app, { suggest: options.suggest ?? (async () => []), log });
  const origin = isSocket ? '' : `http://127.0.0.1:${await http.listen({ host: '127.0.0.1', port: 0 })}`;
  if (isSocket) await socket.open();
  slack.deliverTo(
    isSocket
      ? { kind: 'socket' }
      : { kind: 'http', requestUrl: `${origin}/slack/events`, optionsUrl: `${origin}/slack/options` },
  );
  const close = async (): Promise<void> => {
    await (isSocket ? socket.close() : http.close(0));
    await slack.close();
  };
  return { slack, sent, logged, origin, close };
}

/** The calls to Slack of a function, and whose token it has. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Log, slackLogger } from '../slack/logger.ts';
import { type Identity, type SlackClient, slackApi } from '../slack/web-api.ts';

/** What they need. `patienceMs`: how long what passes is asked again; 0: once. */
export type SlackPortsOptions = {
  readonly botToken: string;
  readonly apiUrl: string;
  readonly log: Log;
  readonly patienceMs: number;
};

/** Longer than Slack takes, and short enough for another try within an acknowledgement's three seconds. */
const TIMEOUT_MS = 2000;
const WORKER_TIMEOUT_MS = 10_000;

/** Makes the calls. */
export function slackPorts({ botToken, apiUrl, log, patienceMs }: SlackPortsOptions): SlackClient {
  return slackApi({
    token: botToken,
    apiUrl,
    timeoutMs: patienceMs === 0 ? TIMEOUT_MS : WORKER_TIMEOUT_MS,
    patience: { totalMs: patienceMs, now: Date.now, wait: milliseconds => wait(milliseconds) },
    logger: slackLogger(log),
  });
}

/** Whose token it is, asked once in a process for each token; null where Slack does not say. */
export function identityOf(apiUrl: string): (botToken: string) => Promise<Identity | null> {
  const known = new Map<string, Promise<Identity | null>>();
  return botToken => {
    const asked = known.get(botToken) ?? askIdentity(apiUrl, botToken);
    known.set(botToken, asked);
    void asked.then(identity => {
      if (identity === null) known.delete(botToken);
    });
    return asked;
  };
}

async function askIdentity(apiUrl: string, botToken: string): Promise<Identity | null> {
  const slack = slackPorts({ botToken, apiUrl, log: () => undefined, patienceMs: 0 });
  const answer = await slack.identity().catch(() => null);
  return answer?.kind === 'ok' ? answer.value : null;
}

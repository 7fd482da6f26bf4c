/** The Bolt app, made when asked for: nothing here calls Slack, and nothing runs at import. */
import { App, type Receiver } from '@slack/bolt';
import type { Log } from './logger.ts';
import { slackLogger } from './logger.ts';
import type { Identity } from './web-api.ts';

/** What an app is made of. */
export type AppParts = {
  readonly receiver: Receiver;
  readonly botToken: string;
  /** SLACK_API_URL. */
  readonly apiUrl: string;
  /** Whose token it is; null: not asked yet, or Slack could not say. */
  readonly identity: () => Promise<Identity | null>;
  /** Workspaces that may send beside the bot's own. */
  readonly teams: readonly string[];
  readonly log: Log;
};

/**
 * Makes it. A request of a workspace that is neither the bot's nor one of `teams` is refused: by HTTP with 401, and in Socket
 * Mode with an empty acknowledgement.
 */
export function createApp({ receiver, botToken, apiUrl, identity, teams, log }: AppParts): App {
  return new App({
    receiver,
    logger: slackLogger(log),
    // A token of its own would be verified by a call that is retried for minutes.
    authorize: async ({ teamId }) => {
      const own = await identity();
      if (teamId === undefined || !(teams.includes(teamId) || own?.team === teamId)) {
        throw new Error('The request is of a workspace that is not known here.');
      }
      return { botToken, teamId, ...(own === null ? {} : { botId: own.bot, botUserId: own.user }) };
    },
    clientOptions: { slackApiUrl: apiUrl, retryConfig: { retries: 0 } },
    convoStore: false,
  });
}

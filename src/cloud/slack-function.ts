/** A function that answers Slack's requests: the gate, and behind it Bolt. */
import { type App, AwsLambdaReceiver } from '@slack/bolt';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { FaultError } from '../faults.ts';
import { createApp } from '../slack/app.ts';
import { type Log, slackLogger } from '../slack/logger.ts';
import type { Identity } from '../slack/web-api.ts';
import { functionLog } from './log.ts';
import { readSlackRequest, type SlackEvent } from './slack-request.ts';
import type { SlackSecret } from './slack-secret.ts';

/** What differs between the functions. */
export type SlackFunctionParts = {
  /** Asked for every request: a rotated one counts. */
  readonly secret: () => Promise<SlackSecret>;
  readonly identity: (botToken: string) => Promise<Identity | null>;
  readonly apiUrl: string;
  readonly teams: readonly string[];
  readonly now: () => number;
  /** Registers the listeners. */
  readonly listen: (app: App, botToken: string, log: Log) => void;
};

/** The function. */
export type SlackFunction = (
  event: SlackEvent,
  context: Pick<Context, 'awsRequestId'>,
) => Promise<APIGatewayProxyStructuredResultV2>;

type BoltFunction = (event: unknown, context: unknown) => Promise<APIGatewayProxyStructuredResultV2>;

/** Bolt's word for a request that nobody may send. https://docs.slack.dev/tools/bolt-js/reference#errors */
const UNAUTHORIZED = 'slack_bolt_authorization_error';

/** Makes it. The app is made with the first request and kept while the secret is the same. */
export function slackFunction(parts: SlackFunctionParts): SlackFunction {
  let kept: { readonly secret: SlackSecret; readonly bolt: BoltFunction } | null = null;
  const { log, begin } = functionLog();
  const boltFor = (secret: SlackSecret): BoltFunction => {
    if (kept === null || !isSame(kept.secret, secret)) kept = { secret, bolt: boltOf(parts, secret, log) };
    return kept.bolt;
  };
  return async (event, context) => {
    begin(context.awsRequestId);
    try {
      const secret = await parts.secret();
      const request = readSlackRequest(event, secret.signingSecret, parts.now());
      if (request.kind === 'refused') {
        log({ event: 'request-refused', statusCode: request.statusCode, why: request.why });
        return { statusCode: request.statusCode, body: '' };
      }
      return await boltFor(secret)(request.event, context);
    } catch (error) {
      const why = error instanceof FaultError ? error.message : error instanceof Error ? error.stack : String(error);
      log({ level: 'error', event: 'request-failed', why });
      return { statusCode: 500, body: '' };
    }
  };
}

function isSame(a: SlackSecret, b: SlackSecret): boolean {
  return a.botToken === b.botToken && a.signingSecret === b.signingSecret;
}

function boltOf(parts: SlackFunctionParts, { botToken, signingSecret }: SlackSecret, log: Log): BoltFunction {
  const receiver = new AwsLambdaReceiver({ signingSecret, logger: slackLogger(log) });
  const { apiUrl, teams } = parts;
  const app = createApp({ receiver, botToken, apiUrl, identity: () => parts.identity(botToken), teams, log });
  // Bolt calls every failure a 500; one request is served at a time, so the flag is of this one.
  let isUnauthorized = false;
  app.error(async error => {
    isUnauthorized = error.code === UNAUTHORIZED;
    throw error;
  });
  parts.listen(app, botToken, log);
  const bolt = receiver.toHandler() as BoltFunction;
  return async (event, context) => {
    isUnauthorized = false;
    const result = await bolt(event, context);
    return isUnauthorized ? { statusCode: 401, body: '' } : result;
  };
}

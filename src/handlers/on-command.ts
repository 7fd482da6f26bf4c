/** `onCommand`: what Slack sends, acknowledged within 3 s and put into the queue. Wiring only, and as little of it as can be. */
import { cloudEnvironment, teamsOf } from '../cloud/environment.ts';
import { fetchFromAws, keepSecrets } from '../cloud/secrets.ts';
import { slackFunction } from '../cloud/slack-function.ts';
import { identityOf, slackPorts } from '../cloud/slack-ports.ts';
import { readSlackSecret } from '../cloud/slack-secret.ts';
import { sqsQueue } from '../queue/sqs-queue.ts';
import { registerListeners } from '../slack/listeners.ts';
import { SLACK_URL } from '../slack/web-api.ts';

const { slackSecret, queueUrl } = cloudEnvironment(process.env, ['slackSecret', 'queueUrl']);
const apiUrl = process.env.SLACK_API_URL || SLACK_URL;
const fetchSecret = keepSecrets(fetchFromAws, Date.now);
const queue = sqsQueue({ url: queueUrl });

/** Answers a request of API Gateway (payload version 2.0). */
export const onCommand = slackFunction({
  secret: () => readSlackSecret(slackSecret, fetchSecret),
  identity: identityOf(apiUrl),
  apiUrl,
  teams: teamsOf(process.env),
  now: Date.now,
  listen: (app, botToken, log) =>
    registerListeners(app, { queue, slack: slackPorts({ botToken, apiUrl, log, patienceMs: 0 }), now: Date.now, log }),
});

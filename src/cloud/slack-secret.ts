/** Slack's bot token and signing secret, from one secret of AWS Secrets Manager: `{"botToken":"xoxb-…","signingSecret":"…"}`. */
import { FaultError } from '../faults.ts';
import { type FetchSecret, fieldsOf, readSecret } from './secrets.ts';

/** What the functions need to be the bot. */
export type SlackSecret = { readonly botToken: string; readonly signingSecret: string };

/** Reads it. Throws a FaultError that holds nothing of it when it cannot be read or is not of this form. */
export async function readSlackSecret(name: string, fetchSecret: FetchSecret): Promise<SlackSecret> {
  const text = await readSecret(name, 'tokens of Slack', fetchSecret);
  const { botToken, signingSecret } = fieldsOf(text);
  if (isText(botToken, /^xoxb-\S+$/) && isText(signingSecret, /^[0-9a-f]{16,128}$/)) return { botToken, signingSecret };
  throw new FaultError({
    code: 'bad-config',
    what: `The secret ${name} does not hold the tokens of Slack.`,
    cause: 'It is no JSON with botToken (xoxb-...) and signingSecret (hexadecimal digits).',
    remedy: "Copy both from the app's page at api.slack.com/apps; infra/aws/README.md shows how.",
  });
}

function isText(value: unknown, shape: RegExp): value is string {
  return typeof value === 'string' && shape.test(value);
}

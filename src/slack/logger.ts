/** The log of Slack's libraries as events of ours: no debug lines, since those hold bodies, and never a token. */
import { type Logger, LogLevel } from '@slack/web-api';

/** One JSON event. */
export type Log = (event: Readonly<Record<string, unknown>>) => void;

/** Tokens of Slack's, and addresses that may be posted to by whoever knows them. */
const SECRETS = /\b(?:xox[a-z]|xapp|xwfp)-[A-Za-z0-9-]+|\bhttps?:\/\/hooks\.slack\.com\/\S+|\bv0=[0-9a-f]{64}\b/g;
const LINE_CHARACTERS = 500;

/** Makes the logger that Bolt and its clients are given. */
export function slackLogger(log: Log): Logger {
  const say =
    (level: 'info' | 'warn' | 'error') =>
    (...parts: unknown[]): void =>
      log({ event: 'slack-library', level, text: withoutSecrets(parts.map(textOf).join(' ')) });
  return {
    debug: () => undefined,
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

/** Errors by their message alone: Bolt hangs whole requests on them. */
function textOf(part: unknown): string {
  return part instanceof Error ? `${part.name}: ${part.message}` : String(part);
}

/** Text with everything taken out that lets its reader act as the bot, on one line. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, '(secret)').replace(/\s+/g, ' ').slice(0, LINE_CHARACTERS);
}

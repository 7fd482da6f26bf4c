/** Whose token the bot has: asked once, kept for good, and asked again where Slack could not say. */
import { FaultError } from '../faults.ts';
import type { SlackResult } from '../slack/api.ts';
import { bounded } from '../slack/bounded.ts';
import type { Log } from '../slack/logger.ts';
import type { Identity } from '../slack/web-api.ts';

/** What is known of it. */
export type KnownIdentity = {
  /** Rejects with a FaultError when Slack refuses the token; a Slack that is down is logged, and asked again when needed. */
  readonly check: (log: Log) => Promise<void>;
  /** null: Slack could not say. */
  readonly known: () => Promise<Identity | null>;
  /** Rejects where Slack could not say. */
  readonly need: () => Promise<Identity>;
};

/** While Slack is down each request would otherwise wait for it anew. */
const ASK_AGAIN_MS = 2000;
/** A request has to be acknowledged in three. */
const KNOWN_MS = 1000;

/** Makes it; nothing is asked yet. */
export function knowIdentity(
  slack: { readonly identity: () => Promise<SlackResult<Identity>> },
  now: () => number,
): KnownIdentity {
  let asked: { readonly identity: Promise<Identity>; readonly atMs: number } | null = null;
  let isSure = false;
  const need = (): Promise<Identity> => {
    if (asked === null || (!isSure && now() - asked.atMs > ASK_AGAIN_MS)) {
      const identity = ask(slack);
      asked = { identity, atMs: now() };
      identity.then(
        () => {
          isSure = true;
        },
        () => undefined,
      );
    }
    return asked.identity;
  };
  return {
    need,
    known: async () => {
      const asking = await bounded(need, KNOWN_MS);
      return asking.kind === 'ok' ? asking.value : null;
    },
    check: async log => {
      try {
        await need();
      } catch (error) {
        if (!(error instanceof FaultError) || error.fault.code !== 'slack-unavailable') throw error;
        log({ event: 'slack-unavailable', why: error.fault.cause });
      }
    },
  };
}

async function ask(slack: { readonly identity: () => Promise<SlackResult<Identity>> }): Promise<Identity> {
  const result = await slack.identity();
  if (result.kind === 'ok') return result.value;
  throw new FaultError({
    code: 'bad-config',
    what: 'Slack refuses SLACK_BOT_TOKEN.',
    cause: `Its answer to auth.test is ${result.error}.`,
    remedy: "Copy the bot token again from the app's page, under OAuth & Permissions.",
  });
}

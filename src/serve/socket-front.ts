/** Slack's requests over a socket that the bot opens: nothing has to be reachable from outside. */
import { type Receiver, type ReceiverEvent, SocketModeReceiver } from '@slack/bolt';
import { WebAPIPlatformError } from '@slack/web-api';
import { FaultError } from '../faults.ts';
import { bounded } from '../slack/bounded.ts';
import { type Log, slackLogger } from '../slack/logger.ts';

/** The receiver for the app, and its socket. */
export type SocketFront = {
  readonly receiver: Receiver;
  /** Resolves when Slack has said hello; rejects when it refuses the token. While Slack is down it goes on trying. */
  readonly open: () => Promise<void>;
  /** Acknowledges what is in hand, then closes. */
  readonly close: () => Promise<void>;
};

/** Asks for a new socket until there is one, as long as Slack is down; the library's own pauses grow to hours. */
const RECONNECT = { retries: 1_000_000, minTimeout: 500, factor: 1.5, maxTimeout: 10_000, randomize: true };
const CALL_MS = 10_000;
/** Slack waits for an acknowledgement as long. */
const IN_HAND_MS = 3000;

/** What the app is to a receiver. */
type Processor = Parameters<Receiver['init']>[0];

/**
 * Makes it. Bolt acknowledges an event before its listener runs; here the acknowledgement waits for the listener, as by HTTP: one
 * that fails is none, and Slack sends the event again.
 */
export function socketFront(parts: {
  readonly appToken: string;
  readonly apiUrl: string;
  readonly log: Log;
}): SocketFront {
  const { appToken, apiUrl, log } = parts;
  const socket = new SocketModeReceiver({
    appToken,
    logger: slackLogger(log),
    installerOptions: { clientOptions: { slackApiUrl: apiUrl, retryConfig: RECONNECT, timeout: CALL_MS } },
    processEventErrorHandler: async ({ error }) => {
      log({ event: 'request-failed', why: error.message });
      // What cannot be authorized will not be by repeating it.
      return 'code' in error && error.code === 'slack_bolt_authorization_error';
    },
  });
  const inHand = new Set<Promise<void>>();
  const process = (app: Processor, event: ReceiverEvent): Promise<void> => {
    const done = processHeld(app, event).finally(() => inHand.delete(done));
    inHand.add(done);
    return done;
  };
  const receiver: Receiver = {
    init: app => socket.init({ processEvent: (event: ReceiverEvent) => process(app, event) } as Processor),
    start: () => socket.start(),
    stop: () => socket.stop(),
  };
  return {
    receiver,
    open: () => socket.start().then(() => undefined, refusedToken),
    close: async () => {
      await bounded(() => Promise.allSettled(inHand), IN_HAND_MS);
      await socket.stop();
    },
  };
}

function refusedToken(error: unknown): never {
  if (!(error instanceof WebAPIPlatformError)) throw error;
  throw new FaultError(
    {
      code: 'bad-config',
      what: 'Slack refuses SLACK_APP_TOKEN.',
      cause: `Its answer to apps.connections.open is ${error.data.error}.`,
      remedy: "Make a new one on the app's page, under Basic Information, with the scope connections:write.",
    },
    { cause: error },
  );
}

type Held = { readonly response: Parameters<ReceiverEvent['ack']>[0] };

async function processHeld(app: Processor, event: ReceiverEvent): Promise<void> {
  let held: Held | null = null;
  await app.processEvent({
    ...event,
    ack: async response => {
      held ??= { response };
    },
  });
  // Assigned while that ran, which the compiler does not see.
  const acked = held as Held | null;
  if (acked !== null) await event.ack(acked.response);
}

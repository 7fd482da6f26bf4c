/** Changes of the local Slack as server-sent events, gathered for a moment so that a burst is one event. */
import type { ServerResponse } from 'node:http';
import type { Change } from '../local-slack/model.ts';
import type { LocalSlack } from '../local-slack/start.ts';
import { channelViews, messageView, ownViews } from './snapshot.ts';

/** Milliseconds for which changes are gathered. */
const GATHER_MS = 25;

/** Sends everything, then each change, until the page goes. `about`: what the page shows besides. */
export function streamEvents(
  response: ServerResponse,
  { slack, user, about }: { readonly slack: LocalSlack; readonly user: string; readonly about: object },
): void {
  const { state } = slack;
  const write = (event: string, body: object): void => {
    response.write(`event: ${event}\ndata: ${JSON.stringify(body)}\n\n`);
  };
  let gathered: Change[] = [];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    const changes = gathered;
    gathered = [];
    timer = undefined;
    write('change', changeView(slack, user, changes));
  };
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  write('all', {
    ...about,
    me: user,
    bot: state.setup.bot,
    people: state.setup.people,
    channels: channelViews(slack),
    messages: [...state.messages.values()].map(messageView),
    ...ownViews(slack, user),
  });
  const forget = slack.onChange(change => {
    gathered.push(change);
    timer ??= setTimeout(flush, GATHER_MS);
  });
  response.on('close', () => {
    forget();
    clearTimeout(timer);
  });
}

function changeView(slack: LocalSlack, user: string, changes: readonly Change[]): object {
  const { state } = slack;
  const touched = new Set(changes.flatMap(change => (change.kind === 'message' ? [change.ts] : [])));
  const messages = [...touched].map(ts => state.messages.get(ts)).filter(message => message !== undefined);
  return {
    messages: messages.map(messageView),
    deleted: changes.flatMap(change => (change.kind === 'message-deleted' ? [change.ts] : [])),
    ...(changes.some(({ kind }) => kind === 'channel') ? { channels: channelViews(slack) } : {}),
    ...ownViews(slack, user),
  };
}

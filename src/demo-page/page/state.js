/** What the local Slack holds, as this page last heard of it, and the way to act in it. */

/** Everything; `listeners` are called after each change with what changed. */
export function createState() {
  const state = {
    me: null,
    bot: null,
    people: new Map(),
    channels: [],
    messages: new Map(),
    ephemerals: [],
    views: [],
    home: null,
    stories: [],
    live: null,
    connected: false,
    listeners: new Set(),
  };
  return state;
}

/** Names for mentions: ids -> names. */
export function namesOf(state) {
  return { users: state.people, channels: new Map(state.channels.map(({ id, name }) => [id, name])) };
}

/** Follows the server's events; the browser reconnects by itself, and then everything comes anew. */
export function follow(state) {
  const source = new EventSource('/events');
  source.addEventListener('all', event => {
    const all = JSON.parse(event.data);
    Object.assign(state, {
      me: all.me,
      bot: all.bot,
      live: all.live,
      stories: all.stories,
      people: new Map([...all.people.map(({ id, name }) => [id, name]), [all.bot.user, all.bot.name]]),
      messages: new Map(),
      connected: true,
    });
    apply(state, all);
    tell(state, { kind: 'all' });
  });
  source.addEventListener('change', event => {
    const change = JSON.parse(event.data);
    const fresh = change.messages.filter(({ ts }) => !state.messages.has(ts));
    apply(state, change);
    tell(state, { kind: 'change', change, fresh });
  });
  source.addEventListener('error', () => {
    state.connected = false;
    tell(state, { kind: 'connection' });
  });
  source.addEventListener('open', () => {
    state.connected = true;
    tell(state, { kind: 'connection' });
  });
}

function apply(state, change) {
  for (const message of change.messages) state.messages.set(message.ts, message);
  for (const ts of change.deleted ?? []) state.messages.delete(ts);
  if (change.channels) state.channels = change.channels;
  if (change.ephemerals) state.ephemerals = change.ephemerals;
  if (change.views) state.views = change.views;
  if (change.home !== undefined) state.home = change.home;
}

function tell(state, event) {
  for (const listener of state.listeners) listener(event);
}

/** Messages of a channel (threadTs null) or of a thread with its root, and what only I see there, by time. */
export function messagesIn(state, channel, threadTs) {
  const all = [...state.messages.values()].filter(message => message.channel === channel);
  const own = state.ephemerals.filter(one => one.channel === channel && one.threadTs === threadTs);
  const shown =
    threadTs === null
      ? all.filter(message => message.threadTs === null)
      : all.filter(({ ts, threadTs: thread }) => ts === threadTs || thread === threadTs);
  return [...shown, ...own].toSorted((a, b) => Number(a.ts) - Number(b.ts));
}

/** Does something as the person of this page. Resolves with the outcome; a server that is gone is `{kind: 'offline'}`. */
export async function act(action) {
  try {
    const response = await fetch('/act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(action),
    });
    return await response.json();
  } catch {
    return { kind: 'offline' };
  }
}

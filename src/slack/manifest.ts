/**
 * The app as Slack has to know it: the manifest that is pasted when an app is made. Its scopes come from the calls that are
 * made and the events that are listened to, so none is missing and none is too much. https://docs.slack.dev/reference/app-manifest
 */
import { COMMAND, EVENTS, PATHS, SHORTCUT } from './names.ts';

/** How Slack's requests arrive: over a socket, or at an address that begins with https://. */
export type ManifestMode = { readonly kind: 'socket' } | { readonly kind: 'http'; readonly url: string };

/** A manifest, as JSON or YAML is made of it. */
export type Manifest = Readonly<Record<string, unknown>>;

/**
 * Scopes of each method that `web-api.ts` calls, as its page of documentation names them. Histories of every kind of
 * conversation: a worker that takes over looks there for what the one before it had posted.
 */
export const SCOPES_OF_METHODS: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.getPermalink': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.history': ['channels:history', 'groups:history', 'im:history', 'mpim:history'],
  'conversations.replies': ['channels:history', 'groups:history', 'im:history', 'mpim:history'],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'usergroups.users.list': ['usergroups:read'],
  'views.open': [],
  'views.publish': [],
};

/** Scopes of each event that is listened to. */
export const SCOPES_OF_EVENTS: Readonly<Record<string, readonly string[]>> = {
  [EVENTS.mention]: ['app_mentions:read'],
  [EVENTS.home]: [],
};

/** Slash commands and shortcuts on messages need one scope for all. */
const SCOPE_OF_COMMANDS = 'commands';

/** Every scope of the bot token, in order, each once. */
export function botScopes(): readonly string[] {
  const all = [
    SCOPE_OF_COMMANDS,
    ...Object.values(SCOPES_OF_METHODS).flat(),
    ...Object.values(SCOPES_OF_EVENTS).flat(),
  ];
  return inOrder(new Set(all));
}

function inOrder(names: Iterable<string>): readonly string[] {
  return [...names].toSorted((a, b) => a.localeCompare(b));
}

/** Makes the manifest. */
export function manifestOf(mode: ManifestMode): Manifest {
  const at = (path: string): string | null => (mode.kind === 'http' ? `${mode.url.replace(/\/+$/, '')}${path}` : null);
  const events = at(PATHS.events);
  const options = at(PATHS.options);
  const request = events === null ? {} : { request_url: events };
  return {
    _metadata: { major_version: 2, minor_version: 1 },
    display_information: {
      name: 'egress',
      description: 'Says why a pod cannot reach a host',
      background_color: '#1f2a44',
    },
    features: featuresOf(events),
    oauth_config: { scopes: { bot: botScopes() } },
    settings: {
      event_subscriptions: { ...request, bot_events: inOrder(Object.keys(SCOPES_OF_EVENTS)) },
      interactivity: {
        is_enabled: true,
        ...request,
        ...(options === null ? {} : { message_menu_options_url: options }),
      },
      org_deploy_enabled: false,
      socket_mode_enabled: mode.kind === 'socket',
      token_rotation_enabled: false,
    },
  };
}

/** What people see of the app. `events`: where its command is sent; null: over the socket. */
function featuresOf(events: string | null): Manifest {
  return {
    app_home: { home_tab_enabled: true, messages_tab_enabled: false, messages_tab_read_only_enabled: true },
    bot_user: { display_name: 'egress', always_online: true },
    shortcuts: [
      {
        name: 'Check egress',
        type: 'message',
        callback_id: SHORTCUT,
        description: 'Asks about the pod and the host that this message names',
      },
    ],
    slash_commands: [
      {
        command: COMMAND,
        ...(events === null ? {} : { url: events }),
        description: 'Says why a pod cannot reach a host',
        usage_hint: 'POD HOST[:PORT] [-n NAMESPACE] [--cluster NAME] [--no-probe]',
        should_escape: false,
      },
    ],
  };
}

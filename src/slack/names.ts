/** What the bot is called in Slack: in its manifest, and where it listens. */

/** The slash command. */
export const COMMAND = '/egress';

/** Callback id of the shortcut on messages. */
export const SHORTCUT = 'egress.check';

/** The events that are listened to, and what they need. */
export const EVENTS = { mention: 'app_mention', home: 'app_home_opened' } as const;

/** Path of Slack's requests, and of the form's type-ahead (the "Options Load URL"), which may be another function. */
export const PATHS = { events: '/slack/events', options: '/slack/options' } as const;

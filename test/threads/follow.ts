/**
 * A whole follow-up as people read it: an alert of PagerDuty asks, the flow is followed, and what then stands in a local Slack
 * and in a local PagerDuty is written down. The clock is moved by hand.
 */
import { join } from 'node:path';
import { startLocalSlack } from '../../src/local-slack/start.ts';
import { secretsOf } from '../../src/page/authenticate.ts';
import { openTargets } from '../../src/page/open-targets.ts';
import type { PagingSettings } from '../../src/settings/paging.ts';
import { slackLogger } from '../../src/slack/logger.ts';
import { slackApi } from '../../src/slack/web-api.ts';
import { type FollowBench, followBench } from '../fakes/follow.ts';
import { alertJob } from '../fakes/follow-stories.ts';
import { handClock } from '../fakes/hand-clock.ts';
import { startPagerDuty } from '../fakes/pagerduty.ts';
import { PAGE_SECRETS, PAGING } from '../fakes/paging.ts';
import { pressJobOf } from '../fakes/work.ts';
import { messageText } from './conversation.ts';
import { HERE } from './stories.ts';

export const FOLLOWS = join(HERE, 'follows');

type Play = { readonly bench: FollowBench; readonly answerId: string };

/** What happens after the alert was answered. */
export const FOLLOW_UPS: readonly { readonly name: string; readonly play: (play: Play) => Promise<void> }[] = [
  {
    name: 'changed-fixed-recovered',
    play: async ({ bench, answerId }) => {
      await bench.minutes(4);
      await bench.send('press:1', pressJobOf('page', answerId));
      bench.is('denied-otherwise');
      await bench.minutes(5);
      bench.is('open');
      await bench.minutes(20);
    },
  },
  {
    name: 'ran-out-and-paged',
    play: async ({ bench, answerId }) => {
      await bench.minutes(4);
      await bench.send('press:1', pressJobOf('stop', answerId));
      await bench.send('press:2', pressJobOf('followAndPage', answerId));
      bench.is('unreachable');
      await bench.minutes(2);
      bench.is('denied');
      await bench.minutes(130);
    },
  },
];

const START_MS = Date.parse('2026-11-21T11:00:00Z');
const CHANNEL = { id: 'C0ALERTS', name: 'alerts', topic: '', botIsMember: true, isArchived: false, members: null };

/** Plays it, and returns everything that is to be read in the end, the card as it was in between, too. */
export async function tellFollowUp({ play }: (typeof FOLLOW_UPS)[number]): Promise<string> {
  const clock = handClock(START_MS);
  const pagerDuty = await startPagerDuty({ token: 'pagerduty-rest-token', routingKey: 'r'.repeat(32) });
  const people = [{ id: 'U0ANNA', name: 'anna' }];
  const slack = await startLocalSlack({ pace: null, clock, setup: { channels: [CHANNEL], people, groups: [] } });
  const { url } = pagerDuty;
  const notes = { token: 'PD_TOKEN', from: 'egress@example.com' };
  const paging: PagingSettings = {
    ...PAGING,
    follow: true,
    targets: [{ kind: 'pagerduty', notes, routingKey: 'PD_ROUTING', apiUrl: url, eventsUrl: url }],
  };
  const { now } = clock;
  const wait = async (): Promise<void> => undefined;
  const bench = followBench({
    settings: { paging },
    slack: slackApi({
      token: slack.botToken,
      apiUrl: slack.url,
      timeoutMs: 30_000,
      patience: { totalMs: 30_000, now, wait },
      logger: slackLogger(() => undefined),
    }),
    targets: openTargets(paging, secretsOf(PAGE_SECRETS), { fetch, now, wait, random: () => 0.5 }),
    onPass: milliseconds => clock.move(milliseconds),
  });
  try {
    await bench.send('page:1', alertJob('firing', 'PGR0VU2', 'pagerduty'));
    const messages = () => [...slack.state.messages.values()];
    const answerId = String(messages()[0]?.metadata?.event_payload.answer_id ?? '');
    const followed = messages().slice(0, 1).map(messageText);
    const answered = messages().length;
    await play({ bench, answerId });
    const told = [
      ...pagerDuty.notes.map(({ incident, content }) => `=== note in ${incident} ===\n${content}`),
      ...pagerDuty.events.map(({ body }) => `=== event ===\n${eventText(body)}`),
      ...pagerDuty.changes.map(({ body }) => `=== change ===\n${eventText(body)}`),
    ];
    const left = messages();
    const shown = [
      ...followed,
      ...left.slice(0, 1).map(messageText),
      ...left.slice(answered).map(messageText),
      ...told,
    ];
    return `${shown.join('\n\n')}\n`.replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT');
  } finally {
    await slack.close();
    await pagerDuty.close();
  }
}

function eventText(body: Readonly<Record<string, unknown>>): string {
  const { summary, source, timestamp } = (body.payload ?? {}) as Readonly<Record<string, unknown>>;
  return [body.event_action, body.dedup_key, summary, source, timestamp].filter(part => part !== undefined).join('\n');
}

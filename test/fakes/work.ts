/** One worker with everything around it in memory: what a test of a conversation starts from. */
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Action, Envelope, Job } from '../../src/queue/job.ts';
import type { Delivery } from '../../src/queue/queue.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { handleDelivery } from '../../src/work/handle-job.ts';
import type { Clusters } from '../../src/work/ports.ts';
import { NOTHING_ATTACHED, type Work } from '../../src/work/work.ts';
import { bundleClusters } from './bundle-clusters.ts';
import { fakeSlack } from './slack-api.ts';

export const SETTINGS: Settings = {
  clusters: [{ name: 'prod', access: { kind: 'kubeconfig', context: null, asBot: false } }],
  channels: [{ id: 'C0ALERTS', cluster: 'prod', namespaces: ['payments', 'default'] }],
  grants: [{ users: ['U0ANNA', 'U0BERT'], groups: [], clusters: ['prod'], namespaces: ['*'], probe: true }],
  teams: [],
  subjectAccessReview: null,
};

/** 2026-11-21 11:00 UTC: time of a test moves only when it waits. */
const START_MS = Date.parse('2026-11-21T11:00:00Z');
const TEMPLATES = loadTemplates();

export function testBench(options: { readonly clusters?: Clusters; readonly settings?: Settings } = {}) {
  let nowMs = START_MS;
  const now = () => nowMs;
  const slack = fakeSlack(now);
  const store = openSqliteStore(':memory:', now);
  const logged: Readonly<Record<string, unknown>>[] = [];
  const sent: Envelope[] = [];
  const work: Work = {
    ports: {
      slack: slack.api,
      store,
      queue: { send: async envelope => void sent.push(envelope) },
      clusters: options.clusters ?? bundleClusters(async () => undefined),
      now,
      // Nothing here is waited for in earnest: the limits that are waited for never come.
      wait: () => new Promise(() => undefined),
      log: event => void logged.push(event),
    },
    settings: options.settings ?? SETTINGS,
    templates: TEMPLATES,
    draw: async svg => new TextEncoder().encode(svg),
    ownTeam: async () => 'T0TEAM',
    attached: NOTHING_ATTACHED,
  };
  const handle = handleDelivery(work);
  const deliveryOf = (id: string, job: Job, about: Partial<Delivery> = {}): Delivery => ({
    envelope: { id, job, group: 'C0ALERTS', at: new Date(START_MS).toISOString() },
    attempt: 1,
    isLast: false,
    visibleAgainAtMs: nowMs + 120_000,
    holder: 'worker-1',
    ...about,
  });
  const deliver = (id: string, job: Job, about: Partial<Delivery> = {}) => handle(deliveryOf(id, job, about));
  const pass = (milliseconds: number): void => {
    nowMs += milliseconds;
  };
  return { work, slack, store, logged, sent, deliveryOf, deliver, pass };
}

export type TestBench = ReturnType<typeof testBench>;

const ANNA = { kind: 'user', team: 'T0TEAM', user: 'U0ANNA' } as const;

/** `/egress POD HOST` of Anna in a channel that the bot is in. */
export function askJobOf(
  asked: { pod: string; host: string; namespace?: string },
  place: Partial<Extract<Job, { kind: 'ask' }>['place']> = {},
): Job {
  return {
    kind: 'ask',
    asked: { namespace: null, cluster: null, probe: true, ...asked },
    asker: ANNA,
    place: { channel: 'C0ALERTS', threadTs: null, responseUrl: 'https://hooks.example/response', ...place },
  };
}

/** A press by Anna on the card of `value`. */
export function pressJobOf(action: Action, value: string, user = 'U0ANNA'): Job {
  return {
    kind: 'press',
    action,
    value,
    asker: { kind: 'user', team: 'T0TEAM', user },
    place: { channel: 'C0ALERTS', threadTs: null, responseUrl: 'https://hooks.example/press' },
    ts: '1795258800.000001',
    actionTs: '1795258900.000001',
  };
}

/**
 * One worker process of a run with faults: the product's worker over the embedded queue and store, real calls to the local
 * Slack, bundles for clusters, and a moment at which it kills itself with signal 9.
 */
import { loadTemplates } from '../../src/commands/templates.ts';
import { FaultError } from '../../src/faults.ts';
import { DEFAULT_PROBE_IMAGE } from '../../src/probe/default-image.ts';
import { openSqliteQueue } from '../../src/queue/sqlite-queue.ts';
import type { Settings } from '../../src/settings/settings.ts';
import { slackApi } from '../../src/slack/web-api.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { keepConnections } from '../../src/work/connections.ts';
import { handleDelivery } from '../../src/work/handle-job.ts';
import { liveClusters } from '../../src/work/live-clusters.ts';
import type { Clusters } from '../../src/work/ports.ts';
import { NOTHING_ATTACHED } from '../../src/work/work.ts';
import { bundleClusters } from '../fakes/bundle-clusters.ts';
import { CLUSTERS, fastClock, LEASE_MS, seeded, TEAM, USER } from './scene.ts';

/** Given as one argument, in JSON. */
export type WorkerPlan = {
  readonly database: string;
  readonly slackUrl: string;
  readonly token: string;
  readonly baseMs: number;
  readonly speed: number;
  /** Bundles, or the cluster of KUBECONFIG, which is called `lab`. */
  readonly clusters: 'bundles' | 'lab';
  readonly seed: number;
  /** Calls of its ports after which it dies; null: it lives. */
  readonly diesAfter: number | null;
  /** Whether each failed attempt is told on standard error. */
  readonly tells: boolean;
};

const CONCURRENCY = 8;
const MAX_ATTEMPTS = 8;

const plan = JSON.parse(process.argv[2] ?? '') as WorkerPlan;
const { now, wait } = fastClock(plan.baseMs, plan.speed);
const random = seeded(plan.seed);

let calls = 0;
/** Counts a call, and dies at the one that the plan names: half of the time before it is made, else when it is answered. */
async function counted<Value>(call: () => Promise<Value>): Promise<Value> {
  calls += 1;
  const isLast = calls === plan.diesAfter;
  const isBefore = random() < 0.5;
  if (isLast && isBefore) process.kill(process.pid, 'SIGKILL');
  try {
    return await call();
  } finally {
    // Also when the call failed: no life is spared.
    if (isLast) process.kill(process.pid, 'SIGKILL');
  }
}

function countedPort<Port extends object>(port: Port): Port {
  const entries = Object.entries(port).map(([name, call]) => [
    name,
    (...args: unknown[]) => counted(async () => call(...args)),
  ]);
  return Object.fromEntries(entries) as Port;
}

const down = new FaultError({
  code: 'cluster-unreachable',
  what: 'The API server https://10.0.0.1 could not be reached.',
  cause: 'Nothing listens at that address (ECONNREFUSED).',
  remedy: 'Start the cluster.',
});
const expired = new FaultError({
  code: 'forbidden',
  what: 'https://10.0.0.1 does not accept these credentials.',
  cause: 'It answered 401: the token has expired.',
  remedy: 'Sign in again.',
});

/** Bundles behind kept connections: tokens that were revoked, and API servers that do not answer, both at random. */
function faultyClusters(): Clusters {
  const bundles = bundleClusters(() => counted(async () => undefined));
  /** How often each was used: a new token is never revoked at once. */
  const uses = new WeakMap<object, number>();
  const connections = keepConnections({
    clusters: CLUSTERS.map(name => ({ name, access: { kind: 'kubeconfig', context: name, asBot: true } })),
    botNamespace: 'egress-system',
    files: { secret: async () => '', eks: async () => '' },
    now,
    connect: async () => ({ close: async () => undefined }) as never,
  });
  return {
    ...bundles,
    diagnose: (question, onStep) =>
      connections.with(question.cluster, async connection => {
        if (question.cluster === 'down' || random() < 0.03) throw down;
        const used = uses.get(connection) ?? 0;
        uses.set(connection, random() < 0.1 && used > 0 ? Number.POSITIVE_INFINITY : used + 1);
        if (uses.get(connection) === Number.POSITIVE_INFINITY) throw expired;
        return bundles.diagnose(question, onStep);
      }),
  };
}

/** The real one, whose steps count as calls. */
function labClusters(): Clusters {
  const clusters = liveClusters({
    clusters: [{ name: 'lab', access: { kind: 'kubeconfig', context: null, asBot: true } }],
    botNamespace: 'egress-system',
    files: { secret: async () => '', eks: async () => '' },
    now,
    probeImage: DEFAULT_PROBE_IMAGE,
    timeoutMs: 3000,
    refuseRanges: [],
    outside: false,
    log: () => undefined,
  });
  return {
    ...clusters,
    diagnose: (question, onStep) =>
      clusters.diagnose(question, event => {
        void counted(async () => undefined);
        onStep(event);
      }),
  };
}

const SETTINGS: Settings = {
  clusters: [...CLUSTERS, 'lab'].map(name => ({ name, access: { kind: 'kubeconfig', context: name, asBot: true } })),
  channels: [],
  grants: [{ users: [USER], groups: [], clusters: ['*'], namespaces: ['*'], probe: true }],
  teams: [],
  subjectAccessReview: null,
};
/** The smallest PNG: what is in the picture is another test's. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const quiet = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel: () => 'error', setName() {} };

const store = openSqliteStore(plan.database, now);
const queue = openSqliteQueue(plan.database, { now, random, visibilityMs: LEASE_MS, maxAttempts: MAX_ATTEMPTS });
const slack = slackApi({
  token: plan.token,
  apiUrl: plan.slackUrl,
  timeoutMs: 10_000,
  patience: { totalMs: 5_000, now, wait },
  logger: quiet as never,
});
queue.start(
  handleDelivery({
    ports: {
      slack: countedPort(slack),
      store: countedPort(store),
      queue,
      clusters: plan.clusters === 'lab' ? labClusters() : faultyClusters(),
      now,
      wait,
      log: () => undefined,
    },
    settings: SETTINGS,
    templates: loadTemplates(),
    draw: async () => PIXEL,
    ownTeam: async () => TEAM,
    attached: NOTHING_ATTACHED,
  }),
  {
    concurrency: CONCURRENCY,
    onTrouble: (delivery, error) =>
      plan.tells && process.stderr.write(`${delivery?.envelope.id} attempt ${delivery?.attempt}: ${String(error)}\n`),
  },
);
process.on('SIGTERM', () => process.exit(0));

/**
 * A followed flow with everything around it in memory: a clock that is moved by hand, a queue that delivers what is due, clusters
 * whose state is set, pagers that keep what they are told; and a worker that can be killed at any call of its ports.
 */
import type { Evidence } from '../../src/evidence.ts';
import { FaultError } from '../../src/faults.ts';
import type { Diagnosis } from '../../src/model.ts';
import type { Page, Target, Told } from '../../src/page/target.ts';
import type { Envelope } from '../../src/queue/job.ts';
import type { Settings } from '../../src/settings/settings.ts';
import type { SlackApi } from '../../src/slack/api.ts';
import { type FollowRecord, followOfAnswer } from '../../src/work/follow-record.ts';
import { handleDelivery } from '../../src/work/handle-job.ts';
import { pagingAttached } from '../../src/work/paging.ts';
import type { ClusterQuestion, Clusters } from '../../src/work/ports.ts';
import type { Work } from '../../src/work/work.ts';
import { BUNDLES, diagnosisOf } from './bundle-clusters.ts';
import { SETTINGS, testBench } from './work.ts';

/** A flow of a workload, denied by a policy. */
const DENIED: Evidence = (() => {
  const found = BUNDLES.find(({ target }) => target.pod.startsWith('api-client'));
  if (found === undefined) throw new Error('no bundle of a workload');
  return found;
})();
/** What people ask. */
export const ASKED = {
  pod: DENIED.question.pod.text,
  host: DENIED.question.destination.text,
  namespace: DENIED.target.namespace,
};

/** How a cluster is, as a look finds it. */
export type State =
  | 'denied'
  /** Denied by another policy than before. */
  | 'denied-otherwise'
  /** With the proposed fix in it. */
  | 'open'
  | 'predicted-open'
  | 'not-known'
  | 'unreachable'
  | 'broken'
  | 'pod-gone'
  | 'all-gone';

const OTHER = 'NetworkPolicy payments/written-since';

/** The look at a cluster in this state. */
function lookIn(state: State): { readonly evidence: Evidence; readonly diagnosis: Diagnosis } {
  const diagnosis = diagnosisOf(DENIED);
  const reachable = BUNDLES.map(diagnosisOf).find(({ verdict }) => verdict.code === 'reachable')?.verdict;
  if (reachable === undefined) throw new Error('no bundle of a flow that gets through');
  const summary = 'api.stripe.com:443 answers payments/api-client';
  const open = { ...reachable, cause: { ...reachable.cause, summary } };
  switch (state) {
    case 'open':
      return { evidence: withFix(DENIED, diagnosis), diagnosis: { ...diagnosis, verdict: open, fix: null } };
    case 'predicted-open':
      return { evidence: DENIED, diagnosis: { ...diagnosis, verdict: { ...open, confidence: 'predicted' } } };
    case 'not-known':
      return {
        evidence: DENIED,
        diagnosis: { ...diagnosis, verdict: { ...diagnosis.verdict, code: 'not-known', confidence: null } },
      };
    case 'denied-otherwise': {
      const [policy] = diagnosis.verdict.cause.policies;
      if (policy === undefined) throw new Error('no policy');
      const cause = { ...diagnosis.verdict.cause, policies: [{ ...policy, policy: OTHER }] };
      return { evidence: withOther(DENIED), diagnosis: { ...diagnosis, verdict: { ...diagnosis.verdict, cause } } };
    }
    default:
      return { evidence: DENIED, diagnosis };
  }
}

function withObject(evidence: Evidence, ...objects: readonly object[]): Evidence {
  const { collected } = evidence;
  return {
    ...evidence,
    collected: { ...collected, objects: [...collected.objects, ...(objects as typeof collected.objects)] },
  };
}

function withFix(evidence: Evidence, { fix }: Diagnosis): Evidence {
  const managedFields = [{ manager: 'kubectl-client-side-apply', operation: 'Update', time: '2026-11-21T11:02:30Z' }];
  const manifests = (fix?.manifests ?? []).map(manifest => ({
    ...manifest,
    metadata: { ...(manifest.metadata as object), managedFields },
  }));
  return withObject(evidence, ...manifests);
}

function withOther(evidence: Evidence): Evidence {
  const metadata = { name: 'written-since', namespace: 'payments', creationTimestamp: '2026-11-21T11:01:10Z' };
  const spec = { podSelector: {}, policyTypes: ['Egress'] };
  return withObject(evidence, { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec });
}

const fault = (code: 'not-found' | 'cluster-unreachable', what: string): FaultError =>
  new FaultError({ code, what, cause: 'It was asked.', remedy: 'Ask again.' });

type Waiting = { readonly envelope: Envelope; readonly dueMs: number; readonly attempt: number };

/** The worker was killed: nothing that it would have done after that is done. */
class Killed extends Error {}

/** One that dies at a call of its ports: `before` it was done, or `after`, when nobody heard of it any more. */
export type Death = { readonly at: number; readonly when: 'before' | 'after' };

export type FollowBench = ReturnType<typeof followBench>;

/** `slack`, `targets`: in place of those in memory. `onPass`: told of the milliseconds that pass. */
export type FollowOptions = {
  readonly settings?: Partial<Settings>;
  readonly slack?: SlackApi;
  readonly targets?: readonly Target[];
  readonly onPass?: (milliseconds: number) => void;
};

export function followBench(options: FollowOptions = {}) {
  let state: State = 'denied';
  const asked: ClusterQuestion[] = [];
  const clusters: Clusters = {
    diagnose: async question => {
      asked.push(question);
      if (state === 'unreachable') throw fault('cluster-unreachable', 'The cluster prod did not answer.');
      if (state === 'broken') throw new Error('a mistake of ours');
      if (state === 'all-gone' || (state === 'pod-gone' && !question.pod.includes('/')))
        throw fault('not-found', `There is no ${question.pod} in namespace payments.`);
      return lookIn(state);
    },
    findPlaces: async () => [],
    suggestNamespaces: async () => [],
    suggestPods: async () => [],
    access: async () => ({ may: [], mayNot: [] }),
  };
  const bench = testBench({ clusters, settings: { ...SETTINGS, ...options.settings } });
  const { now } = bench.work.ports;
  const pass = (milliseconds: number): void => {
    bench.pass(milliseconds);
    options.onPass?.(milliseconds);
  };
  const pager = pagerOf();
  const waiting: Waiting[] = [];
  const calls: string[] = [];
  let isDead = false;
  let death: Death | null = null;
  /** Every call that leaves the worker. */
  const mortal = <Port extends object>(name: string, port: Port): Port =>
    new Proxy(port, {
      get: (target, key) => {
        const member = Reflect.get(target, key) as unknown;
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]): Promise<unknown> => {
          if (isDead) throw new Killed();
          calls.push(`${name}.${String(key)}`);
          const isFatal = calls.length === death?.at;
          if (isFatal && death?.when === 'before') isDead = true;
          if (isDead) throw new Killed();
          const value: unknown = await Reflect.apply(member, target, args);
          if (isFatal) isDead = true;
          if (isDead) throw new Killed();
          return value;
        };
      },
    });
  const { ports } = bench.work;
  const queue: Work['ports']['queue'] = {
    send: async (envelope, { delaySeconds = 0 } = {}) => {
      waiting.push({ envelope, dueMs: now() + delaySeconds * 1000, attempt: 1 });
    },
  };
  const work: Work = {
    ...bench.work,
    ports: {
      ...ports,
      queue: mortal('queue', queue),
      store: mortal('store', ports.store),
      slack: mortal('slack', options.slack ?? ports.slack),
      clusters: mortal('clusters', clusters),
    },
    attached: pagingAttached(options.targets ?? [mortal('pager', pager.target)]),
  };
  const handle = handleDelivery(work);
  const LEASE_MS = 60_000;

  /** Delivers one job as its queue would; what was killed comes again when its lease is over. */
  const deliver = async (one: Waiting): Promise<void> => {
    isDead = false;
    const visibleAgainAtMs = now() + LEASE_MS;
    const about = { envelope: one.envelope, attempt: one.attempt, isLast: one.attempt >= 5, visibleAgainAtMs };
    try {
      const handled = await handle({ ...about, holder: `worker-${one.attempt}-${one.envelope.id}` });
      if (handled.kind === 'later') waiting.push({ ...one, dueMs: now() + handled.delaySeconds * 1000 });
    } catch (error) {
      if (one.attempt >= 5) throw error;
      waiting.push({ ...one, dueMs: visibleAgainAtMs + 1000, attempt: one.attempt + 1 });
    }
  };
  /** Lets the time pass, and does what is due meanwhile, in order. */
  const until = async (untilMs: number): Promise<void> => {
    for (;;) {
      const next = waiting.toSorted((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      waiting.splice(waiting.indexOf(next), 1);
      if (next.dueMs > now()) pass(next.dueMs - now());
      await deliver(next);
    }
    if (untilMs > now()) pass(untilMs - now());
  };
  const send = async (id: string, job: Envelope['job']): Promise<void> => {
    waiting.push({
      envelope: { id, job, group: 'C0ALERTS', at: new Date(now()).toISOString() },
      dueMs: now(),
      attempt: 1,
    });
    await until(now());
  };
  const followOf = async (answerId: string): Promise<FollowRecord | null> => {
    isDead = false;
    return followOfAnswer(bench.store, answerId);
  };
  return {
    ...bench,
    work,
    pager,
    waiting,
    calls,
    asked,
    send,
    until,
    followOf,
    /** Delivers a job all of whose workers were killed. */
    deliverKilled: (envelope: Envelope) =>
      handle({ ...bench.deliveryOf(envelope.id, envelope.job), envelope, wasKilled: true }),
    /** Counts calls from here on, and kills the worker at one of them. */
    dieAt: (next: Death | null) => {
      calls.length = 0;
      death = next;
    },
    /** Lets so many minutes pass. */
    minutes: (count: number) => until(now() + count * 60_000),
    is: (next: State) => {
      state = next;
    },
    now,
  };
}

/** A pager that takes everything, or is down, and keeps what it was told. */
function pagerOf() {
  const told: { readonly what: string; readonly about: unknown }[] = [];
  let isDown = false;
  const tell =
    (what: string) =>
    async (about: unknown): Promise<Told> => {
      if (isDown) throw new Error('the pager is down');
      told.push({ what, about });
      return { kind: 'sent' };
    };
  const target: Target = {
    kind: 'webhook',
    canPage: true,
    note: async (incident, text) => tell('note')({ incident: incident.key, text }),
    trigger: (page: Page) => tell('trigger')(page),
    acknowledge: tell('acknowledge'),
    resolve: tell('resolve'),
    change: tell('change'),
  };
  return {
    target,
    told,
    kinds: () => told.map(({ what }) => what),
    down: (value: boolean) => {
      isDown = value;
    },
  };
}

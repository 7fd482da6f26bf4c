/** The world, as a worker needs it. */
import type { Answer, StepEvent } from '../diagnose/pipeline.ts';
import type { PodChoice } from '../faults.ts';
import type { PodMethod, Vantage } from '../model.ts';
import type { Queue } from '../queue/queue.ts';
import type { SlackApi } from '../slack/api.ts';
import type { Store } from '../store/store.ts';

/** A question of which everything is decided: who may, which cluster. */
export type ClusterQuestion = {
  readonly cluster: string;
  readonly namespace: string | null;
  readonly pod: string;
  readonly host: string;
  readonly probe: boolean;
  /** Where from, and how the pod is entered; absent: as people ask. Captured clusters have looked already. */
  readonly look?: { readonly vantages: readonly Vantage[]; readonly podMethods: readonly PodMethod[] };
};

/** What somebody may do in a cluster, for App Home: one line each. */
export type AccessLines = { readonly may: readonly string[]; readonly mayNot: readonly string[] };

/**
 * The clusters of the configuration: real ones (`cluster/`), or captured ones in the demo. All reject with a FaultError
 * that has cause and remedy.
 */
export type Clusters = {
  readonly diagnose: (question: ClusterQuestion, onStep: (event: StepEvent) => void) => Promise<Answer>;
  /** Where a pod or a workload of this name is, as somebody typed it without a namespace; empty: nowhere. */
  readonly findPlaces: (cluster: string, pod: string) => Promise<readonly PodChoice[]>;
  /** Names that contain what was typed, at most 100; for the modal's type-ahead. */
  readonly suggestNamespaces: (cluster: string, typed: string) => Promise<readonly string[]>;
  readonly suggestPods: (cluster: string, namespace: string | null, typed: string) => Promise<readonly string[]>;
  readonly access: (cluster: string, namespace: string | null) => Promise<AccessLines>;
  /** Whether a person, by the name that the cluster knows them by, may get pods. Absent: these clusters know no persons. */
  readonly mayGetPods?: (
    cluster: string,
    namespace: string,
    user: string,
  ) => Promise<{ readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: string }>;
};

/** All ports of one worker. */
export type WorkPorts = {
  readonly slack: SlackApi;
  readonly store: Store;
  readonly queue: Queue;
  readonly clusters: Clusters;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
  /** One JSON event with the request's id; never tokens, never a raw body. */
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
};

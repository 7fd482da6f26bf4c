/** The clusters of the configuration, for real. */
import { checkAccess } from '../cluster/access.ts';
import { rightLines } from '../cluster/access-lines.ts';
import { NAMESPACES, PODS } from '../cluster/api-path.ts';
import { type SignalSource, withCleanup } from '../cluster/cleanup.ts';
import type { Connection } from '../cluster/connect.ts';
import { findPlaces, suggestNames } from '../cluster/find-places.ts';
import { livePorts } from '../cluster/live-ports.ts';
import { STARTUP_LIMIT_MS } from '../cluster/prepare.ts';
import { reviewPerson } from '../cluster/review-person.ts';
import { type Answer, diagnose, type StepEvent } from '../diagnose/pipeline.ts';
import { FaultError, joined } from '../faults.ts';
import type { Question } from '../model.ts';
import { readPodRequest } from '../pod-request.ts';
import { buildQuestion } from '../question.ts';
import type { ClusterAccess } from '../settings/settings.ts';
import { type ConnectionOptions, keepConnections } from './connections.ts';
import type { ClusterQuestion, Clusters } from './ports.ts';

/** What an installation sets for all clusters. */
export type LiveOptions = ConnectionOptions & {
  readonly probeImage: string;
  /** Milliseconds that one probe may take. */
  readonly timeoutMs: number;
  readonly refuseRanges: readonly string[];
  /** Whether this host may look, too: not from a function in a VPC. */
  readonly outside: boolean;
  readonly log: (event: Readonly<Record<string, unknown>>) => void;
};

/** Slack takes no more options. */
const MOST_SUGGESTIONS = 100;

/** The port, and how to end it. */
export type LiveClusters = Clusters & { readonly close: () => Promise<void> };

/** Connects when first asked. */
export function liveClusters(options: LiveOptions): LiveClusters {
  const connections = keepConnections(options);
  return {
    diagnose: async (question, onStep) => {
      // A question that cannot be asked is refused before anything is connected to.
      const asked = questionOf(question, options);
      return connections.with(question.cluster, connection => askOver(connection, asked, options, onStep));
    },
    findPlaces: async (cluster, pod) => {
      const reading = readPodRequest(pod, null);
      if (reading.kind === 'refused') throw new FaultError(reading.fault);
      const { request } = reading;
      const namespaces = await connections.with(cluster, connection => findPlaces(connection, request));
      return namespaces.map(namespace => ({ namespace, pod }));
    },
    suggestNamespaces: (cluster, typed) =>
      connections.with(cluster, connection =>
        suggestNames(connection, { of: { type: NAMESPACES }, typed, limit: MOST_SUGGESTIONS }),
      ),
    suggestPods: (cluster, namespace, typed) =>
      connections.with(cluster, connection =>
        suggestNames(connection, { of: { type: PODS, namespace }, typed, limit: MOST_SUGGESTIONS }),
      ),
    access: (cluster, namespace) =>
      connections.with(cluster, async connection =>
        rightLines(await checkAccess(connection, namespace ?? connection.defaultNamespace)),
      ),
    mayGetPods: (cluster, namespace, user) =>
      connections.with(cluster, connection => reviewPerson(connection, { user, namespace })),
    close: connections.close,
  };
}

/** A signal is the whole process's affair: it waits for its jobs, and what a kill leaves is swept at the next start. */
const NO_SIGNALS: SignalSource = { on: () => undefined, off: () => undefined, pid: 0, kill: () => undefined };

function askOver(
  connection: Connection,
  question: Question,
  options: LiveOptions,
  onStep: (event: StepEvent) => void,
): Promise<Answer> {
  const { probeImage, refuseRanges, outside, botNamespace, log } = options;
  const settings = { image: probeImage, refuseRanges, outside, startupLimitMs: STARTUP_LIMIT_MS };
  return withCleanup(cleanup => {
    const onNamespaceMade = (name: string): void => log({ event: 'namespace-made', name, cluster: question.cluster });
    const wiring = { connection, settings, namespace: botNamespace, engine: null, cleanup, onStep, onNamespaceMade };
    return diagnose(question, livePorts(wiring));
  }, NO_SIGNALS);
}

function questionOf({ cluster, namespace, pod, host, probe, look }: ClusterQuestion, options: LiveOptions): Question {
  const usual = { timeoutMs: null, siblings: null };
  const { vantages = null, podMethods = null } = look ?? {};
  const reading = buildQuestion({ cluster, namespace, pod, host, vantages, podMethods, ...usual }, options);
  if (reading.kind === 'refused') throw new FaultError(joined(reading.faults));
  const context = contextOf(options.clusters.find(({ name }) => name === cluster)?.access);
  return { ...reading.question, context, ...(probe ? {} : { vantages: [] }) };
}

/** A name of the configuration means nothing to kubectl. Where the bot itself has no context there, people use their own. */
export function contextOf(access: ClusterAccess | undefined): string | null {
  return access?.kind === 'kubeconfig' ? access.context : null;
}

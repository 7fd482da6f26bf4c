/** `egress watch` in its process: what is watched, the cluster of KUBECONFIG, and signals. */
import { setTimeout as pause } from 'node:timers/promises';
import { chooseCluster } from '../cluster/kubeconfig.ts';
import { type Config, readConfig } from '../config.ts';
import { FaultError, joined } from '../faults.ts';
import { buildQuestion } from '../question.ts';
import { type LiveClusters, liveClusters } from '../work/live-clusters.ts';
import type { WatchOptions } from './watch.ts';
import { lookOnce, type WatchedFlow, type WatchPorts, watchFlows } from './watch-flows.ts';

/** Watches until a signal, or once; returns the exit code. Throws a FaultError for what cannot be asked, before anything is connected to. */
export async function runWatch(hosts: readonly string[], options: WatchOptions): Promise<number> {
  const reading = readConfig(process.env);
  if (reading.kind === 'faults') throw new FaultError(joined(reading.faults));
  const flows = flowsOf([...new Set(hosts)], options, reading.config);
  const clusters = clusterOf(options, reading.config);
  const ports: WatchPorts = {
    clusters,
    now: Date.now,
    wait: (milliseconds, signal) => pause(milliseconds, undefined, { signal }).catch(() => undefined),
    print: line => void process.stdout.write(`${line}\n`),
  };
  try {
    if (options.once === true) return await lookOnce(flows, ports);
    await watchFlows(flows, options.every, ports, stopSignal());
    return 0;
  } finally {
    await clusters.close();
  }
}

const CLUSTER = 'kubeconfig';

/** All faults of all hosts at once. */
function flowsOf(hosts: readonly string[], { pod, namespace }: WatchOptions, config: Config): readonly WatchedFlow[] {
  const usual = { vantages: null, podMethods: null, timeoutMs: null, siblings: null };
  const readings = hosts.map(host =>
    buildQuestion({ pod, host, namespace: namespace ?? null, cluster: CLUSTER, ...usual }, config),
  );
  const faults = readings.flatMap(reading => (reading.kind === 'refused' ? reading.faults : []));
  const unlike = [...new Map(faults.map(fault => [fault.what, fault])).values()];
  if (unlike.length > 0) throw new FaultError(joined(unlike));
  return hosts.map(host => ({
    label: `${namespace === undefined ? '' : `${namespace}/`}${pod} -> ${host}`,
    question: { cluster: CLUSTER, namespace: namespace ?? null, pod, host, probe: true },
  }));
}

/** A signal ends the looks, not the process: what they have started is removed first. */
function clusterOf({ context, asBot }: WatchOptions, config: Config): LiveClusters {
  const { probeImage, timeoutMs, refuseRanges, namespace: botNamespace } = config;
  // A context that is not there is told before anything is looked at.
  chooseCluster(context ?? null, process.env);
  return liveClusters({
    clusters: [{ name: CLUSTER, access: { kind: 'kubeconfig', context: context ?? null, asBot: asBot === true } }],
    botNamespace,
    probeImage,
    timeoutMs,
    refuseRanges,
    outside: false,
    files: { secret: noFile, eks: noFile },
    now: Date.now,
    log: ({ event, name }) => void process.stderr.write(`egress: ${String(event)} ${String(name ?? '')}\n`),
  });
}

/** The cluster of KUBECONFIG is not reached through AWS. */
function noFile(): Promise<never> {
  return Promise.reject(new Error('egress watch writes no kubeconfig'));
}

/** Aborted by the first SIGINT or SIGTERM; a second one after a moment ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (!stop.signal.aborted) process.stderr.write('egress: ending; what the last looks started is being removed\n');
      else if (performance.now() - abortedMs > SAME_SIGNAL_MS) process.exit(130);
      abortedMs = performance.now();
      stop.abort();
    });
  }
  let abortedMs = 0;
  return stop.signal;
}

/** npm passes on the Ctrl-C that the terminal has sent as well: the same key press. */
const SAME_SIGNAL_MS = 1000;

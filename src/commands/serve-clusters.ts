/** The clusters of `egress serve`, as its environment reaches them; both halves have their own connections. */
import { writeEksKubeconfig } from '../cloud/eks-cluster.ts';
import { writeKubeconfig } from '../cloud/kubeconfig-secret.ts';
import type { Config } from '../config.ts';
import type { Settings } from '../settings/settings.ts';
import type { Log } from '../slack/logger.ts';
import { type LiveClusters, liveClusters } from '../work/live-clusters.ts';

/** Makes them; nothing is connected to before the first question. */
export function serveClusters(config: Config, { clusters }: Settings, log: Log): LiveClusters {
  const { probeImage, timeoutMs, refuseRanges, namespace } = config;
  return liveClusters({
    clusters,
    botNamespace: namespace,
    probeImage,
    timeoutMs,
    refuseRanges,
    // A pod is not outside of its cluster.
    outside: !process.env.KUBERNETES_SERVICE_HOST,
    files: {
      secret: writeKubeconfig,
      eks: (clusterName, region) => writeEksKubeconfig(clusterName, region, process.env),
    },
    now: Date.now,
    log,
  });
}

/** What is followed and paged: a flow, from a workload of a cluster to one destination, whichever of its pods was asked about. */
import { writeDestination } from '../destination.ts';
import type { Diagnosis } from '../model.ts';
import { OWN_KEY } from '../page/map-alert.ts';

/** A flow. Two answers about pods of one workload and one destination are about the same. */
export type Flow = {
  readonly cluster: string;
  readonly namespace: string;
  /** The topmost controller's name, or that of a pod without one. */
  readonly workload: string;
  /** As `writeDestination` writes it: `https://api.stripe.com:443/`. */
  readonly destination: string;
};

/** The flow of an answer. `cluster`: as the configuration names it; null: as the answer does. */
export function flowOf({ target, question }: Pick<Diagnosis, 'target' | 'question'>, cluster: string | null): Flow {
  return {
    cluster: cluster ?? question.cluster,
    namespace: target.namespace,
    workload: target.owner?.name ?? target.pod,
    destination: writeDestination(question.destination),
  };
}

/** `prod/payments/billing/https://api.stripe.com:443/`: names hold no slash, so no two flows are written alike. */
export function flowText({ cluster, namespace, workload, destination }: Flow): string {
  return `${cluster}/${namespace}/${workload}/${destination}`;
}

/** The key of every page about the flow, so that a second page adds to the first and a recovery ends both. */
export function pageKeyOf(flow: Flow): string {
  return `${OWN_KEY}${flowText(flow)}`;
}

/** Which workload a pod is of, by its name alone: so that alerts of its replicas are one cause. */
import type { PodRequest } from '../model.ts';

/** Letters and digits of generated names: no vowels, so that no words come out. https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go */
const GENERATED = '[bcdfghjklmnpqrstvwxz2456789]';
const OF_DEPLOYMENT = new RegExp(`^(.+)-${GENERATED}{6,10}-${GENERATED}{5}$`);
const OF_SET = new RegExp(`^(.+)-${GENERATED}{5}$`);
const OF_STATEFUL_SET = /^(.+)-\d{1,5}$/;

/**
 * `billing-7d9f8c6b5d-x2x4z`, a DaemonSet's `agent-x2x4z`, a StatefulSet's `db-0` and `deploy/billing` give billing, agent, db
 * and billing. A name that is like none of these stands for itself: `billing-pod` is billing-pod.
 */
export function workloadOf({ by }: PodRequest): string {
  switch (by.kind) {
    case 'pod':
      return (OF_DEPLOYMENT.exec(by.name) ?? OF_SET.exec(by.name) ?? OF_STATEFUL_SET.exec(by.name))?.[1] ?? by.name;
    case 'owner':
      return by.name;
    case 'selector':
      return by.selector;
    default:
      return by satisfies never;
  }
}

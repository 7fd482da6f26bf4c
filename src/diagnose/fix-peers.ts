/** How a rule names what is inside the cluster: by labels that stay when pods come and go. */
import type { KubernetesObject } from '../evidence.ts';
import type { ClusterPod } from '../policy/model.ts';
import { textAt, textsAt } from '../policy/reading.ts';
import type { NeedEnd } from './fix-kind.ts';
import type { AllowedPeer } from './fix-networkpolicy.ts';
import { type LabelSelector, subjectChoices } from './fix-workload.ts';

/**
 * Names the pod: by the selector of the Service through which it was asked, else as its own workload. null: it has no
 * lasting label, so no rule can name it and not the rest of its namespace.
 */
export function peerOfPod(
  end: Extract<NeedEnd, { readonly kind: 'pod' }>,
  objects: readonly KubernetesObject[],
): AllowedPeer | null {
  const selector = serviceSelector(end, objects) ?? subjectChoices(end.pod, objects, [])[0]?.selector;
  return selector === undefined ? null : { kind: 'pods', namespace: end.pod.namespace, selector };
}

/** One address as a block of its own. */
export function peerOfAddress(address: string): AllowedPeer {
  return { kind: 'ipBlock', cidr: `${address}/${address.includes(':') ? 128 : 32}`, except: [] };
}

function serviceSelector(
  end: { readonly pod: ClusterPod; readonly service: string | null },
  objects: readonly KubernetesObject[],
): LabelSelector | undefined {
  const service = objects.find(
    each =>
      each.kind === 'Service' &&
      `${textAt(each, 'metadata', 'namespace') ?? 'default'}/${textAt(each, 'metadata', 'name')}` === end.service,
  );
  const matchLabels = textsAt(service, 'spec', 'selector');
  const labels = Object.entries(matchLabels);
  // Endpoints may be written by hand: only a selector that picks this pod says who it is.
  const picks = labels.length > 0 && labels.every(([key, value]) => end.pod.labels[key] === value);
  return picks ? { matchLabels, matchExpressions: [] } : undefined;
}

/** A fix in one sentence. */
import type { ChangedPolicy } from '../model.ts';
import { portText, type Situation, workloadText } from './fix-kind.ts';

/** What the fix does, to whom, and what stays; `others`: pods (ns/name) that its labels cannot tell from the workload. */
export function summaryOf(situation: Situation, others: readonly string[], changes: readonly ChangedPolicy[]): string {
  const { target, needs, deniedBy } = situation;
  const dns = needs.some(need => need.purpose === 'dns') ? ' and to ask its nameservers' : '';
  const onlyDns = needs.every(need => need.purpose === 'dns');
  const what = onlyDns
    ? 'to ask its nameservers'
    : `to reach ${situation.hostText} on ${portText(situation.port)}${dns}`;
  const far = [
    ...new Set(
      needs.flatMap(need => (need.side === 'ingress' && need.to.kind === 'pod' ? [need.to.pod.namespace] : [])),
    ),
  ];
  const consent = far
    .filter(namespace => namespace !== target.namespace)
    .map(namespace => `; namespace ${namespace} has to agree, since one policy is its own`);
  const shared =
    others.length === 0
      ? ''
      : `; the same labels are on ${others.slice(0, 3).join(', ')}${others.length > 3 ? ` and ${others.length - 3} more` : ''}, which it opens too`;
  const beside =
    changes.length > 0
      ? changes.map(changedText).join(', and ')
      : `beside ${deniedBy.join(', ')}, which ${deniedBy.length === 1 ? 'stays as it is' : 'stay as they are'}`;
  return `Allows ${workloadText(target)} ${what}, ${beside}${consent.join('')}${shared}.`;
}

function changedText({ policy, managedBy }: ChangedPolicy): string {
  const owner = managedBy.length === 0 ? 'nobody is marked as its owner' : `it belongs to ${managedBy.join(', ')}`;
  return `by a change of ${policy} itself (${owner})`;
}

/** Vantages that saw different things where one would expect the same. */
import type { Finding } from '../model.ts';
import type { AddressRow } from './comparison.ts';
import type { Conclusion, DirectWay } from './conclusion.ts';
import { describeReach, isFailing, type Reach } from './reach.ts';
import { sentence } from './wording.ts';

/** Lists, for each address, what control, node and outside saw otherwise than expected beside this conclusion. */
export function vantageFindings(way: DirectWay, conclusion: Conclusion): readonly Finding[] {
  return way.addresses.flatMap(({ row }) => [
    ...controlAndNode(row),
    ...tlsDiffers(row),
    ...outsideDiffers(row, conclusion),
  ]);
}

function differs(text: string): Finding {
  return { kind: 'vantage-differs', text: sentence(text) };
}

/** Both stand outside the pod's policies: where they differ, it is the pod network as such, or the node as such. */
function controlAndNode(row: AddressRow): readonly Finding[] {
  const at = row.address ?? 'the host';
  if (isFailing(row.control) && row.node.kind === 'connected') {
    return [
      differs(
        `${at}: the control pod fails too (${describeReach(row.control)}) and the node gets through: pods of this node as such are cut, not this pod alone`,
      ),
    ];
  }
  if (row.control.kind === 'connected' && isFailing(row.node)) {
    return [differs(`${at}: the control pod gets through and its node does not (${describeReach(row.node)})`)];
  }
  return [];
}

/** The same certificate should be seen from everywhere. */
function tlsDiffers(row: AddressRow): readonly Finding[] {
  const at = row.address ?? 'the host';
  if (row.pod.kind === 'tls-failed' && row.node.kind === 'connected') {
    return [
      differs(
        `${at}: TLS fails from the pod (${row.pod.why}) and not from the node: something between them ends the pod's TLS, or trusts differ`,
      ),
    ];
  }
  return row.pod.kind === 'connected' && row.node.kind === 'tls-failed'
    ? [differs(`${at}: TLS fails from the node (${row.node.why}) and not from the pod`)]
    : [];
}

function outsideDiffers(row: AddressRow, conclusion: Conclusion): readonly Finding[] {
  const isOwnFault = conclusion.code === 'reachable' || isFailing(row.pod) || row.pod.kind === 'not-looked';
  const down: Reach = row.outside;
  if (!isOwnFault || !isFailing(down) || !isFailing(row.node)) return [];
  return [
    differs(
      `${row.address ?? 'the host'} fails from outside the cluster as well (${describeReach(down)}): the host itself may be down`,
    ),
  ];
}

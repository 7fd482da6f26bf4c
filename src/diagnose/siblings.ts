/** Replicas on other nodes: whether they fare like the target, so that "only on node X" is said. */
import type { Finding } from '../model.ts';
import type { VerdictFacts } from './facts.ts';
import { describeReach, isFailing, observationsFrom, type Reach, reachOf } from './reach.ts';
import { listed, sentence } from './wording.ts';

type Replica = { readonly pod: string; readonly node: string | null; readonly reach: Reach };

/** Compares the probed siblings with the target; empty when none was probed, or nothing of the target is known. */
export function siblingFindings(facts: VerdictFacts): readonly Finding[] {
  const own = reachOf(observationsFrom(facts, 'pod', 'direct'), facts.target.sidecars.length > 0);
  const replicas = replicasOf(facts).filter(replica => replica.reach.kind === 'connected' || isFailing(replica.reach));
  if (replicas.length === 0 || (own.kind !== 'connected' && !isFailing(own))) return [];
  const isWorking = own.kind === 'connected';
  const different = replicas.filter(replica => (replica.reach.kind === 'connected') !== isWorking);
  if (different.length === 0) return [];
  return [{ kind: 'sibling-differs', text: sentence(differenceText(facts, isWorking, different, replicas.length)) }];
}

function differenceText(facts: VerdictFacts, isWorking: boolean, different: readonly Replica[], total: number): string {
  const named = listed(different.map(placeText));
  if (isWorking)
    return `the pod gets through, its sibling ${named} does not: ${describeReach(different[0]?.reach ?? NOTHING)}`;
  const isAll = different.length === total && different.every(replica => replica.node !== facts.target.node);
  const only = isAll ? `only on node ${facts.target.node ?? '(unknown)'}: ` : '';
  return `${only}the pod fails, and with the same labels ${named} gets through`;
}

const NOTHING: Reach = { kind: 'not-looked', why: 'no probe ran' };

function placeText(replica: Replica): string {
  return replica.node === null ? replica.pod : `${replica.pod} on node ${replica.node}`;
}

function replicasOf(facts: VerdictFacts): readonly Replica[] {
  const names = [...new Set(facts.observations.flatMap(seen => (seen.sibling === undefined ? [] : [seen.sibling])))];
  return names.map(pod => {
    const seen = facts.observations.filter(
      each =>
        each.sibling === pod &&
        each.via === 'direct' &&
        (each.layer === 'tcp' || each.layer === 'tls' || each.layer === 'http'),
    );
    const node = facts.target.siblings.find(sibling => sibling.pod === pod)?.node ?? null;
    return { pod, node, reach: reachOf(seen, facts.target.sidecars.length > 0) };
  });
}

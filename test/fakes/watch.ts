/** Clusters of one flow whose state a test sets, and what was asked of them. */
import { FaultError } from '../../src/faults.ts';
import type { ClusterQuestion, Clusters } from '../../src/work/ports.ts';
import { BUNDLES, bundleClusters, diagnosisOf } from './bundle-clusters.ts';

/** How the flow is: `denied` names its policy, `dropped` names none, `blind` cannot be asked. */
export type FlowIs = 'good' | 'denied' | 'dropped' | 'blind';

export function watchedClusters(
  now: () => FlowIs,
  before: (question: ClusterQuestion) => Promise<void> = async () => {},
) {
  const asked: ClusterQuestion[] = [];
  const [evidence] = BUNDLES;
  if (evidence === undefined) throw new Error('no bundles');
  const denied = diagnosisOf(evidence);
  const clusters: Clusters = {
    ...bundleClusters(async () => undefined),
    diagnose: async question => {
      asked.push(question);
      await before(question);
      switch (now()) {
        case 'denied':
          return { evidence, diagnosis: denied };
        case 'dropped': {
          const cause = { ...denied.verdict.cause, policies: [], summary: 'the packets are dropped' };
          const verdict = {
            ...denied.verdict,
            code: 'dropped-unexplained' as const,
            confidence: 'observed' as const,
            cause,
          };
          return { evidence, diagnosis: { ...denied, fix: null, verdict } };
        }
        case 'good': {
          const verdict = { ...denied.verdict, code: 'reachable' as const, confidence: 'observed' as const };
          return { evidence, diagnosis: { ...denied, fix: null, verdict } };
        }
        default:
          throw new FaultError({
            code: 'not-found',
            what: 'There is no pod web.',
            cause: 'It is gone.',
            remedy: 'Look.',
          });
      }
    },
  };
  return { clusters, asked };
}

/** Clusters that are evidence bundles: each question is answered at once from the bundle that holds its pod and host. */
import { readdirSync, readFileSync } from 'node:fs';
import { concludeDiagnosis } from '../../src/diagnose/conclude.ts';
import type { StepEvent } from '../../src/diagnose/pipeline.ts';
import type { Evidence } from '../../src/evidence.ts';
import { FaultError } from '../../src/faults.ts';
import type { Diagnosis } from '../../src/model.ts';
import type { ClusterQuestion, Clusters } from '../../src/work/ports.ts';

const FOLDER = new URL('../../src/demo/', import.meta.url);

export const BUNDLES: readonly Evidence[] = readdirSync(FOLDER)
  .filter(file => file.endsWith('.json'))
  .toSorted()
  .map(file => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Evidence);

/** The question that a bundle answers, as somebody would type it. */
export function askedIn({ question, target }: Evidence): { pod: string; host: string; namespace: string } {
  return { pod: question.pod.text, host: question.destination.text, namespace: target.namespace };
}

const concluded = new Map<Evidence, Diagnosis>();

/** Concluded once: tests ask the same many times. */
export function diagnosisOf(evidence: Evidence): Diagnosis {
  const diagnosis = concluded.get(evidence) ?? concludeDiagnosis(evidence);
  concluded.set(evidence, diagnosis);
  return diagnosis;
}

const STEPS: readonly StepEvent['step'][] = ['target', 'collect', 'observe', 'conclude'];

/** `before` runs at each step of each question: it may wait or throw. */
export function bundleClusters(
  before: (step: StepEvent['step'], question: ClusterQuestion) => Promise<void>,
): Clusters {
  return {
    diagnose: async (question, onStep) => {
      for (const step of STEPS) {
        onStep({ step, state: 'started', text: step });
        await before(step, question);
        onStep({ step, state: 'done', text: step });
      }
      const evidence = BUNDLES.find(bundle => {
        const { pod, host, namespace } = askedIn(bundle);
        return pod === question.pod && host === question.host && (question.namespace ?? namespace) === namespace;
      });
      if (evidence === undefined) throw new FaultError(NO_SUCH_POD);
      return { evidence, diagnosis: diagnosisOf(evidence) };
    },
    findPlaces: async (_, pod) =>
      [
        ...new Set(
          BUNDLES.map(askedIn)
            .filter(asked => asked.pod === pod)
            .map(asked => asked.namespace),
        ),
      ].map(namespace => ({ namespace, pod })),
    suggestNamespaces: async (_, typed) => ['default', 'payments'].filter(name => name.includes(typed)),
    suggestPods: async (_, __, typed) => BUNDLES.map(bundle => bundle.target.pod).filter(name => name.includes(typed)),
    access: async () => ({ may: ['list pods'], mayNot: ['create pods/exec'] }),
  };
}

const NO_SUCH_POD = {
  code: 'not-found',
  what: 'There is no pod nobody in namespace payments.',
  cause: 'No pod of the cluster has a name like it.',
  remedy: '`kubectl get pods -A` lists all.',
} as const;

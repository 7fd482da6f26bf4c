/** Where the pod is that somebody named without its namespace: one place, several to choose from, or none. */
import { type Fault, FaultError, type PodChoice } from '../faults.ts';
import type { Elsewhere, SettledQuestion } from './authorize.ts';
import type { ClusterQuestion, Clusters } from './ports.ts';

/**
 * Looks in all namespaces and keeps those that this person may ask about: the others are not even named. Throws
 * `ambiguous` with the choices, or `notFound` where there is none.
 */
export async function findElsewhere(
  clusters: Pick<Clusters, 'findPlaces'>,
  question: ClusterQuestion,
  { others, notFound }: { readonly others: Elsewhere; readonly notFound: Fault },
): Promise<SettledQuestion> {
  const places = await clusters.findPlaces(question.cluster, question.pod);
  const found = places
    .map(place => ({ place, question: others(place.namespace) }))
    .filter((one): one is { place: PodChoice; question: SettledQuestion } => one.question !== null);
  const [only, second] = found;
  if (only === undefined) throw new FaultError(notFound);
  if (second === undefined) return only.question;
  throw new FaultError({
    code: 'ambiguous',
    what: `There is more than one ${question.pod}.`,
    cause: `It is in the namespaces ${found.map(({ place }) => place.namespace).join(', ')}.`,
    remedy: 'Choose one, or say which with -n.',
    choices: found.map(({ place }) => place),
  });
}

/** For a pod of which not even a namespace was named. */
export function nowhereFault({ pod, cluster }: ClusterQuestion): Fault {
  return {
    code: 'not-found',
    what: `No pod ${pod} was found where you may ask.`,
    cause: `All namespaces of the cluster ${cluster} were looked through.`,
    remedy: 'Name its namespace with -n, which also says whether it may be asked about.',
  };
}

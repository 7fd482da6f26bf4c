/** Where the configuration wants it, the cluster itself decides, too: may the person who asks get pods there? */
import { FaultError } from '../faults.ts';
import type { Asker } from '../queue/job.ts';
import type { SettledQuestion } from './authorize.ts';
import type { Work } from './work.ts';

/** Throws a `refused` fault when they may not, or when these clusters cannot tell: no answer is no permission. */
export async function reviewAsker(work: Work, asker: Asker, { cluster, namespace }: SettledQuestion): Promise<void> {
  const wanted = work.settings.subjectAccessReview;
  // The bot's own jobs are nobody's.
  if (wanted === null || asker.kind === 'system') return;
  const name = wanted.usernameTemplate.replaceAll('{user}', asker.user);
  const { mayGetPods } = work.ports.clusters;
  const review =
    mayGetPods === undefined
      ? ({ kind: 'no', why: 'These clusters are captured ones, and know no persons.' } as const)
      : await mayGetPods(cluster, namespace, name);
  if (review.kind === 'yes') return;
  throw new FaultError({
    code: 'refused',
    what: `The cluster ${cluster} does not let you get pods in ${namespace}.`,
    cause: `It was asked about ${name}. ${review.why === '' ? 'No role allows it.' : review.why}`,
    remedy: `Ask for a role there that may get pods, bound to the user ${name}.`,
  });
}

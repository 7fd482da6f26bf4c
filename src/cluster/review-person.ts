/** Asks the API server whether a person, not the bot, may get pods in a namespace. */
import { FaultError } from '../faults.ts';
import { faultOfAnswer } from './api-faults.ts';
import type { Connection } from './connect.ts';
import { asRecord, textOf } from './json.ts';

/** `why` is the authorizer's reason; empty where it gives none: with RBAC, no role allows it. */
export type PersonReview = { readonly kind: 'yes' } | { readonly kind: 'no'; readonly why: string };

/**
 * Asks. Takes the right to create subjectaccessreviews (infra/kubernetes/overlays/review-persons); throws a FaultError
 * without it. https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/subject-access-review-v1/
 */
export async function reviewPerson(
  { reader, serverUrl }: Connection,
  { user, namespace }: { readonly user: string; readonly namespace: string },
): Promise<PersonReview> {
  const resourceAttributes = { verb: 'get', group: '', resource: 'pods', namespace };
  const answer = await reader.send({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: { user, resourceAttributes } },
  });
  if (answer.kind !== 'ok') {
    const fault = faultOfAnswer(answer, `ask what ${user} may do`, serverUrl);
    const remedy =
      'Apply infra/kubernetes/overlays/review-persons, or take subjectAccessReview out of the configuration.';
    throw new FaultError(answer.kind === 'refused' && answer.status === 403 ? { ...fault, remedy } : fault);
  }
  const status = asRecord(asRecord(answer.body).status);
  if (status.allowed === true) return { kind: 'yes' };
  return { kind: 'no', why: textOf(status.reason) || textOf(status.evaluationError) };
}

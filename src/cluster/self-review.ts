/** Asks the API server what the current identity may do, which everybody may ask of themselves. */
import type { ApiClient } from './client.ts';
import { asRecord, textOf } from './json.ts';

/** One thing that somebody may do or not. `namespace` null: in all namespaces, or cluster-scoped. */
export type Asked = {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `pods/exec`. */
  readonly resource: string;
  readonly namespace: string | null;
  readonly name: string | null;
};

/** `why` is empty where the authorizer gives no reason: with RBAC, no role allows it. */
export type Allowed = { readonly allowed: 'yes' } | { readonly allowed: 'no' | 'not checked'; readonly why: string };

/** Asks for one right. https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/self-subject-access-review-v1/ */
export async function reviewSelf(client: ApiClient, asked: Asked): Promise<Allowed> {
  const [resource = '', subresource] = asked.resource.split('/');
  const resourceAttributes = {
    verb: asked.verb,
    group: asked.group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(asked.namespace === null ? {} : { namespace: asked.namespace }),
    ...(asked.name === null ? {} : { name: asked.name }),
  };
  const answer = await client.send({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
  });
  if (answer.kind !== 'ok')
    return { allowed: 'not checked', why: answer.kind === 'refused' ? answer.message : answer.why };
  const status = asRecord(asRecord(answer.body).status);
  if (status.allowed === true) return { allowed: 'yes' };
  return { allowed: 'no', why: textOf(status.reason) || textOf(status.evaluationError) };
}

/** The user's name as the API server knows it; null: it does not tell (before Kubernetes 1.28). */
export async function readOwnName(client: ApiClient): Promise<string | null> {
  const answer = await client.send({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });
  if (answer.kind !== 'ok') return null;
  return textOf(asRecord(asRecord(asRecord(answer.body).status).userInfo).username) || null;
}

/** Says why the API server refused a call of the prober, in words that lead to the remedy. */
import type { ApiAnswer, ApiClient } from './client.ts';
import { asRecord } from './json.ts';

/** A call as a rule of RBAC names it. */
export type RightNeeded = {
  readonly verb: string;
  readonly group: string;
  /** `pods`, or `pods/exec`. */
  readonly resource: string;
  readonly namespace: string;
};

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * One sentence for an answer that was not ok. A 403 comes from RBAC or from admission (PodSecurity, quota, webhook), and
 * the answer does not say from which: so the API server is asked whether the right is there at all.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#checking-api-access
 */
export async function whyRefused(
  client: ApiClient,
  answer: Exclude<ApiAnswer, { kind: 'ok' }>,
  right: RightNeeded,
): Promise<string> {
  if (answer.kind === 'no-answer') return `the API server did not answer (${answer.errno}: ${answer.why})`;
  if (answer.status !== 403) return `the API server answered ${answer.status} ${answer.reason}: ${answer.message}`;
  switch (await hasRight(client, right)) {
    case 'yes':
      return `admission refused it: ${answer.message}`;
    case 'no':
      return `no permission: ${rbacLine(right)}`;
    case 'not checked':
      return `forbidden: ${answer.message}`;
  }
}

/** The rule that is missing, and where it goes. */
export function rbacLine(right: RightNeeded): string {
  return `needs a Role in ${right.namespace} with apiGroups: ["${right.group}"], resources: ["${right.resource}"], verbs: ["${right.verb}"]`;
}

async function hasRight(client: ApiClient, right: RightNeeded): Promise<'yes' | 'no' | 'not checked'> {
  const [resource, subresource] = right.resource.split('/');
  const resourceAttributes = {
    namespace: right.namespace,
    verb: right.verb,
    group: right.group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
  };
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
  const answer = await client.send({ method: 'POST', path: REVIEWS, body });
  if (answer.kind !== 'ok') return 'not checked';
  return asRecord(asRecord(answer.body).status).allowed === true ? 'yes' : 'no';
}

/** Pods that are not there yet: what Deployments and the like in manifest files would start. */
import { identityOf, isRecord, type Json, memberOf } from '../policy/reading.ts';

/** Where each kind of workload has its pod template. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  'apps Deployment': ['spec', 'template'],
  'apps StatefulSet': ['spec', 'template'],
  'apps DaemonSet': ['spec', 'template'],
  'apps ReplicaSet': ['spec', 'template'],
  'batch Job': ['spec', 'template'],
  'batch CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** One Pod object, named after its workload, for each workload that no other one owns; other objects give none. */
export function podsOfWorkloads(objects: readonly unknown[]): readonly Json[] {
  return objects.flatMap(object => {
    const identity = identityOf(object);
    if (identity === null || identity.name === null) return [];
    const path = TEMPLATES[`${identity.group} ${identity.kind}`];
    const template = path === undefined ? undefined : memberOf(object, ...path);
    const owners = memberOf(object, 'metadata', 'ownerReferences');
    if (!isRecord(template) || (Array.isArray(owners) && owners.length > 0)) return [];
    const metadata = isRecord(template.metadata) ? template.metadata : {};
    return [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...metadata,
          name: `${identity.kind.toLowerCase()}-${identity.name}`,
          namespace: identity.namespace ?? 'default',
        },
        spec: template.spec,
      },
    ];
  });
}

/**
 * Whether a twin may be made: it carries the target's labels, so whatever selects the target selects it too. Services that
 * publish addresses that are not ready would route to it; a PodDisruptionBudget or a HorizontalPodAutoscaler would count it.
 */
import type { Target } from '../model.ts';
import { apiPath, type ResourceType } from './api-path.ts';
import type { ApiClient } from './client.ts';
import { asList, asRecord, textOf, textsOf } from './json.ts';
import { whyRefused } from './refused-call.ts';

/** The objects of the target's namespace that could see a twin, as JSON from the API server. */
export type TwinRivals = {
  readonly services: readonly unknown[];
  readonly budgets: readonly unknown[];
  readonly autoscalers: readonly unknown[];
};

const SERVICES: ResourceType = { group: '', version: 'v1', plural: 'services' };
const BUDGETS: ResourceType = { group: 'policy', version: 'v1', plural: 'poddisruptionbudgets' };
const AUTOSCALERS: ResourceType = { group: 'autoscaling', version: 'v2', plural: 'horizontalpodautoscalers' };

/** Reads the three lists and says why no twin may be made, or null. What cannot be read cannot be ruled out: refused. */
export async function twinRefusal(client: ApiClient, target: Target): Promise<string | null> {
  const namespace = target.namespace;
  const lists = await Promise.all(
    [SERVICES, BUDGETS, AUTOSCALERS].map(async type => {
      const answer = await client.send({ method: 'GET', path: apiPath(type, { namespace }) });
      if (answer.kind === 'ok') return { kind: 'read', items: asList(asRecord(answer.body).items) } as const;
      const why = await whyRefused(client, answer, {
        verb: 'list',
        group: type.group,
        resource: type.plural,
        namespace,
      });
      return {
        kind: 'unread',
        why: `${type.plural} of ${namespace} cannot be read, and one could count or reach the twin: ${why}`,
      } as const;
    }),
  );
  const unread = lists.find(list => list.kind === 'unread');
  if (unread !== undefined) return unread.why;
  const [services = [], budgets = [], autoscalers = []] = lists.map(list => (list.kind === 'read' ? list.items : []));
  return rivalOf(target, { services, budgets, autoscalers });
}

/**
 * Names the first object that would take a twin of this target for the real thing, or null. A Service without
 * `publishNotReadyAddresses` does not: the twin is never Ready.
 */
export function rivalOf(target: Target, rivals: TwinRivals): string | null {
  const service = rivals.services.find(object => publishesNotReady(object) && selectsByMap(object, target.labels));
  if (service !== undefined)
    return `Service ${nameOf(service)} publishes addresses that are not ready, so it would route to the twin`;
  const budget = rivals.budgets.find(object =>
    selectsByExpressions(asRecord(asRecord(object).spec).selector, target.labels),
  );
  if (budget !== undefined) return `PodDisruptionBudget ${nameOf(budget)} would count the twin`;
  const autoscaler = rivals.autoscalers.find(object => mayScale(object, target));
  if (autoscaler !== undefined) return `HorizontalPodAutoscaler ${nameOf(autoscaler)} would count the twin`;
  return null;
}

function publishesNotReady(service: unknown): boolean {
  const object = asRecord(service);
  // The annotation is the field's forerunner and is still honoured.
  const annotation = textsOf(asRecord(object.metadata).annotations)[
    'service.alpha.kubernetes.io/tolerate-unready-endpoints'
  ];
  return asRecord(object.spec).publishNotReadyAddresses === true || annotation === 'true';
}

/** A Service without a selector selects nothing. */
function selectsByMap(service: unknown, labels: Target['labels']): boolean {
  const selector = Object.entries(textsOf(asRecord(asRecord(service).spec).selector));
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value);
}

/**
 * A label selector: absent selects nothing, empty everything. An operator that is not known is taken to match: a twin too
 * few is better than an eviction too many.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements
 */
function selectsByExpressions(selector: unknown, labels: Target['labels']): boolean {
  if (selector === undefined || selector === null) return false;
  const { matchLabels, matchExpressions } = asRecord(selector);
  const byLabels = Object.entries(textsOf(matchLabels)).every(([key, value]) => labels[key] === value);
  return byLabels && asList(matchExpressions).every(expression => holds(asRecord(expression), labels));
}

function holds(expression: Readonly<Record<string, unknown>>, labels: Target['labels']): boolean {
  const value = labels[textOf(expression.key)];
  const values = asList(expression.values);
  switch (expression.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return true;
  }
}

/**
 * An autoscaler counts the pods that its workload's selector matches. The target's topmost owner is that workload, or, where
 * it could not be read, the ReplicaSet named after it.
 */
function mayScale(autoscaler: unknown, { owner }: Target): boolean {
  if (owner === null) return false;
  const reference = asRecord(asRecord(asRecord(autoscaler).spec).scaleTargetRef);
  const name = textOf(reference.name);
  if (owner.name === name && owner.kind === textOf(reference.kind)) return true;
  return owner.kind === 'ReplicaSet' && owner.name.startsWith(`${name}-`);
}

function nameOf(object: unknown): string {
  return textOf(asRecord(asRecord(object).metadata).name);
}

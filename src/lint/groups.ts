/**
 * Pods that the same policies select share every answer. Where no pod is known, a policy's own selector stands for the
 * pods that it would select: policies that select all of them are certain, those that may select some are possible.
 */
import { matchSubject } from '../policy/judge-policy.ts';
import type { ClusterPod, Rule } from '../policy/model.ts';
import { podName } from '../policy/packet.ts';
import { selectorText } from '../policy/selector.ts';
import { coversSubject, mayOverlap, plainExpression } from './selector-logic.ts';
import { type PolicyEntry, type World, writtenRules } from './world.ts';

/** Pods, known or not, and the policies of their egress. */
export type Group = {
  /** Empty: pods of this kind are not among the objects. */
  readonly pods: readonly ClusterPod[];
  /** The pods in a sentence. */
  readonly text: string;
  /** Those that select every pod of the group, in the order of the book. */
  readonly certain: readonly PolicyEntry[];
  readonly possible: readonly PolicyEntry[];
};

const groupsByWorld = new WeakMap<World, readonly Group[]>();

/** The groups whose egress a policy certainly shuts but for what is allowed. */
export function isolatedGroups(world: World): readonly Group[] {
  const known = groupsByWorld.get(world) ?? findGroups(world);
  groupsByWorld.set(world, known);
  return known;
}

function findGroups(world: World): readonly Group[] {
  const entries = world.policies.filter(
    ({ layer, policy }) => layer === 'network policy' && (policy.isolates.egress || policy.egress !== 'absent'),
  );
  const ofPods = groupPods(entries, world);
  const selecting = new Set(ofPods.flatMap(({ certain, possible }) => [...certain, ...possible]));
  const alone = entries.filter(entry => shutsEgress(entry) && !selecting.has(entry) && mayHavePods(entry));
  return [...ofPods, ...alone.map(entry => groupOfSelector(entry, entries, world))].filter(isIsolated);
}

/** Whether a policy can select pods at all; policies of nodes cannot. */
export function mayHavePods({ policy: { subject } }: PolicyEntry): boolean {
  return subject.namespaces.kind !== 'none' && !/"(any:)?reserved:host"/.test(JSON.stringify(subject.pods.expression));
}

/** Whether selecting a pod shuts its egress but for what is allowed: not in a tier whose end passes flows on. */
export function shutsEgress({ policy, tier }: PolicyEntry): boolean {
  return policy.isolates.egress && (tier.combine === 'union' || tier.endOfTier === 'deny');
}

function isIsolated({ certain }: Group): boolean {
  return certain.some(shutsEgress);
}

function groupPods(entries: readonly PolicyEntry[], world: World): readonly Group[] {
  const groups = new Map<string, { readonly group: Omit<Group, 'text' | 'pods'>; readonly pods: ClusterPod[] }>();
  const near = nearNamespace(entries);
  for (const [first, ...others] of alikePods(world)) {
    if (first === undefined) continue;
    const judged = near(first.namespace).map(({ entry, index }) => {
      return { entry, index, match: selects(entry, first, world) };
    });
    const chosen = judged.filter(({ match }) => match !== 'no');
    const key = chosen.map(({ index, match }) => `${index} ${match}`).join();
    const found = groups.get(key) ?? {
      group: {
        certain: chosen.filter(({ match }) => match === 'yes').map(({ entry }) => entry),
        possible: chosen.filter(({ match }) => match === 'unknown').map(({ entry }) => entry),
      },
      pods: [],
    };
    groups.set(key, found);
    found.pods.push(first, ...others);
  }
  return [...groups.values()].map(({ group, pods }) => ({ ...group, pods, text: podsText(pods) }));
}

type Numbered = { readonly entry: PolicyEntry; readonly index: number };

/** The policies that may count in a namespace: most are of another one, and there may be thousands. */
function nearNamespace(entries: readonly PolicyEntry[]): (namespace: string) => readonly Numbered[] {
  const numbered = entries.map((entry, index) => ({ entry, index }));
  const known = new Map<string, readonly Numbered[]>();
  return namespace => {
    const isNear = ({ entry: { policy } }: Numbered) => {
      const { namespaces } = policy.subject;
      return namespaces.kind !== 'named' || namespaces.names.includes(namespace);
    };
    const found = known.get(namespace) ?? numbered.filter(isNear);
    known.set(namespace, found);
    return found;
  };
}

function selects({ policy: { subject } }: PolicyEntry, pod: ClusterPod, { cluster }: World): 'yes' | 'no' | 'unknown' {
  return matchSubject(subject, { subject: pod, cluster }).match;
}

/** Pods that no policy can tell apart. */
function alikePods({ cluster }: World): Iterable<readonly ClusterPod[]> {
  const pods = [...cluster.pods.values()].filter(pod => !pod.finished);
  return Map.groupBy(pods, pod =>
    JSON.stringify([
      pod.namespace,
      Object.entries(pod.labels).toSorted(),
      pod.serviceAccount,
      pod.hostNetwork,
      pod.containers,
      pod.annotations,
    ]),
  ).values();
}

function podsText(pods: readonly ClusterPod[]): string {
  const [first, ...others] = pods;
  if (first === undefined) return 'no pod';
  return others.length === 0 ? `pod ${podName(first)}` : `${pods.length} pods (${podName(first)} and others)`;
}

function groupOfSelector(entry: PolicyEntry, entries: readonly PolicyEntry[], world: World): Group {
  const { subject } = entry.policy;
  const touching = entries.filter(each => each === entry || mayOverlap(each.policy.subject, subject, world.cluster));
  const covers = new Set(
    touching.filter(each => each === entry || coversSubject(each.policy.subject, subject, world.cluster) === 'yes'),
  );
  return {
    pods: [],
    text: `pods that it selects (${selectorText(plainExpression(subject.pods))})`,
    certain: touching.filter(each => covers.has(each)),
    possible: touching.filter(each => !covers.has(each)),
  };
}

/** Whether a rule can let anything through: it accepts, or leaves the tier, and none of its conditions is impossible. */
function mayAllow(rule: Rule): boolean {
  if (rule.action !== 'accept' && rule.action !== 'pass') return false;
  return rule.fields.every(
    ({ negated, anyOf }) => negated || anyOf.some(term => term.kind !== 'nobody' && term.kind !== 'nothing'),
  );
}

/** The egress rules of some policies that can let anything through. */
export function allowingRules(entries: readonly PolicyEntry[]): readonly Rule[] {
  return entries.flatMap(({ policy }) => writtenRules(policy, 'egress').filter(mayAllow));
}

/** The policy to put a group's shortcoming down to: the last that allows something, else the first that shuts. */
export function blamed({ certain }: Group): PolicyEntry | null {
  const shutting = certain.filter(shutsEgress);
  return shutting.findLast(entry => allowingRules([entry]).length > 0) ?? shutting[0] ?? null;
}

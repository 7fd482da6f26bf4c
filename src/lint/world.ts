/** What rules look at: the policies as the evaluator has them, the pods, and where each object is written. */
import { type ClusterRanges, clusterRanges } from '../diagnose/fix-ranges.ts';
import type { ApiListing, KubernetesObject } from '../evidence.ts';
import type { Engine } from '../model.ts';
import { readClusterState } from '../policy/cluster-state.ts';
import { detectEngine } from '../policy/engine.ts';
import type { ClusterState, Policy, Rule, RuleBook, Tier } from '../policy/model.ts';
import { identityOf, isRecord, type Json, objectName, referenceKind, referenceText } from '../policy/reading.ts';
import { readRuleBook } from '../policy/rule-book.ts';
import type { Place } from './finding.ts';
import { type ObjectSource, type Path, type Remark, readSources } from './source.ts';
import { podsOfWorkloads } from './workloads.ts';

/** The objects of one file, or of a cluster. */
export type LintSource = {
  /** null: read from a cluster. */
  readonly file: string | null;
  /** What `objects` were read from, for their lines; null: a cluster. */
  readonly text: string | null;
  readonly objects: readonly unknown[];
};

/** What is linted together: the objects of one cluster, as far as they are given. */
export type LintInput = {
  readonly sources: readonly LintSource[];
  /** What names resolve to, as somebody said or looked up. */
  readonly dns: Readonly<Record<string, readonly string[]>>;
  /** Hosts that DNS was asked for, and why it told nothing of use; absent: nobody asked. */
  readonly lookedUpInVain?: Readonly<Record<string, string>>;
  /** `--engine` or a case file's; null: to be found among the objects. */
  readonly engine: Engine | null;
  /** Ranges of pods and Services that somebody named, CIDR. */
  readonly clusterCidrs: readonly string[];
  readonly apis: readonly ApiListing[];
  /** `whole-cluster`: every pod and namespace is among the objects; a folder of manifests may have some of them. */
  readonly extent: 'whole-cluster' | 'some-objects';
};

/** A policy with its place in the book. `position` grows in the order of evaluation within a tier. */
export type PolicyEntry = {
  readonly policy: Policy;
  /** `Kind ns/name`. */
  readonly name: string;
  readonly layer: string;
  readonly tier: Tier;
  readonly position: number;
};

/** Everything that the rules share. */
export type World = {
  readonly input: LintInput;
  readonly book: RuleBook;
  /** Whether something else than the policies themselves told which engine enforces them. */
  readonly engineIsKnown: boolean;
  /** Pods that workloads would start are among its pods. */
  readonly cluster: ClusterState;
  readonly problems: RuleBook['problems'];
  readonly policies: readonly PolicyEntry[];
  readonly ranges: ClusterRanges;
  /** Where an object, or a value in it, is written; null: in no file. */
  readonly placeOf: (name: string, path?: Path) => Place | null;
  /** The objects of a name; several when it is written more than once. */
  readonly objectsNamed: (name: string) => readonly Json[];
  /** Comments beside the values of an object. */
  readonly remarksOf: (name: string) => readonly Remark[];
};

/** Reads the input. Never throws, whatever the objects are. */
export function readWorld(input: LintInput): World {
  const written = input.sources.flatMap(source => source.objects);
  const objects = [...written, ...podsOfWorkloads(written)];
  const { engine, known } = engineOf(input, objects);
  const book = readRuleBook(objects, { engine, apis: input.apis });
  const { cluster, problems } = readClusterState(objects, input.dns);
  const index = indexOf(input.sources);
  const places = (name: string) => index.get(name) ?? [];
  return {
    input,
    book,
    engineIsKnown: known,
    cluster,
    problems: [...book.problems, ...problems],
    policies: entriesOf(book),
    ranges: clusterRanges(objects.filter(isKubernetesObject), cluster),
    placeOf: (name, path = []) => places(name)[0]?.placeOf(path) ?? null,
    objectsNamed: name => places(name).flatMap(({ object }) => (isRecord(object) ? [object] : [])),
    remarksOf: name => places(name).flatMap(each => each.remarks()),
  };
}

/** Policies tell which engine they are for, not which one is there. */
function engineOf(
  { engine }: LintInput,
  objects: readonly unknown[],
): { readonly engine: Engine; readonly known: boolean } {
  if (engine !== null) return { engine, known: engine.name !== 'unknown' };
  const byAgent = detectEngine(objects.filter(object => identityOf(object)?.kind === 'DaemonSet'));
  if (byAgent.name !== 'unknown') return { engine: byAgent, known: true };
  return { engine: detectEngine(objects), known: false };
}

function entriesOf(book: RuleBook): readonly PolicyEntry[] {
  return book.layers.flatMap(layer =>
    layer.tiers.flatMap(tier =>
      tier.policies
        .filter(policy => policy.implied !== true)
        .map((policy, position) => ({ policy, name: referenceText(policy.ref), layer: layer.name, tier, position })),
    ),
  );
}

type Written = {
  readonly object: unknown;
  readonly placeOf: (path: Path) => Place | null;
  readonly remarks: () => readonly Remark[];
};

/** Objects by `Kind ns/name` as policies and problems name them; what is no object by `item N`. */
function indexOf(sources: readonly LintSource[]): ReadonlyMap<string, readonly Written[]> {
  const index = new Map<string, Written[]>();
  let count = 0;
  for (const source of sources) {
    const lines = linesOf(source);
    source.objects.forEach((object, number) => {
      count += 1;
      const { file } = source;
      const at = (path: Path) => lines()[number]?.lineOf(path) ?? null;
      const written: Written = {
        object,
        placeOf: path => (file === null ? null : { file, line: at(path) }),
        remarks: () => lines()[number]?.remarks ?? [],
      };
      for (const name of namesOf(object, count)) index.set(name, [...(index.get(name) ?? []), written]);
    });
  }
  return index;
}

function namesOf(object: unknown, count: number): ReadonlySet<string> {
  const identity = identityOf(object);
  const names = new Set([objectName(object, count)]);
  if (identity?.name != null && identity.namespace === null)
    names.add(referenceText({ kind: referenceKind(identity), namespace: 'default', name: identity.name }));
  return names;
}

/** A file is read for its lines when the first of them is asked for. */
function linesOf({ text, objects }: LintSource): () => readonly ObjectSource[] {
  let known: readonly ObjectSource[] | null = null;
  return () => {
    const found = known ?? (text === null ? [] : readSources(text));
    // Two ways of reading that disagree would name wrong lines.
    known = found.length === objects.length ? found : [];
    return known;
  };
}

function isKubernetesObject(object: unknown): object is KubernetesObject {
  return isRecord(object) && typeof object.kind === 'string' && isRecord(object.metadata);
}

/** Steps to a rule in its object: `['spec', 'egress', 0]`, by its own name where that tells (`specs[1].egressDeny[2]`). */
export function pathOfRule(rule: Rule, side: 'egress' | 'ingress'): Path {
  const named = /^((?:specs\[\d+\]\.)?)(egress|egressDeny|ingress|ingressDeny)\[(\d+)\]/.exec(rule.name ?? '');
  if (named === null) return ['spec', side, rule.index];
  const spec = /^specs\[(\d+)\]/.exec(named[1] ?? '');
  const root: Path = spec === null ? ['spec'] : ['specs', Number(spec[1])];
  return [...root, named[2] ?? side, Number(named[3])];
}

/** The rules that somebody wrote for one side. */
export function writtenRules(policy: Policy, side: 'egress' | 'ingress'): readonly Rule[] {
  const rules = policy[side];
  return rules === 'absent' ? [] : rules.filter(rule => rule.implied !== true);
}

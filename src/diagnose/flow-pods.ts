/**
 * Puts pods that no rule tells apart into one class, so that 5,000 pods are judged as a few dozen. Whatever a rule can see
 * of a pod is in the key: namespace, service account, the labels that some rule asks for, its address as far as some
 * block cuts there, its named ports when some rule names ports, its mesh proxy when some rule is for one.
 */
import type { Address } from '../policy/address.ts';
import { proxyKey } from '../policy/istio-proxy.ts';
import { keysOf } from '../policy/match-pods.ts';
import type { ClusterPod, ClusterState, NamespaceScope, Policy, RuleBook, Selector, Term } from '../policy/model.ts';
import { cutAtEnds, type Interval } from './address-sets.ts';
import { termsOf } from './fix-terms.ts';
import { addressesOf } from './flow-judge.ts';

/** `first` stands for all. Finished pods are in no class: their address is free again. */
export type PodClass = { readonly first: ClusterPod; readonly pods: readonly ClusterPod[] };

/** Every policy of a book, in order. */
function policiesOf(book: RuleBook): readonly Policy[] {
  return book.layers.flatMap(layer => layer.tiers.flatMap(tier => tier.policies));
}

/** Classes of all running pods, as the rules of all `books` together see them. */
export function podClasses(books: readonly RuleBook[], cluster: ClusterState): readonly PodClass[] {
  const policies = books.flatMap(policiesOf);
  const terms = policies.flatMap(policy => [...termsOf(policy, 'egress'), ...termsOf(policy, 'ingress')]);
  const running = [...cluster.pods.values()].filter(pod => !pod.finished);
  const seesProxies = policies.some(({ subject }) => subject.proxy !== undefined);
  return classesOf(running, terms, { selectors: policies.flatMap(subjectSelectors), seesProxies });
}

/** Classes of `pods` as peers of these terms alone: far fewer, since few rules ask for few labels. */
export function classesFor(pods: readonly ClusterPod[], terms: readonly Term[]): readonly PodClass[] {
  return classesOf(pods, terms, { selectors: [], seesProxies: false });
}

function classesOf(
  pods: readonly ClusterPod[],
  terms: readonly Term[],
  subjects: { readonly selectors: readonly Selector[]; readonly seesProxies: boolean },
): readonly PodClass[] {
  const keys = labelKeys([...subjects.selectors, ...terms.flatMap(termSelectors)]);
  const cells = cellsOf(terms);
  const seesPorts = terms.some(term => term.kind === 'named-port');
  // Which pods stand behind a Service is told by their addresses.
  const seesServices = terms.some(term => term.kind === 'service-backends' || term.kind === 'service-endpoints');
  const classes = new Map<string, ClusterPod[]>();
  for (const pod of pods) {
    const key = JSON.stringify([
      pod.namespace,
      pod.serviceAccount,
      keys.map(key => pod.labels[key] ?? null),
      addressesOf(pod).map(each => cellOf(each, cells)),
      seesPorts ? pod.ports : [],
      seesServices ? pod.addresses : [],
      subjects.seesProxies ? proxyKey(pod) : '',
      // A hostNetwork pod is its node on the wire, and rules may ask which one.
      pod.hostNetwork ? pod.node : false,
    ]);
    const members = classes.get(key);
    if (members === undefined) classes.set(key, [pod]);
    else members.push(pod);
  }
  return [...classes.values()].flatMap(members =>
    members[0] === undefined ? [] : [{ first: members[0], pods: members }],
  );
}

/** Label keys that some selector asks for. Cilium writes `k8s:app` or `any:app` for `app`: both are kept. */
function labelKeys(selectors: readonly Selector[]): readonly string[] {
  const asked = new Set(selectors.flatMap(selector => keysOf(selector.expression)));
  return [...new Set([...asked].flatMap(key => [key, key.slice(key.indexOf(':') + 1)]))];
}

function subjectSelectors({ subject }: Policy): readonly Selector[] {
  return [subject.pods, ...scopeSelectors(subject.namespaces)];
}

function termSelectors(term: Term): readonly Selector[] {
  return term.kind === 'pods' || term.kind === 'where-subject' ? [term.pods, ...scopeSelectors(term.namespaces)] : [];
}

/** A namespace's labels are told by its name, which is in the key; but Cilium's view mixes both into one set. */
function scopeSelectors(scope: NamespaceScope): readonly Selector[] {
  return scope.kind === 'selected' ? [scope.selector] : [];
}

type Cells = Readonly<Record<4 | 6, readonly Interval[]>>;

/** Where blocks that can match a pod's address begin and end. */
function cellsOf(terms: readonly Term[]): Cells {
  const ranges = terms.flatMap(term =>
    term.kind === 'ipBlock' && term.overPods !== 'outside-only' ? [term.range, ...term.except] : [],
  );
  return { 4: cutAtEnds(4, ranges), 6: cutAtEnds(6, ranges) };
}

/** Family and number of the cell that holds the address. */
function cellOf({ family, value }: Address, cells: Cells): string {
  const starts = cells[family];
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle]?.first ?? 0n) <= value) low = middle;
    else high = middle - 1;
  }
  return `${family}/${low}`;
}

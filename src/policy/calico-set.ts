/**
 * What a Calico selector can choose beside pods: NetworkSet, GlobalNetworkSet and HostEndpoint, each a list of addresses
 * with labels. https://docs.tigera.io/calico/latest/reference/resources/globalnetworkset
 */
import type { Problem } from '../model.ts';
import { rangeOf, readAddress, readRange } from './address.ts';
import type { PeerTerm } from './model.ts';
import { type Json, memberOf, type Notebook, objectName, quoted, textAt, textsAt } from './reading.ts';

/** Addresses that a selector may choose by label. */
export type NetworkSet = {
  /** `GlobalNetworkSet partners`. */
  readonly name: string;
  /** null: belongs to no namespace. */
  readonly namespace: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly nets: readonly PeerTerm[];
  /** Calico Enterprise and Cloud: names that egress rules with the action Allow take in as well. */
  readonly domains: readonly PeerTerm[];
  /** Why such sets could not be listed: what they hold, and whether a selector chooses any, is then open. */
  readonly unlisted?: string;
};

/** Sets and host endpoints of a cluster, and what could not be read in them. */
export type NetworkSets = { readonly sets: readonly NetworkSet[]; readonly problems: readonly Problem[] };

/** Reads every NetworkSet and GlobalNetworkSet. A bad CIDR stays in its set as what is not known. */
export function readNetworkSets(objects: readonly Json[]): NetworkSets {
  const problems: Problem[] = [];
  const sets = objects.map(object => {
    const notebook: Notebook = { problems: [] };
    const namespace = textAt(object, 'metadata', 'namespace');
    const nets = readNets(memberOf(object, 'spec', 'nets'), 'spec.nets', notebook);
    const domains = readDomains(
      memberOf(object, 'spec', 'allowedEgressDomains'),
      'spec.allowedEgressDomains',
      notebook,
    );
    const name = objectName(object);
    problems.push(...notebook.problems.map(why => ({ object: name, why: `${why} in a set` })));
    const doubted = (terms: readonly PeerTerm[]) => doubt(terms, notebook);
    return { name, namespace, labels: labelsOf(object, namespace), nets: doubted(nets), domains: doubted(domains) };
  });
  return { sets, problems };
}

/** Stands for all sets of a kind that could not be listed. */
export function unlistedSets(kind: string, why: string): NetworkSet {
  const name = `${kind}s`;
  return { name, namespace: null, labels: {}, nets: [], domains: [], unlisted: `${name} ${why}` };
}

/** Felix passes over a whole object that its API would refuse (ValidationFilter, felix/calc): what is right in it may not count. */
function doubt(terms: readonly PeerTerm[], { problems }: Notebook): readonly PeerTerm[] {
  const [why] = problems;
  if (why === undefined) return terms;
  return terms.map(term =>
    term.kind === 'unreadable' ? term : { kind: 'all-of', terms: [term, { kind: 'unreadable', why }], text: why },
  );
}

/**
 * Host endpoints by their expectedIPs; one that has none stands for addresses of a node that nobody wrote down. No pod is
 * a host endpoint. https://docs.tigera.io/calico/latest/reference/resources/hostendpoint
 */
export function readHostEndpoints(objects: readonly Json[]): readonly NetworkSet[] {
  return objects.map(object => {
    const name = objectName(object);
    const nets = readNets(memberOf(object, 'spec', 'expectedIPs'), 'spec.expectedIPs', { problems: [] });
    return {
      name,
      namespace: null,
      labels: labelsOf(object, null),
      nets: nets.length > 0 ? nets : [someNode(name)],
      domains: [],
    };
  });
}

function someNode(name: string): PeerTerm {
  const why = `the addresses of ${name} are those of an interface, which no object tells`;
  const nodes: PeerTerm = { kind: 'nodes', selector: { view: 'kubernetes', expression: { op: 'true' } } };
  return { kind: 'all-of', terms: [nodes, { kind: 'unreadable', why }], text: name };
}

/** Calico puts the namespace among the labels of what is in one. */
function labelsOf(object: Json, namespace: string | null): Readonly<Record<string, string>> {
  const labels = { ...textsAt(object, 'metadata', 'labels'), ...storedLabels(object) };
  return namespace === null ? labels : { ...labels, 'projectcalico.org/namespace': namespace };
}

/** Older versions keep the labels of an object in its store as JSON, in an annotation (libcalico-go, k8s/resources). */
function storedLabels(object: Json): Readonly<Record<string, string>> {
  const text = textAt(object, 'metadata', 'annotations', 'projectcalico.org/metadata');
  try {
    return text === null ? {} : textsAt(JSON.parse(text), 'labels');
  } catch {
    // Whoever wrote no JSON there wrote no labels.
    return {};
  }
}

/** Reads a list of CIDRs and plain addresses; absent: empty. They match pods and nodes like any other address. */
export function readNets(value: unknown, where: string, notebook: Notebook): readonly PeerTerm[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, notebook)];
  return value.map((item: unknown, index) => readNet(item, `${where}[${index}]`, notebook));
}

function readNet(item: unknown, where: string, notebook: Notebook): PeerTerm {
  if (typeof item !== 'string') return unreadable(`${where}: invalid CIDR ${quoted(item)}`, notebook);
  const address = readAddress(item);
  if (address.kind === 'address') return addressTerm(rangeOf(address.address));
  const reading = readRange(item);
  if (reading.kind === 'unreadable') return unreadable(`${where}: ${reading.why}`, notebook);
  // Host bits are masked away without a word, as Calico does it.
  return addressTerm(reading.range);
}

function addressTerm(range: Extract<PeerTerm, { kind: 'ipBlock' }>['range']): PeerTerm {
  return { kind: 'ipBlock', range, except: [], overPods: 'every-address', overNodes: 'every-address' };
}

/** A name, with at most one star that stands for one or more labels. */
const DOMAIN = /^(?=.{1,254}$)[A-Za-z0-9*]([A-Za-z0-9*_.-]*[A-Za-z0-9*])?\.?$/;

/**
 * Reads domain names: "with a single asterisk in any part of the domain name, it matches 1 or more path components at
 * that position" (https://docs.tigera.io/calico-enterprise/latest/reference/resources/globalnetworkset).
 */
export function readDomains(value: unknown, where: string, notebook: Notebook): readonly PeerTerm[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, notebook)];
  return value.map((item: unknown, index) => {
    if (typeof item !== 'string' || !DOMAIN.test(item) || item.split('*').length > 2)
      return unreadable(`${where}[${index}]: invalid domain name ${quoted(item)}`, notebook);
    const plain = item.toLowerCase().replace(/\.$/, '');
    const isPattern = plain.includes('*');
    return {
      kind: 'fqdn',
      name: isPattern ? null : plain,
      pattern: isPattern ? plain : null,
      dialect: 'calico',
    };
  });
}

/** A term that is not known, with its problem. */
export function unreadable(why: string, notebook: Notebook): Extract<PeerTerm, { kind: 'unreadable' }> {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}

/**
 * What a rule's selectors choose: pods, and sets of addresses that carry labels. `!has(tier)` chooses pods and sets
 * without that label, never an address outside; `notSelector: has(tier)` also leaves the outside in.
 */
import { parseSelector, type Words } from './calico-selector.ts';
import { type NetworkSet, unreadable } from './calico-set.ts';
import { keysOf } from './match-pods.ts';
import type { Expression, NamespaceScope, PeerTerm } from './model.ts';
import type { Notebook } from './reading.ts';
import { mapKeys, matchExpression, selectorText } from './selector.ts';

/** Selectors as written; an empty text is an absent selector. */
export type SelectorTexts = {
  readonly selector: string;
  readonly notSelector: string;
  readonly namespaceSelector: string;
  readonly accountNames: readonly string[];
  readonly accountSelector: string;
};

/** What a list of peers is read with: where its selectors look, and the sets that they may name. */
export type Choice = {
  /** The policy's namespace, to which its selectors are bound; null: not bound. */
  readonly namespace: string | null;
  readonly sets: readonly NetworkSet[];
  /** Whether the names of the chosen sets count. */
  readonly withDomains: boolean;
  readonly where: string;
  /** The field that `selector` stands in. */
  readonly field: 'selector' | 'notSelector';
  readonly notebook: Notebook;
};

const YES: Expression = { op: 'true' };
const NO: Expression = { op: 'not', of: YES };

/** The chosen pods and sets; null: nothing is said, so everything matches. */
export function chooseEndpoints(texts: SelectorTexts, choice: Choice): readonly PeerTerm[] | null {
  const { selector, namespaceSelector, notSelector, accountNames, accountSelector } = texts;
  const labels = [selector, accountSelector, ...accountNames].some(text => text !== '');
  // A namespaced policy that says anything of endpoints says it of its own namespace.
  if (!labels && namespaceSelector === '' && (choice.namespace === null || notSelector === '')) return null;
  const expression = labelExpression(texts, choice);
  const scope = podScope(namespaceSelector, choice);
  if (typeof expression === 'string') return [unreadable(expression, choice.notebook)];
  if (typeof scope === 'string') return [unreadable(scope, choice.notebook)];
  const pods: PeerTerm = {
    kind: 'pods',
    namespaces: scope,
    pods: { view: 'calico', expression },
    hostNetwork: 'excluded',
    text: choiceText(expression, namespaceSelector, choice),
  };
  return [pods, ...choice.sets.flatMap(set => setTerm(set, { expression, scope, namespaceSelector, choice }))];
}

/**
 * Selector, service accounts and what is left out as one expression over the labels of a pod or a set, or why there is
 * none: what is chosen is what is left out of (combineMatchesIfPossible, felix/calc/rule_scanner.go), so an address that
 * another set has as well stays.
 */
function labelExpression(texts: SelectorTexts, { where, field }: Choice): Expression | string {
  const parts: Expression[] = [];
  if (texts.accountNames.length > 0)
    parts.push({ op: 'in', key: 'projectcalico.org/serviceaccount', values: texts.accountNames });
  if (texts.accountSelector !== '') {
    const account = parseOrWhy(texts.accountSelector, `${where}.serviceAccounts.selector`);
    if (typeof account === 'string') return account;
    parts.push(mapKeys(account, key => `pcsa.${key}`));
  }
  if (texts.selector !== '') {
    const own = parseOrWhy(texts.selector, `${where}.${field}`);
    if (typeof own === 'string') return own;
    parts.push(own);
  }
  if (texts.notSelector !== '') {
    const left = parseOrWhy(texts.notSelector, `${where}.notSelector`);
    if (typeof left === 'string') return left;
    parts.push({ op: 'not', of: left });
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : parts.length === 0 ? YES : { op: 'all', of: parts };
}

/** The expression of a selector that chooses among endpoints, or why the text is none. `global()` is for namespaces alone. */
export function parseOrWhy(text: string, where: string, words?: Words): Expression | string {
  const reading = parseSelector(text, words);
  if (reading.kind === 'unreadable') return `${where}: selector does not parse: ${reading.why}`;
  if (words === undefined && usesGlobal(text)) return `${where}: global() is for namespaceSelectors of rules only`;
  return reading.expression;
}

const MARK: Expression = { op: 'has', key: 'global()' };

function usesGlobal(text: string): boolean {
  const reading = parseSelector(text, { all: YES, global: MARK });
  return reading.kind === 'expression' && keysOf(reading.expression).includes('global()');
}

/** Of pods, every one is in a namespace: `all()` holds for them, `global()` never does. */
function podScope(text: string, { namespace, where }: Choice): NamespaceScope | string {
  if (text === '') return namespace === null ? { kind: 'all' } : { kind: 'named', names: [namespace] };
  const expression = parseOrWhy(text, `${where}.namespaceSelector`, { all: YES, global: NO });
  if (typeof expression === 'string') return expression;
  if (expression === YES) return { kind: 'all' };
  if (expression === NO) return { kind: 'none', why: 'global() chooses nothing that is in a namespace' };
  return { kind: 'selected', selector: { view: 'calico', expression } };
}

function choiceText(expression: Expression, namespaceSelector: string, { namespace }: Choice): string {
  const pods = expression.op === 'true' ? 'all pods' : `pods ${selectorText(expression)}`;
  if (namespaceSelector !== '') return `${pods} in namespaces ${namespaceSelector}`;
  return namespace === null ? `${pods} in all namespaces` : `${pods} in namespace ${namespace}`;
}

type Chosen = {
  readonly expression: Expression;
  readonly scope: NamespaceScope;
  readonly namespaceSelector: string;
  readonly choice: Choice;
};

/** The term of one set; none where its labels settle that it is not chosen. */
function setTerm(set: NetworkSet, { expression, scope, namespaceSelector, choice }: Chosen): readonly PeerTerm[] {
  if (set.unlisted !== undefined) return [{ kind: 'unreadable', why: set.unlisted }];
  const isSettled = !keysOf(expression).some(key => key.startsWith('pcns.'));
  if (isSettled && matchExpression(expression, set.labels).match === 'no') return [];
  const members = choice.withDomains ? [...set.nets, ...set.domains] : set.nets;
  if (members.length === 0) return [];
  const { name, namespace, labels } = set;
  const term: PeerTerm = {
    kind: 'network-set',
    name,
    namespace,
    labels,
    namespaces: namespace === null ? { kind: 'all' } : scope,
    selector: { view: 'calico', expression },
    members,
  };
  if (namespace !== null) return scope.kind === 'none' ? [] : [term];
  const reach = reachesGlobal(namespaceSelector, choice);
  if (reach === 'no') return [];
  if (reach === 'yes') return [term];
  const why = `whether the namespaceSelector ${namespaceSelector} reaches ${name}, which is in no namespace, is told differently by Calico's code and its documentation`;
  return [{ kind: 'all-of', terms: [term, { kind: 'unreadable', why }], text: name }];
}

/**
 * Whether a namespaceSelector reaches what is in no namespace: `global()` does, `all()` does not. Of negatives, by the
 * documentation: no ("within a network policy rule whose namespaceSelector includes global()",
 * https://docs.tigera.io/calico/latest/reference/resources/globalnetworkset). Its code reaches them all the same
 * (getEndpointSelector, updateprocessors/rules.go).
 */
function reachesGlobal(text: string, { namespace, where }: Choice): 'yes' | 'no' | 'unknown' {
  if (text === '') return namespace === null ? 'yes' : 'no';
  const expression = parseOrWhy(text, where, { all: NO, global: YES });
  if (typeof expression === 'string' || matchExpression(expression, {}).match === 'no') return 'no';
  if (keysOf(expression).length === 0) return 'yes';
  return 'unknown';
}

/** toServices: https://docs.cilium.io/en/stable/security/policy/language/#services-based */
import type { RuleContext } from './cilium-context.ts';
import { ciliumHas } from './cilium-versions.ts';
import type { PeerTerm } from './model.ts';
import { isRecord, type Json } from './reading.ts';
import { readLabelSelector } from './selector.ts';

type Wanted = Extract<PeerTerm, { kind: 'service-endpoints' }>['services'][number];

/** Reads `{k8sService}` and `{k8sServiceSelector}`; without a namespace they mean every namespace. */
export function readServices(list: readonly unknown[], where: string, context: RuleContext): readonly PeerTerm[] {
  return list.map((item, index) => readService(item, `${where}[${index}]`, context));
}

function readService(item: unknown, where: string, context: RuleContext): PeerTerm {
  const fail = (why: string): PeerTerm => {
    context.notebook.problems.push(why);
    return { kind: 'unreadable', why };
  };
  if (!isRecord(item)) return fail(`${where} is no object`);
  const odd = Object.keys(item).find(key => key !== 'k8sService' && key !== 'k8sServiceSelector');
  if (odd !== undefined) return fail(`${where} has the unknown field "${odd}"`);
  const { k8sService, k8sServiceSelector } = item;
  // Where both are given, Cilium looks at the selector alone.
  if (isRecord(k8sServiceSelector)) return term([bySelector(k8sServiceSelector, where, context)], context);
  if (!isRecord(k8sService)) return fail(`${where} names no Service`);
  return term(
    [{ namespace: namespaceOf(k8sService), name: String(k8sService.serviceName ?? ''), selector: null }],
    context,
  );
}

function bySelector(value: Json, where: string, { notebook }: RuleContext): Wanted {
  const expression = readLabelSelector(value.selector ?? {}, `${where}.k8sServiceSelector.selector`, notebook);
  return { namespace: namespaceOf(value), name: null, selector: { view: 'kubernetes', expression } };
}

function namespaceOf({ namespace }: Json): string | null {
  return typeof namespace === 'string' && namespace !== '' ? namespace : null;
}

function term(services: readonly Wanted[], { engine, action }: RuleContext): PeerTerm {
  const onlyWithout = ciliumHas(engine, 'services-with-selector-open-nothing') === 'yes';
  const found: PeerTerm = {
    kind: 'service-endpoints',
    services,
    withSelector: onlyWithout ? 'nothing' : 'left-to-engine',
  };
  if (action === 'accept') return found;
  const why = 'whether this version looks up the Services of a deny rule is not known';
  return { kind: 'all-of', terms: [found, { kind: 'unreadable', why }], text: 'endpoints of Services' };
}

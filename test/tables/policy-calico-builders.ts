/** Builders for tables of Calico's policies: one word each. */
import { type Ask, ask, CALICO, CLUSTER } from './policy-builders.ts';

type Labels = Readonly<Record<string, string>>;

/** `calico('Tier', 'security', {order: 100})`; a name with a slash has a namespace. */
export function calico(kind: string, path: string, spec: unknown, labels: Labels = {}): object {
  const [namespace, name] = path.includes('/') ? path.split('/') : [undefined, path];
  return {
    apiVersion: 'projectcalico.org/v3',
    kind,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels },
    spec,
  };
}

/** The same object as it is stored. */
export function stored(object: object): object {
  return { ...object, apiVersion: 'crd.projectcalico.org/v1' };
}

/** A GlobalNetworkPolicy for the egress of every pod with these rules, unless `more` says otherwise. */
export function global(name: string, rules: readonly object[], more: object = {}): object {
  return calico('GlobalNetworkPolicy', name, { types: ['Egress'], selector: 'all()', egress: rules, ...more });
}

/** A NetworkPolicy of Calico for the egress of every pod of its namespace. */
export function local(path: string, rules: readonly object[], more: object = {}): object {
  return calico('NetworkPolicy', path, { types: ['Egress'], egress: rules, ...more });
}

/** `allow({nets: ['203.0.113.0/24']})`: a rule with this destination; `more` goes beside it. */
export function allow(destination: object = {}, more: object = {}): object {
  return { action: 'Allow', destination, ...more };
}

export function deny(destination: object = {}, more: object = {}): object {
  return { action: 'Deny', destination, ...more };
}

export const OUT: Ask = { to: '203.0.113.43' };
export const WEB: Ask = { to: 'pod:shop/web', port: 8080 };

/** Asks Calico, of the source's side alone. */
export function answer(objects: readonly unknown[], question: Ask = OUT) {
  return ask([...CLUSTER, ...objects], { engine: CALICO, scope: 'egress', ...question });
}

export type Row = readonly [
  rule: string,
  objects: readonly object[],
  ask: Ask,
  decision: string,
  by: readonly string[],
];

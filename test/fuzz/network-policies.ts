/** Random NetworkPolicies that the API server takes. */
import fc from 'fast-check';
import { block, labelSelector, namespaceLabels, POD_LABELS, subjectSelector } from './selectors.ts';
import type { World } from './world.ts';

type Arbitrary<T> = fc.Arbitrary<T>;
type Part = Readonly<Record<string, unknown>>;

/** One NetworkPolicy of either namespace, without its name. */
export function networkPolicy(world: World): Arbitrary<Part> {
  const spec = fc
    .tuple(
      subjectSelector(),
      fc.constantFrom(undefined, ['Egress'], ['Egress'], ['Ingress'], ['Ingress', 'Egress']),
      rules('to', world),
      rules('from', world),
    )
    .map(([podSelector, policyTypes, egress, ingress]) => defined({ podSelector, policyTypes, egress, ingress }));
  return fc.tuple(fc.constantFrom(world.a, world.b), spec).map(([namespace, chosen]) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace },
    spec: chosen,
  }));
}

/** Absent, empty, or some rules. */
function rules(peers: 'to' | 'from', world: World): Arbitrary<readonly Part[] | undefined> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 5, arbitrary: fc.array(rule(peers, world), { minLength: 1, maxLength: 3 }) },
  );
}

function rule(peers: 'to' | 'from', world: World): Arbitrary<Part> {
  return fc
    .tuple(sometimesAbsent(fc.array(peer(world), { maxLength: 3 })), sometimesAbsent(fc.array(port, { maxLength: 3 })))
    .map(([chosen, ports]) => defined({ [peers]: chosen, ports }));
}

function sometimesAbsent<T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 3, arbitrary });
}

function peer(world: World): Arbitrary<Part> {
  const podSelector = labelSelector(POD_LABELS);
  const namespaceSelector = labelSelector(namespaceLabels(world));
  return fc.oneof(
    podSelector.map(chosen => ({ podSelector: chosen })),
    namespaceSelector.map(chosen => ({ namespaceSelector: chosen })),
    fc.tuple(podSelector, namespaceSelector).map(([pods, namespaces]) => ({
      podSelector: pods,
      namespaceSelector: namespaces,
    })),
    block.map(chosen => ({ ipBlock: chosen })),
  );
}

const protocol = fc.constantFrom(undefined, 'TCP', 'TCP', 'UDP');

const port: Arbitrary<Part> = fc.oneof(
  protocol.map(chosen => defined({ protocol: chosen })),
  fc
    .tuple(
      protocol,
      fc.constantFrom<string | number>(8080, 8080, 8081, 9090, 443, 443, 80, 53, 6443, 10250, 'http', 'echo', 'none'),
    )
    .map(([chosen, number]) => defined({ protocol: chosen, port: number })),
  fc
    .tuple(protocol, fc.constantFrom([1, 65535], [80, 443], [8080, 8081], [8081, 9090], [53, 53], [400, 6443]))
    .map(([chosen, [first, last]]) => defined({ protocol: chosen, port: first, endPort: last })),
);

/** The object without the keys that are absent. */
export function defined(part: Part): Part {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined));
}

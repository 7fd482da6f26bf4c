/** Laws of the fixes that are written in Cilium's own kind, over random policies of Cilium and Kubernetes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intervalOf } from '../../src/diagnose/address-sets.ts';
import { proposeFix } from '../../src/diagnose/fix.ts';
import { withManifests } from '../../src/diagnose/fix-changed.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { FlowSet } from '../../src/model.ts';
import { predictFlows } from '../../src/policy/evaluate.ts';
import type { FlowRequest } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { inputOf, netpol, object, STRIPE } from '../fakes/fix-scenes.ts';

const ports = fc.constantFrom(
  {},
  { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] },
  { toPorts: [{ ports: [{ port: '53' }] }] },
  { toPorts: [{ ports: [{ port: '443' }, { port: '80', protocol: 'TCP' }] }] },
);
const peers = fc.constantFrom(
  { toEntities: ['world'] },
  { toEntities: ['all'] },
  { toEntities: ['cluster'] },
  { toCIDR: ['203.0.113.0/24'] },
  { toCIDR: [`${STRIPE}/32`] },
  { toCIDRSet: [{ cidr: '0.0.0.0/0', except: ['203.0.113.40/29'] }] },
  { toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system' } }] },
);
const plainRule = fc.tuple(peers, ports).map(([peer, list]) => ({ ...peer, ...list }));
const names = fc.constantFrom('*', '*.com', 'api.stripe.com', 'google.com').map(matchPattern => ({ matchPattern }));
const dnsRule = names.map(name => ({
  toEndpoints: [{ matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system' } }],
  toPorts: [{ ports: [{ port: '53', protocol: 'ANY' }], rules: { dns: [name] } }],
}));
const nameRule = fc.tuple(names, ports).map(([name, list]) => ({ toFQDNs: [name], ...list }));
const rule = fc.oneof(
  { weight: 3, arbitrary: plainRule },
  { weight: 2, arbitrary: dnsRule },
  { weight: 1, arbitrary: nameRule },
);
const cnp = (name: string): fc.Arbitrary<KubernetesObject> =>
  fc
    .record({ egress: fc.array(rule, { maxLength: 3 }), egressDeny: fc.array(plainRule, { maxLength: 1 }) })
    .map(spec =>
      object('cilium.io/v2', 'CiliumNetworkPolicy', `payments/${name}`, { spec: { endpointSelector: {}, ...spec } }),
    );
const policies = fc
  .tuple(cnp('a'), cnp('b'), fc.boolean())
  .map(([a, b, deny]) => [a, b, ...(deny ? [netpol('payments/deny', {}, { egress: [] })] : [])]);

const API = {
  group: 'cilium.io',
  version: 'v2',
  kind: 'CiliumNetworkPolicy',
  plural: 'ciliumnetworkpolicies',
  namespaced: true,
  result: { kind: 'listed', objects: 0 },
} as const;

type Probe = {
  readonly to: FlowRequest['to'];
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly query: string | null;
};
const address = (text: string): FlowRequest['to'] => ({ kind: 'address', address: text });
const PROBES: readonly Probe[] = [
  ...[STRIPE, '203.0.113.44', '8.8.8.8', '192.0.2.10', '10.244.0.8'].flatMap(text =>
    [80, 443, 25].map(port => ({ to: address(text), port, protocol: 'TCP' as const, query: null })),
  ),
];
const LOOKUPS: readonly Probe[] = ['google.com', 'api.stripe.com', 'other.example'].map(query => ({
  to: address('10.96.0.10'),
  port: 53,
  protocol: 'UDP',
  query,
}));

/** The proposal with the rules before and after it; null: there is none. */
function proposed(objects: readonly KubernetesObject[]) {
  const input = { ...inputOf({ objects }), apis: [API] };
  const proposal = proposeFix(input);
  if (proposal.kind === 'no-fix') return null;
  const after = readRuleBook(withManifests(input.objects, proposal.fix.manifests), { engine: input.engine });
  const decide = (book: typeof after, { to, port, protocol, query }: Probe) => {
    const request = { from: 'payments/billing', to, port, protocol, icmpType: null, query, scope: 'both' as const };
    return predictFlows(book, input.cluster, request)
      .map(flow => flow.decision)
      .join();
  };
  return {
    fix: proposal.fix,
    before: (probe: Probe) => decide(input.book, probe),
    after: (probe: Probe) => decide(after, probe),
  };
}

function lists(set: FlowSet, { to, port, protocol }: Probe): boolean {
  const text = to.kind === 'address' ? to.address : '';
  const value = intervalOf(text)?.first ?? -1n;
  const covers = set.destinations.some(destination => {
    const [first, last] = destination.split('-').map(part => intervalOf(part));
    const interval = intervalOf(destination) ?? (first && last ? { first: first.first, last: last.last } : null);
    return destination === `pod:payments/db`
      ? text === '10.244.0.8'
      : interval != null && interval.first <= value && value <= interval.last;
  });
  const open = set.ports.some(range => {
    const [span = '', of] = range.split('/');
    const [low = '', high = low] = span.split('-');
    return of === protocol && Number(low) <= port && port <= Number(high);
  });
  return covers && open;
}

describe('a fix in a cluster of Cilium', () => {
  test('makes the name reachable and its lookup possible', () => {
    fc.assert(
      fc.property(policies, list => {
        const found = proposed(list);
        fc.pre(found !== null);
        expect(
          found?.after({ to: { kind: 'name', name: 'api.stripe.com' }, port: 443, protocol: 'TCP', query: null }),
        ).toBe('allow');
        expect(found?.after({ to: address('10.96.0.10'), port: 53, protocol: 'UDP', query: 'api.stripe.com' })).toBe(
          'allow',
        );
      }),
    );
  });
  test('shuts nothing, and takes no name away', () => {
    fc.assert(
      fc.property(policies, list => {
        const found = proposed(list);
        fc.pre(found !== null);
        for (const probe of [...PROBES, ...LOOKUPS])
          if (found?.before(probe) === 'allow') expect(found.after(probe)).toBe('allow');
      }),
    );
  });
  test('opens nothing that it does not list', () => {
    fc.assert(
      fc.property(policies, list => {
        const found = proposed(list);
        fc.pre(found !== null);
        for (const probe of PROBES)
          if (found?.before(probe) === 'deny' && found.after(probe) !== 'deny')
            expect(found.fix.newlyAllowed.some(set => lists(set, probe))).toBe(true);
      }),
    );
  });
});

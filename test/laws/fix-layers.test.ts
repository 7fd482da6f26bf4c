/** Laws of the fixes that open an egress firewall or a mesh, or are written in a kind of another engine, over random rules. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proposeFix } from '../../src/diagnose/fix.ts';
import { withManifests } from '../../src/diagnose/fix-changed.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { Engine, FlowSet } from '../../src/model.ts';
import { readAddress, readRange } from '../../src/policy/address.ts';
import { predictFlows } from '../../src/policy/evaluate.ts';
import type { RuleBook } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { type Asked, DNS_RULE, inputOf, netpol, object, pod, STRIPE } from '../fakes/fix-scenes.ts';

const engine = (name: Engine['name'], version: string | null = null): Engine => ({ name, version, evidence: 'test' });
const CIDRS = ['0.0.0.0/0', '203.0.113.0/24', `${STRIPE}/32`, '198.51.100.0/24', '192.0.2.0/24'];

const fences = fc.constantFrom<readonly KubernetesObject[]>(
  [],
  [netpol('payments/fence', {}, { egress: [DNS_RULE] })],
  [netpol('payments/fence', {}, { egress: [] })],
);

const firewallRule = fc.record({
  type: fc.constantFrom('Allow', 'Deny', 'Deny'),
  to: fc.oneof(
    fc.constantFrom(...CIDRS).map(cidrSelector => ({ cidrSelector })),
    fc.constantFrom('api.stripe.com', 'other.example').map(dnsName => ({ dnsName })),
  ),
  ports: fc.constantFrom([], [{ protocol: 'TCP', port: 443 }], [{ protocol: 'TCP', port: 80 }]),
});
const firewalls = fc
  .tuple(fc.array(firewallRule, { minLength: 1, maxLength: 4 }), fences)
  .map(([egress, beside]): Asked => {
    const firewall = object('k8s.ovn.org/v1', 'EgressFirewall', 'payments/default', { spec: { egress } });
    return { objects: [firewall, ...beside], engine: engine('ovn-kubernetes') };
  });

const ISTIO = 'networking.istio.io/v1';
const inMesh = pod(
  'payments/billing',
  '10.244.0.7',
  { app: 'billing' },
  { containers: [{ name: 'app' }, { name: 'istio-proxy' }] },
);
const settings = object('v1', 'ConfigMap', 'istio-system/istio', {
  data: { mesh: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' },
});
const hosts = fc.constantFrom<readonly string[] | null>(null, ['./*'], ['istio-system/*', './*.local'], ['shop/*']);
const entries = fc.array(
  fc.record({
    hosts: fc.constantFrom(['api.stripe.com'], ['*.stripe.com'], ['other.example']),
    ports: fc.constantFrom(
      [{ number: 443, name: 'tls', protocol: 'TLS' }],
      [{ number: 80, name: 'h', protocol: 'HTTP' }],
    ),
    resolution: fc.constant('NONE'),
    exportTo: fc.constantFrom(['*'], ['.']),
  }),
  { maxLength: 2 },
);
const meshes = fc.tuple(hosts, entries, fences).map(([imported, specs, beside]): Asked => {
  const list = specs.map((spec, index) => object(ISTIO, 'ServiceEntry', `shop/entry-${index}`, { spec }));
  const sidecar = object(ISTIO, 'Sidecar', 'payments/default', { spec: { egress: [{ hosts: imported }] } });
  const own = imported === null ? [] : [sidecar];
  return { objects: [inMesh, settings, ...list, ...own, ...beside], engine: engine('unknown') };
});

const antreaRule = fc.record({
  action: fc.constantFrom('Drop', 'Reject', 'Pass', 'Allow'),
  to: fc.constantFrom(...CIDRS.slice(1)).map(cidr => [{ ipBlock: { cidr } }]),
});
const antreaPolicy = fc.record({
  priority: fc.constantFrom(1, 2, 5, 10),
  tier: fc.constantFrom('securityops', 'application', 'baseline'),
  appliedTo: fc.constant([{ podSelector: {} }]),
  egress: fc.array(antreaRule, { minLength: 1, maxLength: 2 }),
});
const antreas = fc
  .tuple(fc.array(antreaPolicy, { minLength: 1, maxLength: 3 }), fences)
  .map(([specs, beside]): Asked => {
    const list = specs.map((spec, index) =>
      object('crd.antrea.io/v1beta1', 'NetworkPolicy', `payments/p${index}`, { spec }),
    );
    return { objects: [...list, ...beside], engine: engine('antrea', '2.1.0') };
  });

const question = fc
  .tuple(fc.oneof(firewalls, meshes, antreas), fc.constantFrom('api.stripe.com', STRIPE), fc.constantFrom(80, 443))
  .map(([asked, host, port]): Asked => ({ ...asked, host, port }));

const SOURCES = ['payments/billing', 'payments/db', 'shop/web'];
const ADDRESSES = [STRIPE, '203.0.113.44', '198.51.100.7', '192.0.2.10', '8.8.8.8'];
const PORTS = [443, 80, 25];
const RANK = { deny: 0, unknown: 1, allow: 2 } as const;

type Probe = { readonly from: string; readonly address: string; readonly port: number };
const PROBES: readonly Probe[] = SOURCES.flatMap(from =>
  ADDRESSES.flatMap(address => PORTS.map(port => ({ from, address, port }))),
);

function lists(set: FlowSet, { from, address, port }: Probe): boolean {
  const asked = readAddress(address);
  const holds = (text: string) => {
    const [first = '', last = first] = text.split('-').map(part => (part.includes('/') ? part : `${part}/32`));
    const [low, high] = [readRange(first), readRange(last)];
    if (low.kind !== 'range' || high.kind !== 'range' || asked.kind !== 'address') return false;
    return low.range.first <= asked.address.value && asked.address.value <= high.range.last;
  };
  const spans = set.ports.filter(text => text.endsWith('/TCP')).map(text => text.split('/')[0]?.split('-') ?? []);
  return (
    set.pods.includes(from) &&
    set.destinations.some(text => !text.startsWith('pod:') && holds(text)) &&
    spans.some(([low = '', high = low]) => Number(low) <= port && port <= Number(high))
  );
}

test('a fix beside the policies flips the prediction, shuts nothing, and opens nothing that it does not list', () => {
  const kinds = new Set<unknown>();
  fc.assert(
    fc.property(question, asked => {
      const input = inputOf(asked);
      const proposal = proposeFix(input);
      if (proposal.kind === 'no-fix') return;
      const { fix } = proposal;
      for (const { kind } of fix.manifests) kinds.add(kind);
      expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
      const after = readRuleBook(withManifests(input.objects, fix.manifests), { engine: input.engine });
      expect(after.problems).toEqual(input.book.problems);
      const rank = (book: RuleBook, { from, address, port }: Probe) => {
        const to = { kind: 'address' as const, address };
        const base = { protocol: 'TCP', icmpType: null, query: null, scope: 'both' } as const;
        return Math.min(
          ...predictFlows(book, input.cluster, { ...base, from, to, port }).map(flow => RANK[flow.decision]),
        );
      };
      for (const probe of PROBES) {
        const [was, is] = [rank(input.book, probe), rank(after, probe)];
        const listed = fix.newlyAllowed.some(set => lists(set, probe));
        expect({ probe, shut: is < was, opened: is > was }).toEqual({ probe, shut: false, opened: listed });
      }
    }),
    { numRuns: 200 },
  );
  expect(kinds).toEqual(new Set(['EgressFirewall', 'NetworkPolicy', 'ServiceEntry', 'Sidecar']));
}, 120_000);

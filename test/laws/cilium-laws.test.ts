/** Laws of Cilium's policies, each in one sentence. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { CILIUM } from '../tables/policy-builders.ts';
import { type Ask, ask, ccnp, cnp, dns, service } from '../tables/policy-cilium-builders.ts';

const label = fc.constantFrom('app', 'k8s:tier', 'any:app', 'k8s:io.kubernetes.pod.namespace', 'reserved:host');
const selector = fc.record(
  { matchLabels: fc.dictionary(label, fc.constantFrom('api', 'db', 'web', 'back', 'pay', 'shop'), { maxKeys: 2 }) },
  { requiredKeys: [] },
);
const cidr = fc.constantFrom('0.0.0.0/0', '203.0.113.0/24', '203.0.113.43/32', '10.0.0.0/8', '::/0');
const entity = fc.constantFrom('all', 'world', 'cluster', 'host', 'remote-node', 'kube-apiserver', 'none');
const ports = fc.record(
  { port: fc.constantFrom('0', '53', '80', '443', 'sql'), protocol: fc.constantFrom('TCP', 'UDP', 'ANY') },
  { requiredKeys: ['port'] },
);
const peers = fc.oneof(
  fc.record({ toEndpoints: fc.array(selector, { minLength: 1, maxLength: 2 }) }),
  fc.record({ toCIDR: fc.array(cidr, { minLength: 1, maxLength: 2 }) }),
  fc.record({ toEntities: fc.array(entity, { minLength: 1, maxLength: 2 }) }),
  fc.constant({ toServices: [{ k8sService: { serviceName: 'partner' } }] }),
  fc.constant({}),
);
const denyRule = fc
  .tuple(peers, fc.option(fc.array(ports, { minLength: 1, maxLength: 2 }), { nil: null }))
  .map(([peer, list]) => ({
    ...peer,
    ...(list !== null && !('toServices' in peer) && { toPorts: [{ ports: list }] }),
  }));
const rule = fc.oneof(
  { weight: 4, arbitrary: denyRule },
  { weight: 1, arbitrary: fc.constant({ toFQDNs: [{ matchPattern: '*' }] }) },
  { weight: 1, arbitrary: fc.constant(dns({ matchPattern: '*.com' })) },
);
const spec = fc.record(
  {
    endpointSelector: fc.constantFrom({}, { matchLabels: { app: 'api' } }, { matchLabels: { app: 'db' } }),
    egress: fc.array(rule, { maxLength: 3 }),
    egressDeny: fc.array(denyRule, { maxLength: 1 }),
  },
  { requiredKeys: ['endpointSelector'] },
);
const policies = fc
  .array(fc.tuple(fc.boolean(), spec), { maxLength: 4 })
  .map(list => list.map(([wide, each], index) => (wide ? ccnp(`p${index}`, each) : cnp(`pay/p${index}`, each))));
const asked: fc.Arbitrary<Ask> = fc.record({
  to: fc.constantFrom(
    '203.0.113.43',
    '203.0.113.80',
    'pod:pay/db',
    'pod:shop/web',
    '192.0.2.10',
    '192.0.2.11',
    'api.stripe.com',
  ),
  port: fc.constantFrom(53, 80, 443, 5432),
  protocol: fc.constantFrom('TCP', 'UDP'),
  query: fc.constant('google.com'),
});

/** The other keys of an answer are words. */
function answer(objects: readonly object[], question: Ask): object {
  const { decision, by } = ask(objects, question);
  return { decision, by: new Set(by) };
}

describe('Cilium', () => {
  test('the order of policies does not matter', () => {
    fc.assert(
      fc.property(policies, asked, (list, question) => {
        expect(answer(list.toReversed(), question)).toEqual(answer(list, question));
      }),
    );
  });
  test('a policy of another namespace changes nothing', () => {
    fc.assert(
      fc.property(policies, spec, asked, (list, other, question) => {
        fc.pre(!question.to.startsWith('pod:shop'));
        expect(answer([...list, cnp('elsewhere/p', other)], question)).toEqual(answer(list, question));
      }),
    );
  });
  test('a deny rule never opens anything', () => {
    fc.assert(
      fc.property(policies, denyRule, asked, (list, deny, question) => {
        const before = ask(list, question).decision;
        const after = ask([...list, cnp('pay/deny', { egressDeny: [deny] })], question).decision;
        if (before === 'deny') expect(after).toBe('deny');
        if (after === 'allow') expect(before).toBe('allow');
      }),
    );
  });
  test('a deny rule denies whatever it matches', () => {
    fc.assert(
      fc.property(policies, asked, (list, question) => {
        const deny = cnp('pay/deny', { egressDeny: [{ toEntities: ['all'] }] });
        expect(ask([...list, deny], question).decision).toBe('deny');
      }),
    );
  });
  test('an accepting rule beside others shuts nothing that they opened for the same pods', () => {
    fc.assert(
      fc.property(policies, rule, asked, (list, added, question) => {
        // A DNS rule brings the proxy in, which refuses names.
        fc.pre(!JSON.stringify(added).includes('dns'));
        const isolating = [...list, cnp('pay/own', { egress: [{ toCIDR: ['198.51.100.1/32'] }] })];
        const before = ask(isolating, question).decision;
        if (before === 'allow')
          expect(ask([...isolating, cnp('pay/more', { egress: [added] })], question).decision).toBe('allow');
      }),
    );
  });
  test('except only shrinks', () => {
    fc.assert(
      fc.property(asked, question => {
        const set = (except: readonly string[]) => [
          cnp('pay/p', { egress: [{ toCIDRSet: [{ cidr: '203.0.113.0/24', except }] }] }),
        ];
        const shrunk = ask(set(['203.0.113.64/26']), question).decision;
        if (shrunk === 'allow') expect(ask(set([]), question).decision).toBe('allow');
      }),
    );
  });
  test('a name opens nothing that was not looked up', () => {
    fc.assert(
      fc.property(asked, question => {
        fc.pre(question.to !== 'api.stripe.com' && question.to !== '203.0.113.43' && question.to !== '203.0.113.80');
        const open = ask([cnp('pay/p', { egress: [{ toFQDNs: [{ matchPattern: '*' }] }] })], {
          ...question,
          query: 'x.example',
        });
        expect(open.decision).toBe('deny');
      }),
    );
  });
  test('reading never throws, whatever the object', () => {
    const anything = fc.anything({
      maxDepth: 4,
      key: fc.constantFrom(
        'egress',
        'toPorts',
        'ports',
        'port',
        'rules',
        'dns',
        'toCIDRSet',
        'cidr',
        'toEndpoints',
        'matchLabels',
        'toRequires',
        'icmps',
        'fields',
        'toFQDNs',
        'endpointSelector',
      ),
    });
    const shapes = fc.oneof(
      anything,
      fc.record(
        { endpointSelector: anything, egress: anything, ingressDeny: anything, enableDefaultDeny: anything },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(shapes, shapes, (one, many) => {
        const object = {
          apiVersion: 'cilium.io/v2',
          kind: 'CiliumNetworkPolicy',
          metadata: { name: 'p', namespace: 'pay' },
          spec: one,
          specs: many,
        };
        expect(() => ask([object, ...service('pay/x', '10.96.0.99', {})], { to: '203.0.113.43' })).not.toThrow();
      }),
    );
  });
  test('what cannot be read is named', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('egress', 'ingress', 'egressDeny', 'ingressDeny'),
        fc.oneof(fc.integer(), fc.string(), fc.boolean()),
        (key, value) => {
          const { problems } = readRuleBook([cnp('pay/p', { [key]: value })], { engine: CILIUM });
          expect(problems).toEqual([{ object: 'CiliumNetworkPolicy pay/p', why: `${key} is not a list` }]);
        },
      ),
    );
  });
});

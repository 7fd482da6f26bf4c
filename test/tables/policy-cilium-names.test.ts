/** Cilium's policies: names, the DNS proxy, and what is told beside the answer. Marked (lab): seen in a cluster of Cilium 1.15.19. */
import { describe, expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { CILIUM, np } from './policy-builders.ts';
import { ask, cnp, dns, egress, P, ports, STRIPE, table } from './policy-cilium-builders.ts';

const ALL_NAMES = { matchPattern: '*' };

const STRIPE_NAME = { matchName: 'api.stripe.com' };

const byName = (...selectors: readonly object[]) => ({ toFQDNs: selectors, ...ports('443/TCP') });

table('names', [
  [
    'a name with a DNS rule opens its addresses (lab)',
    [egress(dns(ALL_NAMES), byName(STRIPE_NAME))],
    { to: 'api.stripe.com' },
    'allow',
    P,
  ],
  ['and no other name', [egress(dns(ALL_NAMES), byName(STRIPE_NAME))], { to: 'google.com' }, 'deny', P],
  [
    'an address that was not looked up is not open (lab)',
    [egress(dns(ALL_NAMES), byName(ALL_NAMES))],
    { to: '203.0.113.99' },
    'deny',
    P,
  ],
  [
    'without a DNS rule nothing is learned (lab)',
    [egress(dns(), byName(STRIPE_NAME))],
    { to: 'api.stripe.com' },
    'deny',
    P,
  ],
  [
    'a DNS rule for other names does not teach it (lab)',
    [egress(dns({ matchName: 'google.com' }), byName(STRIPE_NAME))],
    { to: 'api.stripe.com' },
    'deny',
    P,
  ],
  [
    'nor does one for another server',
    [
      egress(
        { toCIDR: ['203.0.113.5/32'], toPorts: [{ ports: [{ port: '53' }], rules: { dns: [ALL_NAMES] } }] },
        dns(),
        byName(STRIPE_NAME),
      ),
    ],
    { to: 'api.stripe.com' },
    'deny',
    P,
  ],
  [
    'nor does a lookup that is denied',
    [cnp('pay/p', { egress: [dns(ALL_NAMES), byName(STRIPE_NAME)], egressDeny: [ports('53/UDP')] })],
    { to: 'api.stripe.com' },
    'deny',
    P,
  ],
  [
    'a star stays within a label',
    [egress(dns(ALL_NAMES), byName({ matchPattern: '*.example' }))],
    { to: 'a.b.example' },
    'deny',
    P,
  ],
  [
    'two stars for two labels',
    [egress(dns(ALL_NAMES), byName({ matchPattern: '*.*.example' }))],
    { to: 'a.b.example' },
    'allow',
    P,
  ],
  [
    'a star within a label',
    [egress(dns(ALL_NAMES), byName({ matchPattern: 'api.st*e.com' }))],
    { to: 'api.stripe.com' },
    'allow',
    P,
  ],
  [
    'a star alone is every name that was learned (lab)',
    [egress(dns(ALL_NAMES), byName(ALL_NAMES))],
    { to: 'a.b.example' },
    'allow',
    P,
  ],
  [
    'names are compared without case and trailing dot',
    [egress(dns(ALL_NAMES), byName({ matchName: 'API.Stripe.com.' }))],
    { to: 'api.stripe.com' },
    'allow',
    P,
  ],
  [
    'a name opens no pod',
    [egress(dns(ALL_NAMES), byName(STRIPE_NAME))],
    { to: 'pod:pay/db', dns: { 'api.stripe.com': ['10.244.0.2'] } },
    'deny',
    P,
  ],
  [
    'what a neighbour looked up counts (lab)',
    [
      egress(dns(), byName(STRIPE_NAME)),
      cnp('pay/n', { endpointSelector: { matchLabels: { app: 'near' } }, egress: [dns(ALL_NAMES)] }),
    ].map((policy, index) =>
      index === 0
        ? {
            ...policy,
            spec: { ...(policy as { spec: object }).spec, endpointSelector: { matchLabels: { app: 'api' } } },
          }
        : policy,
    ),
    { to: 'api.stripe.com', lookups: { 'api.stripe.com': ['pay/near'] } },
    'allow',
  ],
  [
    'whether it counts is not known where what becomes of its lookup is not',
    [
      cnp('pay/p', { endpointSelector: { matchLabels: { app: 'api' } }, egress: [dns(), byName(STRIPE_NAME)] }),
      cnp('pay/n', {
        endpointSelector: { matchLabels: { app: 'near' } },
        egress: [dns(ALL_NAMES)],
        egressDeny: [{ toPorts: [{ ports: [{ port: 53 }] }] }],
      }),
    ],
    { to: 'api.stripe.com', lookups: { 'api.stripe.com': ['pay/near'] } },
    'unknown',
  ],
  [
    'not where its lookup goes past the proxy',
    [egress(dns(), byName(STRIPE_NAME))],
    { to: 'api.stripe.com', lookups: { 'api.stripe.com': ['pay/near'] } },
    'deny',
  ],
]);

const refused = ['dns-proxy'];

table("the DNS proxy's own answers", [
  [
    'a listed name passes (lab)',
    [egress(dns(STRIPE_NAME))],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'api.stripe.com' },
    'allow',
    P,
  ],
  [
    'another is refused (lab)',
    [egress(dns(STRIPE_NAME))],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'google.com' },
    'deny',
    refused,
  ],
  [
    'a name that is not known is not known',
    [egress(dns(STRIPE_NAME))],
    { to: '10.96.0.10', port: 53, protocol: 'UDP' },
    'unknown',
  ],
  [
    'without a list of names every name passes',
    [egress(dns())],
    { to: '10.96.0.10', port: 53, protocol: 'UDP' },
    'allow',
    P,
  ],
  [
    'a rule for all ports does not help a refused name (lab)',
    [egress(dns(STRIPE_NAME), { toEntities: ['cluster'] })],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'google.com' },
    'deny',
    refused,
  ],
  [
    'nor does what a rule says of all ports beside a port (lab)',
    [
      egress(dns(STRIPE_NAME)),
      np('pay/n', {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [{ ports: [{ port: 80 }, { protocol: 'UDP' }] }],
      }),
    ],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'google.com' },
    'deny',
    refused,
  ],
  [
    'a rule for the port does (lab)',
    [egress(dns(STRIPE_NAME), ports('53/ANY'))],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'google.com' },
    'allow',
    P,
  ],
  [
    'a deny rule comes before the proxy',
    [cnp('pay/p', { egress: [dns(STRIPE_NAME)], egressDeny: [ports('53')] })],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'google.com' },
    'deny',
    P,
  ],
  [
    'names and patterns of one rule both pass',
    [egress(dns({ matchName: 'google.com', matchPattern: '*.stripe.com' }))],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'API.stripe.com.' },
    'allow',
    P,
  ],
  [
    'an empty list of names is no proxy (lab)',
    [egress({ ...dns(), toPorts: [{ ports: [{ port: '53' }], rules: { dns: [] } }] })],
    { to: '10.96.0.10', port: 53, protocol: 'UDP', query: 'google.com' },
    'allow',
    P,
  ],
]);

describe('what is told', () => {
  test('HTTP rules let the connection through and may refuse the request', () => {
    const rule = {
      toEntities: ['world'],
      toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }], rules: { http: [{ method: 'GET' }] } }],
    };
    const { decision, flows } = ask([egress(rule)], { to: STRIPE });
    expect(decision).toBe('allow');
    expect(flows[0]?.assumptions.join()).toContain(
      'HTTP requests that egress[0].toPorts[0].rules.http does not list are refused',
    );
  });
  test('server names are told', () => {
    const rule = {
      toEntities: ['world'],
      toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }], serverNames: ['api.stripe.com'] }],
    };
    expect(ask([egress(rule)], { to: STRIPE }).flows[0]?.assumptions.join()).toContain(
      'lets TLS connections for api.stripe.com',
    );
  });
  test('mutual authentication is told', () => {
    const rule = { toEntities: ['all'], authentication: { mode: 'required' } };
    expect(ask([egress(rule)], { to: STRIPE }).flows[0]?.assumptions.join()).toContain('must prove their identity');
  });
  test('a refused policy is named with its reason', () => {
    const book = readRuleBook([egress({ toEntities: ['cluster'], toCIDR: ['203.0.113.80/32'] })], { engine: CILIUM });
    expect(book.problems).toEqual([
      {
        object: 'CiliumNetworkPolicy pay/p',
        why: "Cilium's agent refuses the whole policy: egress[0] combines toCIDR and toEntities",
      },
    ]);
  });
  test('why a name is not learned', () => {
    expect(ask([egress(dns(), byName(STRIPE_NAME))], { to: 'api.stripe.com' }).why).toContain(
      'api.stripe.com is not learned: no DNS rule (rules.dns) of any policy sends lookups through the DNS proxy',
    );
  });
  test('a neighbour that could have taught a name is an assumption', () => {
    const policies = [
      cnp('pay/a', { endpointSelector: { matchLabels: { app: 'api' } }, egress: [dns(), byName(STRIPE_NAME)] }),
      cnp('pay/n', { endpointSelector: { matchLabels: { app: 'near' } }, egress: [dns(ALL_NAMES)] }),
    ];
    const [flow] = ask(policies, { to: 'api.stripe.com', lookups: null }).flows;
    expect(flow?.decision).toBe('deny');
    expect(flow?.assumptions.join()).toContain('no other pod of the node has looked up api.stripe.com');
  });
});

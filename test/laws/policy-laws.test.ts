/** Laws of the evaluator, each in one sentence. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { coversAddress, formatAddress, readAddress, readRange } from '../../src/policy/address.ts';
import { readCase } from '../../src/policy/case-file.ts';
import { readManifests } from '../../src/policy/manifest-file.ts';
import { matchExpression, readLabelSelector } from '../../src/policy/selector.ts';
import { ask, CLUSTER, egress, np, pod } from '../tables/policy-builders.ts';

const ipv4 = fc.bigInt({ min: 0n, max: 0xffffffffn });
const ipv6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const prefix4 = fc.integer({ min: 0, max: 32 });

describe('addresses', () => {
  test('an address that was written is read as the same number', () => {
    fc.assert(
      fc.property(ipv4, value => {
        expect(readAddress(formatAddress(4, value))).toMatchObject({ address: { family: 4, value } });
      }),
    );
    fc.assert(
      fc.property(ipv6, value => {
        // The mapped range is IPv4 by definition.
        fc.pre(value >> 32n !== 0xffffn);
        expect(readAddress(formatAddress(6, value))).toMatchObject({ address: { family: 6, value } });
      }),
    );
  });
  test('a range covers an address exactly when they share the prefix', () => {
    fc.assert(
      fc.property(ipv4, ipv4, prefix4, (network, value, length) => {
        const reading = readRange(`${formatAddress(4, network)}/${length}`);
        const shift = BigInt(32 - length);
        expect(reading.kind === 'range' && coversAddress(reading.range, { family: 4, value })).toBe(
          network >> shift === value >> shift,
        );
      }),
    );
  });
  test('any text is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:./%]{0,40}$/)), text => {
        expect(['address', 'unreadable']).toContain(readAddress(text).kind);
        expect(['range', 'unreadable']).toContain(readRange(text).kind);
      }),
    );
  });
});

const label = fc.constantFrom('app', 'tier', 'env');
const value = fc.constantFrom('', 'a', 'b', 'c');
const labels = fc.dictionary(label, value);
const requirement = fc.oneof(
  fc.record({
    key: label,
    operator: fc.constantFrom('In', 'NotIn'),
    values: fc.array(value, { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ key: label, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
);
const selector = fc.record(
  {
    matchLabels: fc.dictionary(label, value, { maxKeys: 2 }),
    matchExpressions: fc.array(requirement, { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const OPPOSITE: Readonly<Record<string, string>> = {
  In: 'NotIn',
  NotIn: 'In',
  Exists: 'DoesNotExist',
  DoesNotExist: 'Exists',
};

const port = fc.oneof(
  fc.record({ port: fc.constantFrom(80, 443, 8080, 'http') }),
  fc.record({ protocol: fc.constantFrom('TCP', 'UDP') }),
  fc.record({ port: fc.constantFrom(80, 400), endPort: fc.constantFrom(443, 8080) }),
);
const block = fc.constantFrom('0.0.0.0/0', '203.0.113.0/24', '203.0.113.43/32', '10.0.0.0/8', '::/0');
const peer = fc.oneof(
  block.map(cidr => ({ ipBlock: { cidr } })),
  selector.map(podSelector => ({ podSelector })),
  fc.record(
    { namespaceSelector: fc.constantFrom({}, { matchLabels: { team: 'shop' } }), podSelector: selector },
    { requiredKeys: ['namespaceSelector'] },
  ),
);
const rule = fc.record(
  { to: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) },
  { requiredKeys: [] },
);
const spec = fc.record({
  podSelector: selector,
  policyTypes: fc.constant(['Egress']),
  egress: fc.array(rule, { maxLength: 3 }),
});
const specs = fc.array(spec, { maxLength: 4 });
const destination = fc.constantFrom(
  '203.0.113.43',
  '203.0.113.99',
  '198.51.100.1',
  'pod:shop/web',
  'pod:pay/db',
  '192.0.2.10',
  '192.0.2.11',
  '2001:db8::1',
);
const question = fc.record({
  to: destination,
  port: fc.constantFrom(80, 443, 8080),
  protocol: fc.constantFrom('TCP' as const, 'UDP' as const),
  scope: fc.constant('egress' as const),
});

const policies = (list: readonly object[], start = 0) => list.map((each, index) => np(`pay/p${index + start}`, each));

describe('selectors', () => {
  test('a requirement and its opposite never agree', () => {
    fc.assert(
      fc.property(requirement, labels, (each, own) => {
        const match = (operator: string) =>
          matchExpression(readLabelSelector({ matchExpressions: [{ ...each, operator }] }, 's', { problems: [] }), own)
            .match;
        expect(new Set([match(each.operator), match(OPPOSITE[each.operator] ?? '')])).toEqual(new Set(['yes', 'no']));
      }),
    );
  });
  test('one more requirement never selects more', () => {
    fc.assert(
      fc.property(selector, requirement, labels, (base, more, own) => {
        const narrower = { ...base, matchExpressions: [...(base.matchExpressions ?? []), more] };
        const match = (each: object) => matchExpression(readLabelSelector(each, 's', { problems: [] }), own).match;
        if (match(narrower) === 'yes') expect(match(base)).toBe('yes');
      }),
    );
  });
});

describe('NetworkPolicy', () => {
  test('the order of policies does not matter', () => {
    fc.assert(
      fc.property(specs, question, (list, asked) => {
        const forward = ask([...CLUSTER, ...policies(list)], asked);
        const backward = ask([...CLUSTER, ...policies(list).toReversed()], asked);
        expect([forward.decision, new Set(forward.by)]).toEqual([backward.decision, new Set(backward.by)]);
      }),
    );
  });
  test('a policy of another namespace changes nothing of egress', () => {
    fc.assert(
      fc.property(specs, spec, question, (list, other, asked) => {
        const before = ask([...CLUSTER, ...policies(list)], asked);
        const after = ask([...CLUSTER, ...policies(list), np('shop/other', other)], asked);
        expect([after.decision, after.by]).toEqual([before.decision, before.by]);
      }),
    );
  });
  test('one more rule in a policy never denies what was allowed', () => {
    fc.assert(
      fc.property(specs, spec, rule, question, (list, last, more, asked) => {
        const before = ask([...CLUSTER, ...policies([...list, last])], asked);
        const after = ask([...CLUSTER, ...policies([...list, { ...last, egress: [...last.egress, more] }])], asked);
        if (before.decision === 'allow') expect(after.decision).toBe('allow');
        if (after.decision === 'deny') expect(before.decision).toBe('deny');
      }),
    );
  });
  test('a policy without egress rules never allows anything', () => {
    fc.assert(
      fc.property(specs, question, (list, asked) => {
        const before = ask([...CLUSTER, ...policies(list)], asked);
        const after = ask([...CLUSTER, ...policies(list), egress('pay/deny')], asked);
        if (before.decision === 'deny') expect(after.decision).toBe('deny');
        if (before.by.length === 0 && before.decision === 'allow') expect(after.decision).not.toBe('allow');
      }),
    );
  });
  test('an except list only shrinks what a block allows', () => {
    fc.assert(
      fc.property(
        question,
        fc.constantFrom('203.0.113.0/25', '203.0.113.40/29', '203.0.113.43/32'),
        (asked, except) => {
          const plain = ask([...CLUSTER, egress('pay/p', { to: [{ ipBlock: { cidr: '203.0.113.0/24' } }] })], asked);
          const less = ask(
            [...CLUSTER, egress('pay/p', { to: [{ ipBlock: { cidr: '203.0.113.0/24', except: [except] } }] })],
            asked,
          );
          if (less.decision === 'allow') expect(plain.decision).toBe('allow');
        },
      ),
    );
  });
  test('a pod whose labels no policy selects is allowed', () => {
    fc.assert(
      fc.property(specs, question, (list, asked) => {
        const none = list.map(each => ({ ...each, podSelector: { matchLabels: { app: 'never' } } }));
        expect(ask([...CLUSTER, ...policies(none)], asked)).toMatchObject({ decision: 'allow', by: [] });
      }),
    );
  });
});

describe('what is not known', () => {
  test('an unreadable rule never turns a certain answer into the opposite', () => {
    fc.assert(
      fc.property(specs, spec, question, (list, last, asked) => {
        const before = ask([...CLUSTER, ...policies([...list, last])], asked);
        const after = ask(
          [...CLUSTER, ...policies([...list, { ...last, egress: [...last.egress, { to: [null] }] }])],
          asked,
        );
        // One more rule could only have allowed.
        expect(before.decision === 'deny' ? ['deny', 'unknown'] : [before.decision]).toContain(after.decision);
      }),
    );
  });
  test('any JSON in the place of a policy gives an answer', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('spec', 'egress', 'to', 'ports', 'podSelector', 'whole'),
        (junk, place) => {
          const base = { podSelector: {}, policyTypes: ['Egress'] };
          const object = {
            spec: { ...np('pay/x', {}), spec: junk },
            egress: np('pay/x', { ...base, egress: junk }),
            to: egress('pay/x', { to: [junk] }),
            ports: egress('pay/x', { ports: [junk] }),
            podSelector: np('pay/x', { ...base, podSelector: junk }),
            whole: junk,
          }[place];
          expect(['allow', 'deny', 'unknown']).toContain(ask([...CLUSTER, object], { to: '203.0.113.43' }).decision);
        },
      ),
    );
  });
  test('any JSON in the place of a pod, a Service or a slice gives an answer', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('Pod', 'Service', 'EndpointSlice', 'Endpoints', 'Node', 'Namespace'),
        (junk, kind) => {
          const apiVersion = kind === 'EndpointSlice' ? 'discovery.k8s.io/v1' : 'v1';
          const object = {
            apiVersion,
            kind,
            metadata: { name: 'x', namespace: 'pay', labels: junk },
            spec: junk,
            status: junk,
            endpoints: junk,
            subsets: junk,
          };
          expect(['allow', 'deny', 'unknown']).toContain(ask([...CLUSTER, object], { to: 'service:pay/x' }).decision);
        },
      ),
    );
  });
  test('any text is a case, no case, or unreadable', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.stringMatching(/^[-:{}[\]&*!|>"' \n#a]{0,30}$/)), text => {
        expect(['case', 'no-case', 'unreadable']).toContain(readCase(text).kind);
        expect(['manifests', 'unreadable']).toContain(readManifests(text).kind);
      }),
    );
  });
});

describe('the trace', () => {
  test('exactly the policies of `by` decide', () => {
    fc.assert(
      fc.property(specs, question, (list, asked) => {
        const { decision, by, trace } = ask(
          [...CLUSTER, pod('pay/extra', { ip: '10.244.0.99' }), ...policies(list)],
          asked,
        );
        const deciding = trace.filter(each => each.decides).map(each => each.policy);
        expect(new Set(deciding)).toEqual(new Set(decision === 'unknown' ? [] : by));
      }),
    );
  });
});

/** Classes of ports and addresses that no rule tells apart: each class is whole, and one member stands for it. */
import { describe, expect, test } from 'vitest';
import { type Interval, intervalOf, intervalText } from '../../src/diagnose/address-sets.ts';
import { addressClasses, portClasses } from '../../src/diagnose/flow-classes.ts';
import type { ClusterState, Term } from '../../src/policy/model.ts';

const WEB = [
  { name: 'http', port: 8080, protocol: 'TCP' },
  { name: 'dns', port: 53, protocol: 'UDP' },
];
const cluster = {
  pods: new Map([
    ['a/web', { ports: WEB }],
    ['a/old', { ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
    ['a/none', { ports: [] }],
  ]),
  services: new Map([
    [
      'a/web',
      {
        endpoints: [
          { ports: [{ name: '', port: 9000, protocol: 'TCP' }] },
          { ports: [{ name: '', port: 9001, protocol: 'UDP' }] },
        ],
      },
    ],
  ]),
} as unknown as ClusterState;

const ports = (protocol: 'TCP' | 'UDP' | 'any', first: number, last = first): Term => ({
  kind: 'ports',
  protocol,
  first,
  last,
});
const named = (name: string, protocol: 'TCP' | 'UDP' | 'any' = 'TCP'): Term => ({
  kind: 'named-port',
  protocol,
  name,
  resolved: 'each-pod',
});
const icmp = (type: number | null): Term => ({ kind: 'icmp', family: 4, type, code: null });
const backends = (name: string): Term => ({ kind: 'service-backends', namespace: 'a', name, withPorts: true });
const open: Term = { kind: 'left-to-engine', protocol: 'TCP', first: 100, last: 200, why: '' };

/** First ports of the classes of one protocol; the last class ends at 65535. */
const starts = (protocol: string, ...terms: readonly Term[]) =>
  portClasses(terms, cluster).flatMap(({ span }) => (span.protocol === protocol ? [span.first] : []));

describe('classes of ports', () => {
  test.each<readonly [rule: string, terms: readonly Term[], tcp: readonly number[], udp: readonly number[]]>([
    ['one, where no rule names any', [], [1], [1]],
    ['a port is one of its own', [ports('TCP', 443)], [1, 443, 444], [1]],
    ['a range is one', [ports('TCP', 400, 500)], [1, 400, 501], [1]],
    ['of any protocol, in each', [ports('any', 443)], [1, 443, 444], [1, 443, 444]],
    ['overlapping ranges are cut at every end', [ports('TCP', 1, 100), ports('TCP', 50, 150)], [1, 50, 101, 151], [1]],
    ['the last port ends the last class', [ports('TCP', 65_535)], [1, 65_535], [1]],
    ['every port is the one class', [ports('TCP', 0, 65_535)], [1], [1]],
    ['what is left to the engine is a class', [open], [1, 100, 201], [1]],
    ['a name is every number that it has in the cluster', [named('http')], [1, 80, 81, 8080, 8081], [1]],
    ['a name of any protocol', [named('dns', 'any')], [1, 53, 54], [1, 53, 54]],
    ['a name of the other protocol', [named('dns', 'UDP')], [1], [1, 53, 54]],
    ['a name that nobody has', [named('https')], [1], [1]],
    ['the ports behind a Service', [backends('web')], [1, 9000, 9001], [1, 9001, 9002]],
    ['a Service that is not there', [backends('gone')], [1], [1]],
    ['types of ICMP are no ports', [icmp(8)], [1], [1]],
  ])('%s', (_, terms, tcp, udp) => {
    expect(starts('TCP', ...terms)).toEqual(tcp);
    expect(starts('UDP', ...terms)).toEqual(udp);
  });
  test('have no gaps, and their first port stands for them', () => {
    const classes = portClasses([ports('TCP', 443)], cluster).filter(({ span }) => span.protocol === 'TCP');
    expect(classes).toEqual([
      { span: { protocol: 'TCP', first: 1, last: 442, icmpType: null }, port: 1, icmpType: null },
      { span: { protocol: 'TCP', first: 443, last: 443, icmpType: null }, port: 443, icmpType: null },
      { span: { protocol: 'TCP', first: 444, last: 65_535, icmpType: null }, port: 444, icmpType: null },
    ]);
  });
  test.each<readonly [rule: string, terms: readonly Term[], wanted: readonly (readonly [number | string, number])[]]>([
    ['one, where no rule names a type', [], [['every', 8]]],
    ['a rule of every type names none', [icmp(null)], [['every', 8]]],
    [
      'a type is one of its own, and the others another',
      [icmp(3)],
      [
        ['others', 8],
        [3, 3],
      ],
    ],
    [
      'a named type stands for itself alone',
      [icmp(8)],
      [
        ['others', 128],
        [8, 8],
      ],
    ],
    [
      'each type once',
      [icmp(8), icmp(8), icmp(128)],
      [
        ['others', 253],
        [8, 8],
        [128, 128],
      ],
    ],
    [
      'every stand-in is named',
      [icmp(8), icmp(128), icmp(253)],
      [
        ['others', 8],
        [8, 8],
        [128, 128],
        [253, 253],
      ],
    ],
  ])('of ICMP: %s', (_, terms, wanted) => {
    const classes = portClasses(terms, cluster).filter(({ span }) => span.protocol === 'ICMP');
    expect(classes.map(({ span, icmpType }) => [span.icmpType, icmpType])).toEqual(wanted);
    expect(classes.every(({ port, span }) => port === null && span.first === 0 && span.last === 0)).toBe(true);
  });
});

describe('classes of addresses', () => {
  const range = (text: string): Interval & { readonly text: string } => {
    const interval = intervalOf(text);
    if (interval === null) throw new Error(text);
    return { ...interval, text };
  };
  const block = (cidr: string, ...except: readonly string[]): Term => ({
    kind: 'ipBlock',
    range: range(cidr),
    except: except.map(range),
    overPods: 'every-address',
    overNodes: 'every-address',
  });
  const classes = (terms: readonly Term[], taken: readonly string[] = []) =>
    addressClasses(4, terms, new Set(taken.map(text => range(text).first)));
  test.each<readonly [rule: string, terms: readonly Term[], wanted: readonly string[]]>([
    ['one, where no rule names any', [], ['0.0.0.0/0']],
    ['a block is one', [block('128.0.0.0/1')], ['0.0.0.0/1', '128.0.0.0/1']],
    ['an exception is one', [block('0.0.0.0/0', '128.0.0.0/1')], ['0.0.0.0/1', '128.0.0.0/1']],
    ['blocks of the other family cut nothing', [block('2001:db8::/32')], ['0.0.0.0/0']],
    ['ports cut nothing', [ports('TCP', 443)], ['0.0.0.0/0']],
  ])('%s', (_, terms, wanted) => {
    expect(classes(terms).map(({ interval }) => intervalText(interval))).toEqual(wanted);
  });
  test('are stood for by the first address that is nobody’s in particular, and by none where there is none', () => {
    const terms = [block('10.0.0.0/31')];
    const inside = (...taken: readonly string[]) => classes(terms, taken)[1]?.value;
    expect(inside()).toBe(range('10.0.0.0/32').first);
    expect(inside('10.0.0.0/32')).toBe(range('10.0.0.1/32').first);
    expect(inside('10.0.0.0/32', '10.0.0.1/32')).toBeNull();
  });
});

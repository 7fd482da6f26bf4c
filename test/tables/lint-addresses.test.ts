/** `egress lint`: addresses that are pinned, and blocks that open more than the internet. */
import { describe, expect, test } from 'vitest';
import { lint } from '../../src/lint/lint.ts';
import { hostsIn, hostsNamed } from '../../src/lint/pinned.ts';
import { readWorld } from '../../src/lint/world.ts';
import { readManifests } from '../../src/policy/manifest-file.ts';
import {
  CALICO,
  CILIUM,
  cnp,
  egress,
  found,
  gnp,
  ipBlock,
  lintObjects,
  namespace,
  node,
  open,
  pod,
  UNKNOWN,
} from './lint-builders.ts';

const PODS = [namespace('pay'), pod('pay/api', { labels: { app: 'api' } })];

/** `text` as a file with a policy that pins an address, described or remarked. */
function file({ description = '', remark = '', cidr = '203.0.113.43/32' } = {}): string {
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: stripe
  namespace: pay
  annotations:
    kubernetes.io/description: "${description}"
    kubectl.kubernetes.io/last-applied-configuration: '{"apiVersion":"networking.k8s.io/v1"}'
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
  - to:
    - ipBlock:
        cidr: ${cidr}${remark === '' ? '' : ` # ${remark}`}
`;
}

function inputOf(text: string, dns: Readonly<Record<string, readonly string[]>>) {
  const reading = readManifests(text);
  if (reading.kind === 'unreadable') throw new Error(reading.why);
  const sources = [{ file: 'stripe.yaml', text, objects: reading.objects }];
  return { sources, dns, engine: UNKNOWN, clusterCidrs: [], apis: [], extent: 'some-objects' as const };
}

const MOVED = { 'api.stripe.com': ['203.0.113.99'] };
const SAME = { 'api.stripe.com': ['203.0.113.43'] };
const POLICY = 'NetworkPolicy pay/stripe';

describe('an address that its host no longer has', () => {
  test.each<[string, string, Readonly<Record<string, readonly string[]>>, readonly string[]]>([
    [
      'the comment beside the address names the host, which moved',
      file({ remark: 'api.stripe.com' }),
      MOVED,
      [`stale-address ${POLICY}`],
    ],
    ['and which did not', file({ remark: 'api.stripe.com' }), SAME, []],
    [
      'the description names the host, which moved',
      file({ description: 'Lets billing reach api.stripe.com.' }),
      MOVED,
      [`stale-address ${POLICY}`],
    ],
    [
      'the host has no address any more',
      file({ remark: 'api.stripe.com' }),
      { 'api.stripe.com': [] },
      [`stale-address ${POLICY}`],
    ],
    ['IPv6', file({ remark: 'api.stripe.com', cidr: '2001:db8::43/128' }), MOVED, [`stale-address ${POLICY}`]],
    ['a wider block is no pinned address', file({ remark: 'api.stripe.com', cidr: '203.0.113.0/24' }), MOVED, []],
    [
      'the host moved, but another name has the address',
      file({ remark: 'api.stripe.com' }),
      { ...MOVED, 'pay.example': ['203.0.113.43'] },
      [],
    ],
  ])('%s', (_, text, dns, expected) => {
    expect(found(lint([inputOf(text, dns)]), 'stale-address')).toEqual(expected);
  });

  test.each<[string, string, string]>([
    [
      'nobody says which host it is',
      file(),
      `${POLICY}: which host 203.0.113.43 stands for is not said (a comment beside the address, or a description, tells)`,
    ],
    [
      'the host is named and was not resolved',
      file({ remark: 'api.stripe.com' }),
      `${POLICY}: what api.stripe.com resolves to is not known (--resolve api.stripe.com=ADDRESS or --lookup may tell)`,
    ],
  ])('not checked: %s', (_, text, expected) => {
    const report = lint([inputOf(text, {})]);
    expect(found(report, 'stale-address')).toEqual([]);
    expect(open(report, 'stale-address')).toEqual([expected]);
  });

  test('the finding says what the host has now', () => {
    const [finding] = lint([inputOf(file({ remark: 'api.stripe.com' }), MOVED)]).findings.filter(
      each => each.rule === 'stale-address',
    );
    expect(finding).toMatchObject({
      what: 'It pins 203.0.113.43 for api.stripe.com, which no longer has this address (it has 203.0.113.99 now).',
      place: { file: 'stripe.yaml', line: 13 },
    });
  });

  test('some addresses of a host, and not all', () => {
    const dns = { 'api.stripe.com': ['203.0.113.43', '203.0.113.44'] };
    expect(found(lint([inputOf(file(), dns)]), 'missing-address')).toEqual([`missing-address ${POLICY}`]);
    expect(found(lint([inputOf(file(), SAME)]), 'missing-address')).toEqual([]);
    expect(found(lint([inputOf(file(), MOVED)]), 'missing-address')).toEqual([]);
  });

  test('addresses of the cluster are nobody’s outside', () => {
    const own = egress('pay/p', { to: [ipBlock('192.0.2.10/32')] });
    expect(open(lintObjects([...PODS, node('a', '192.0.2.10'), own]), 'stale-address')).toEqual([]);
  });

  test('hosts to look up are those beside pinned addresses alone', () => {
    expect(hostsNamed(readWorld(inputOf(file({ remark: 'api.stripe.com, hooks.stripe.com' }), {})))).toEqual([
      'api.stripe.com',
      'hooks.stripe.com',
    ]);
    expect(hostsNamed(readWorld(inputOf(file({ description: 'api.stripe.com', cidr: '203.0.113.0/24' }), {})))).toEqual(
      [],
    );
  });

  test.each<[string, readonly string[]]>([
    ['for api.stripe.com.', ['api.stripe.com']],
    ['see https://Docs.example.com/a?b.', ['docs.example.com']],
    ['api.stripe.com:443, api.stripe.com', ['api.stripe.com']],
    ['v1.2 of e.g. 10.0.0.1', []],
    ['no host', []],
  ])('hosts in "%s"', (text, expected) => {
    expect(hostsIn(text)).toEqual(expected);
  });
});

const NODE = { ...node('a', '192.168.1.10'), spec: { podCIDR: '10.244.0.0/24' } };
const to = (...args: readonly [string, ...string[]]) => egress('pay/p', { to: [ipBlock(...args)] });

describe('a block of the internet that covers the cluster', () => {
  test.each<[string, readonly unknown[], readonly string[]]>([
    ['everything', [...PODS, NODE, to('0.0.0.0/0')], ['cluster-not-excepted NetworkPolicy pay/p']],
    ['everything but the cluster', [...PODS, NODE, to('0.0.0.0/0', '10.0.0.0/8', '192.168.0.0/16')], []],
    [
      'the wrong private range is excepted',
      [...PODS, NODE, to('0.0.0.0/0', '172.16.0.0/12')],
      ['cluster-not-excepted NetworkPolicy pay/p'],
    ],
    ['a private block is meant for the cluster', [...PODS, NODE, to('10.0.0.0/8')], []],
    ['a block of somebody’s own', [...PODS, NODE, to('203.0.113.0/24')], []],
    ['IPv6 has no range of this cluster', [...PODS, NODE, to('::/0')], []],
  ])('%s', (_, objects, expected) => {
    expect(found(lintObjects(objects), 'cluster-not-excepted', 'private-not-excepted')).toEqual(expected);
  });

  test('a range that was named counts without any node', () => {
    const report = lintObjects([to('0.0.0.0/0', '10.0.0.0/8')], { clusterCidrs: ['172.30.0.0/16'] });
    expect(found(report, 'cluster-not-excepted')).toEqual(['cluster-not-excepted NetworkPolicy pay/p']);
  });

  test('where nothing is known of the cluster, private ranges are a note', () => {
    const report = lintObjects([to('0.0.0.0/0')]);
    const [finding] = report.findings.filter(({ rule }) => rule === 'private-not-excepted');
    expect(finding?.severity).toBe('note');
    expect(
      found(
        lintObjects([to('0.0.0.0/0', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16')]),
        'private-not-excepted',
      ),
    ).toEqual([]);
  });

  test("Cilium's blocks never match pods or nodes, so nothing has to be excepted", () => {
    const objects = [...PODS, NODE, cnp('pay/p', { endpointSelector: {}, egress: [{ toCIDR: ['0.0.0.0/0'] }] })];
    expect(found(lintObjects(objects, { engine: CILIUM }), 'cluster-not-excepted')).toEqual([]);
  });

  test('the YAML of the fix mends it, in the kinds of Kubernetes and Calico', () => {
    const [finding] = lintObjects([...PODS, NODE, to('0.0.0.0/0')]).findings.filter(
      each => each.rule === 'cluster-not-excepted',
    );
    const reading = readManifests(finding?.fix.yaml ?? '');
    const rule = reading.kind === 'manifests' ? (reading.objects[0] as object) : {};
    expect(found(lintObjects([...PODS, NODE, egress('pay/p', rule)]), 'cluster-not-excepted')).toEqual([]);
    const calico = gnp('p', { types: ['Egress'], egress: [{ action: 'Allow', destination: { nets: ['0.0.0.0/0'] } }] });
    const report = lintObjects([...PODS, NODE, calico], { engine: CALICO });
    expect(report.findings.find(each => each.rule === 'cluster-not-excepted')?.fix.yaml).toContain('notNets');
  });
});

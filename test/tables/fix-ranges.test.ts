import { describe, expect, it } from 'vitest';
import { type AddressSet, intervalOf, intervalText, unite } from '../../src/diagnose/address-sets.ts';
import { clusterRanges, exceptFor, isPublicAddress } from '../../src/diagnose/fix-ranges.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { ClusterNode, ClusterPod, ClusterState } from '../../src/policy/model.ts';

const ranges = (...texts: readonly string[]): AddressSet =>
  unite(
    texts.flatMap(
      text =>
        intervalOf(text) ??
        (() => {
          throw new Error(text);
        })(),
    ),
  );
const keep = (...texts: readonly string[]) => [...ranges(...texts)];

const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];

function cluster(nodes: readonly Partial<ClusterNode>[], pods: readonly string[] = []): ClusterState {
  const node = (given: Partial<ClusterNode>, index: number): [string, ClusterNode] => [
    `n${index}`,
    { name: `n${index}`, labels: {}, addresses: [], podCidrs: [], ...given },
  ];
  const pod = (address: string, index: number): [string, ClusterPod] => [
    `a/p${index}`,
    {
      namespace: 'a',
      name: `p${index}`,
      labels: {},
      serviceAccount: 'default',
      node: 'n0',
      hostNetwork: false,
      addresses: [address],
      ports: [],
      finished: false,
      annotations: {},
      containers: [],
    },
  ];
  return {
    namespaces: new Map(),
    serviceAccounts: new Map(),
    podsByAddress: new Map(),
    nodesByAddress: new Map(),
    servicesByAddress: new Map(),
    services: new Map(),
    dns: new Map(),
    lookups: null,
    nodes: new Map(nodes.map(node)),
    pods: new Map(pods.map(pod)),
  };
}
const object = (kind: string, rest: Readonly<Record<string, unknown>>, name = 'x'): KubernetesObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...rest,
});

describe('the ranges of the cluster', () => {
  it('come from ServiceCIDRs, node podCIDRs, CNI pools and what pods, nodes and Services have', () => {
    const objects = [
      object('ServiceCIDR', { spec: { cidrs: ['10.96.0.0/16', 'fd00:96::/112'] } }),
      object('Node', { spec: { podCIDRs: ['10.244.0.0/24'] } }),
      object('IPPool', { spec: { cidr: '172.20.0.0/16' } }),
      object('ConfigMap', { data: { 'cluster-pool-ipv4-cidr': '10.50.0.0/16 10.51.0.0/16' } }, 'cilium-config'),
      object('ConfigMap', { data: { 'cluster-pool-ipv4-cidr': '8.0.0.0/8' } }, 'somebody-elses'),
    ];
    const found = clusterRanges(objects, cluster([{ addresses: ['192.0.2.10', 'lab-node'] }], ['198.51.100.7']));
    expect(found).toMatchObject({
      kind: 'known',
      from: ['ServiceCIDR', 'node podCIDRs', 'CNI pools', 'node addresses', 'pod addresses'],
    });
    expect(found.kind === 'known' ? found.ranges.map(intervalText) : []).toEqual([
      '10.50.0.0/15',
      '10.96.0.0/16',
      '10.244.0.0/24',
      '172.20.0.0/16',
      '192.0.2.10/32',
      '198.51.100.7/32',
      'fd00:96::/112',
    ]);
  });

  it('are unknown when no node could be read', () => {
    expect(clusterRanges([], cluster([]))).toMatchObject({ kind: 'unknown' });
  });

  it('take the whole block of a range written with host bits', () => {
    const found = clusterRanges([object('IPPool', { spec: { cidr: '172.20.3.4/16' } })], cluster([{}]));
    expect(found.kind === 'known' ? found.ranges.map(intervalText) : []).toEqual(['172.20.0.0/16']);
  });
});

describe('the except list', () => {
  it.each([
    {
      rule: 'private space is shut, and ranges inside it need no line',
      inside: ['10.244.0.0/16', '10.96.0.0/12'],
      keep: ['203.0.113.43'],
      is: PRIVATE,
    },
    {
      rule: 'a public address of a node is shut as well',
      inside: ['192.0.2.10'],
      keep: ['203.0.113.43'],
      is: [...PRIVATE.slice(0, 4), '192.0.2.10/32', PRIVATE[4]],
    },
    { rule: 'null: the host is inside the cluster', inside: ['203.0.113.0/24'], keep: ['203.0.113.43'], is: null },
    { rule: 'null: the host has a private address', inside: [], keep: ['10.9.9.9'], is: null },
  ])('$rule', ({ inside, keep: kept, is }) => {
    expect(exceptFor(4, ranges(...inside), keep(...kept))).toEqual(is);
  });

  it('shuts local IPv6 addresses', () => {
    expect(exceptFor(6, ranges('2001:db8:5::/64'), keep('2001:db8::43'))).toEqual([
      '2001:db8:5::/64',
      'fc00::/7',
      'fe80::/10',
    ]);
  });

  it('is widened, as little as will do, when many single addresses would be listed', () => {
    const nodes = Array.from({ length: 60 }, (_, index) => `198.51.100.${index * 4}`);
    expect(exceptFor(4, ranges(...nodes), keep('203.0.113.43'))).toEqual([
      ...PRIVATE,
      '198.51.100.0/25',
      '198.51.100.128/26',
      '198.51.100.192/27',
      '198.51.100.224/28',
    ]);
  });

  it('is never widened over the host, and null when it would stay too long', () => {
    const nodes = Array.from({ length: 60 }, (_, index) => `203.0.113.${index * 4}`);
    const list = exceptFor(4, ranges(...nodes), keep('203.0.113.43'));
    expect(list === null || !list.includes('203.0.113.0/24')).toBe(true);
    const apart = Array.from({ length: 60 }, (_, index) => `203.${index}.113.1`);
    expect(exceptFor(4, ranges(...apart), keep('198.51.100.1'))).toBeNull();
  });
});

describe('public addresses', () => {
  it.each([
    ['203.0.113.43', true],
    ['8.8.8.8', true],
    ['10.1.2.3', false],
    ['100.64.0.1', false],
    ['169.254.169.254', false],
    ['172.32.0.1', true],
    ['2001:db8::1', true],
    ['fd00:ec2::254', false],
    ['nonsense', null],
  ])('%s: %s', (address, is) => {
    expect(isPublicAddress(address)).toBe(is);
  });
});

import { describe, expect, it } from 'vitest';
import { CALICO, CILIUM, changeOf, ipBlock, namespace, netpol, node, pod, tcp, udp } from '../fakes/fix-scenes.ts';

const CLUSTER = [
  node('node-a', '192.0.2.10', '10.244.0.0/24'),
  namespace('a'),
  namespace('b'),
  pod('a/one', '10.244.0.1', { app: 'one' }),
  pod('a/two', '10.244.0.2', { app: 'two' }),
  pod('b/web', '10.244.0.3', { app: 'web' }),
];
const denyAll = netpol('a/deny', {}, { egress: [] });
const toBlock = (name: string, cidr: string, except: readonly string[], ports: readonly object[]) =>
  netpol(`a/${name}`, { matchLabels: { app: 'one' } }, { egress: [{ to: [ipBlock(cidr, ...except)], ports }] });

describe('what an added policy opens', () => {
  it('an exact address: that address on that port, for the selected pod only', () => {
    const fix = toBlock('fix', '203.0.113.43/32', [], [tcp(443)]);
    expect(changeOf(CLUSTER, [denyAll], [denyAll, fix])).toEqual({
      allowed: ['a/one -> 203.0.113.43/32 : 443/TCP'],
      denied: [],
    });
  });

  it('everything but private ranges: the ranges between, cut around the node that Cilium leaves out', () => {
    const fix = toBlock('fix', '0.0.0.0/0', ['10.0.0.0/8'], [tcp(443)]);
    expect(changeOf(CLUSTER, [denyAll], [denyAll, fix], CILIUM).allowed).toEqual([
      'a/one -> 0.0.0.0-9.255.255.255 11.0.0.0-192.0.2.9 192.0.2.11-255.255.255.255 : 443/TCP',
    ]);
  });

  it('pods inside a range are told by name where the engine counts them in', () => {
    const fix = toBlock('fix', '10.0.0.0/8', [], [tcp(443)]);
    expect(changeOf(CLUSTER, [denyAll], [denyAll, fix], CALICO).allowed).toEqual([
      'a/one -> pod:a/two pod:b/web 10.0.0.0/8 : 443/TCP',
    ]);
    expect(changeOf(CLUSTER, [denyAll], [denyAll, fix], CILIUM).allowed).toEqual([
      'a/one -> 10.0.0.0-10.244.0.1 10.244.0.4-10.255.255.255 : 443/TCP',
    ]);
  });

  it('a pod by labels: only that pod, and only where its own ingress lets it in', () => {
    const fix = netpol(
      'a/fix',
      { matchLabels: { app: 'one' } },
      { egress: [{ to: [{ namespaceSelector: {} }], ports: [tcp(8080)] }] },
    );
    expect(changeOf(CLUSTER, [denyAll], [denyAll, fix]).allowed).toEqual(['a/one -> pod:a/two pod:b/web : 8080/TCP']);
    const shut = netpol('b/shut', {}, { ingress: [{ ports: [{ protocol: 'TCP', port: 9000 }] }] });
    expect(changeOf(CLUSTER, [denyAll, shut], [denyAll, shut, fix]).allowed).toEqual(['a/one -> pod:a/two : 8080/TCP']);
  });

  it('replicas among themselves: each to the others, none to itself', () => {
    const replicas = [1, 2].map(number => pod(`a/r${number}`, `10.244.0.${number + 20}`, { app: 'r' }));
    const fix = netpol(
      'a/fix',
      { matchLabels: { app: 'r' } },
      { egress: [{ to: [{ podSelector: { matchLabels: { app: 'r' } } }], ports: [tcp(7000)] }] },
    );
    expect(changeOf([...CLUSTER, ...replicas], [denyAll], [denyAll, fix]).allowed).toEqual([
      'a/r1 -> pod:a/r2 : 7000/TCP',
      'a/r2 -> pod:a/r1 : 7000/TCP',
    ]);
  });

  it('both sides at once: a flow whose egress was open already, and whose ingress opens now', () => {
    const already = netpol('a/already', { matchLabels: { app: 'one' } }, { egress: [{ ports: [tcp(8080)] }] });
    const shut = netpol('b/shut', {}, { ingress: [] });
    const out = toBlock('out', '203.0.113.43/32', [], [tcp(443)]);
    const into = netpol(
      'b/into',
      { matchLabels: { app: 'web' } },
      { ingress: [{ from: [{ namespaceSelector: {} }], ports: [tcp(8080)] }] },
    );
    expect(changeOf(CLUSTER, [already, shut], [already, shut, out, into]).allowed).toEqual([
      'a/one a/two -> pod:b/web : 8080/TCP',
      'a/one -> 203.0.113.43/32 : 443/TCP',
    ]);
  });

  it('what another policy allows already is not new', () => {
    const already = toBlock('already', '203.0.113.0/24', [], [tcp(443)]);
    const fix = toBlock('fix', '203.0.112.0/23', [], [tcp(443), tcp(80)]);
    expect(changeOf(CLUSTER, [already], [already, fix]).allowed).toEqual([
      'a/one -> 203.0.112.0/24 : 80/TCP 443/TCP',
      'a/one -> 203.0.113.0/24 : 80/TCP',
    ]);
  });

  it('ports: a range minus what was open, protocols apart', () => {
    const already = netpol('a/already', {}, { egress: [{ ports: [tcp(443)] }] });
    const fix = netpol(
      'a/fix',
      { matchLabels: { app: 'one' } },
      {
        egress: [{ to: [ipBlock('203.0.113.43/32')], ports: [{ protocol: 'TCP', port: 440, endPort: 445 }, udp(53)] }],
      },
    );
    const calico = changeOf(CLUSTER, [already], [already, fix], CALICO);
    expect(calico.allowed).toEqual(['a/one -> 203.0.113.43/32 : 440-442/TCP 444-445/TCP 53/UDP']);
  });

  it('IPv6 only for pods that have it', () => {
    const dual = [...CLUSTER, pod('a/six', '10.244.0.6 fd00::6', { app: 'one', six: 'yes' })];
    const fix = toBlock('fix', '2001:db8::/32', [], [tcp(443)]);
    expect(changeOf(dual, [denyAll], [denyAll, fix]).allowed).toEqual(['a/six -> 2001:db8::/32 : 443/TCP']);
  });

  it('nothing for a policy that selects nobody, and nothing for the same policies', () => {
    const fix = netpol('a/fix', { matchLabels: { app: 'nobody' } }, { egress: [{}] });
    expect(changeOf(CLUSTER, [denyAll], [denyAll, fix])).toEqual({ allowed: [], denied: [] });
    expect(changeOf(CLUSTER, [denyAll], [denyAll])).toEqual({ allowed: [], denied: [] });
  });
});

describe('what an added policy shuts', () => {
  it('everything else of a pod that nothing isolated before', () => {
    const fix = toBlock('fix', '0.0.0.0/0', [], [tcp(443)]);
    const { allowed, denied } = changeOf(CLUSTER, [], [fix], CALICO);
    expect(allowed).toEqual([]);
    expect(denied).toEqual([
      'a/one -> pod:a/two pod:b/web 0.0.0.0/0 : ICMP 1-65535/SCTP 1-442/TCP 444-65535/TCP 1-65535/UDP',
    ]);
  });

  it('sources outside as well, on the ingress side', () => {
    const fix = netpol('b/fix', { matchLabels: { app: 'web' } }, { ingress: [{ from: [{ namespaceSelector: {} }] }] });
    const { denied } = changeOf(CLUSTER, [], [fix], CALICO);
    expect(denied.some(line => line.startsWith('0.0.0.0/0 -> pod:b/web :') || line.includes('192.0.2.9'))).toBe(true);
    expect(denied.some(line => line.includes('a/one'))).toBe(false);
  });

  it('taking a policy away is the opposite of adding it', () => {
    const fix = toBlock('fix', '203.0.113.43/32', [], [tcp(443)]);
    const added = changeOf(CLUSTER, [denyAll], [denyAll, fix]);
    const removed = changeOf(CLUSTER, [denyAll, fix], [denyAll]);
    expect(removed).toEqual({ allowed: added.denied, denied: added.allowed });
  });
});

/** What is asked of the rules: which flows make up the question, and how a fix for them is said in a sentence. */
import { describe, expect, test } from 'vitest';
import { situationOf } from '../../src/diagnose/fix-situation.ts';
import { summaryOf } from '../../src/diagnose/fix-summary.ts';
import { type FlowFact, flowSetsOf, type PortSpan } from '../../src/diagnose/flow-sets.ts';
import { flowsOf } from '../../src/diagnose/flows.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { PodDns, ProxySettings, Target } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { type Asked, DNS_RULE, inputOf, lineOf, netpol, object, STRIPE } from '../fakes/fix-scenes.ts';
import { targetOf } from '../fakes/target.ts';

const service = (key: string, address: string, labels: object = {}, ports: readonly object[] = [{ port: 53 }]) =>
  object('v1', 'Service', key, { spec: { clusterIP: address, clusterIPs: [address], ports } }, { labels });
const KUBE_DNS = service('kube-system/kube-dns', '10.96.0.10', { 'k8s-app': 'kube-dns' });

type Given = {
  readonly objects?: readonly KubernetesObject[];
  readonly target?: Partial<Target>;
  readonly lookup?: string | null;
};
const flows = ({ objects = [KUBE_DNS], target = {}, lookup = 'a.example' }: Given) =>
  flowsOf({
    target: targetOf(target),
    host: { kind: 'name', name: 'a.example', addresses: [], resolvedBy: 'none' },
    port: 443,
    protocol: 'TCP',
    lookup,
    cluster: readClusterState(objects, {}).cluster,
    controlPod: null,
  });
const nameservers = (given: Given) => [
  ...new Set(
    flows(given).flatMap(({ purpose, request: { to } }) =>
      purpose === 'dns' && to.kind === 'address' ? [to.address] : [],
    ),
  ),
];
const dns = (policy: string, more: Partial<PodDns> = {}): Partial<Target> => ({
  dns: { policy, config: null, resolvConf: null, ...more },
});
const OWN = { config: { nameservers: ['192.0.2.9'], searches: [], options: [] } };

describe('the nameservers that a pod asks', () => {
  test.each<readonly [rule: string, given: Given, wanted: readonly string[]]>([
    [
      'those of its resolv.conf',
      { target: dns('ClusterFirst', { resolvConf: { nameservers: ['169.254.20.10'], searches: [], ndots: 5 } }) },
      ['169.254.20.10'],
    ],
    ['else those of the cluster', { target: dns('ClusterFirst') }, ['10.96.0.10']],
    ['and its own after them', { target: dns('ClusterFirst', OWN) }, ['10.96.0.10', '192.0.2.9']],
    ['its own alone where it says so', { target: dns('None', OWN) }, ['192.0.2.9']],
    [
      'not those of the cluster on the network of its node',
      { target: { ...dns('ClusterFirst'), hostNetwork: true } },
      [],
    ],
    [
      'but where it asks for them',
      { target: { ...dns('ClusterFirstWithHostNet'), hostNetwork: true } },
      ['10.96.0.10'],
    ],
    ['those of its node are not known', { target: dns('Default') }, []],
    [
      'OpenShift’s',
      { objects: [service('openshift-dns/dns-default', '172.30.0.10')], target: dns('ClusterFirst') },
      ['172.30.0.10'],
    ],
    [
      'not another Service of kube-system',
      { objects: [service('kube-system/metrics', '10.96.0.11'), KUBE_DNS], target: dns('ClusterFirst') },
      ['10.96.0.10'],
    ],
    [
      'not one with the label elsewhere',
      { objects: [service('shop/dns', '10.96.0.12', { 'k8s-app': 'kube-dns' })], target: dns('ClusterFirst') },
      [],
    ],
    ['none is known', { objects: [], target: dns('ClusterFirst') }, []],
    ['no name is asked for', { lookup: null }, []],
  ])('%s', (_, given, wanted) => {
    expect(nameservers(given)).toEqual(wanted);
  });
});

describe('the way to the API server', () => {
  const portOf = (...ports: readonly object[]) =>
    flows({ objects: [service('default/kubernetes', '10.96.0.1', {}, ports)] }).find(
      ({ purpose }) => purpose === 'cluster',
    )?.request.port;
  test.each<readonly [rule: string, ports: readonly object[], wanted: number]>([
    [
      'by the port https',
      [
        { name: 'other', port: 80 },
        { name: 'https', port: 6443 },
      ],
      6443,
    ],
    [
      'else by the first',
      [
        { name: 'api', port: 8443 },
        { name: 'other', port: 80 },
      ],
      8443,
    ],
    ['else by 443', [], 443],
  ])('%s', (_, ports, wanted) => {
    expect(portOf(...ports)).toBe(wanted);
  });
  test('is not asked where its Service was not read', () => {
    expect(flows({}).map(({ purpose }) => purpose)).not.toContain('cluster');
  });
});

describe('the way to the proxy', () => {
  const proxied = (host: string): ProxySettings => ({
    kind: 'set',
    uses: { variable: 'HTTPS_PROXY', host, port: 3128, scheme: 'http' },
    variables: {},
    exemptedBy: null,
  });
  test.each<readonly [host: string, kind: string]>([
    ['proxy.example', 'name'],
    ['10.9.9.9', 'address'],
    ['fd00::9', 'address'],
    ['10.proxy.example', 'name'],
    ['proxy10', 'name'],
  ])('%s is a %s', (host, kind) => {
    const way = flows({ target: { proxy: proxied(host) } }).find(({ purpose }) => purpose === 'proxy');
    expect(way?.request).toMatchObject({ to: { kind }, port: 3128, protocol: 'TCP' });
  });
  test('is none where the pod connects directly', () => {
    expect(flows({}).map(({ purpose }) => purpose)).not.toContain('proxy');
  });
});

describe('a fix in a sentence', () => {
  const said = (asked: Asked, others: readonly string[] = [], managedBy: readonly string[] | null = null) => {
    const found = situationOf(inputOf(asked));
    if (found.kind !== 'situation') throw new Error(found.why);
    const changes = managedBy === null ? [] : [{ policy: 'X a/b', managedBy, diff: '' }];
    return summaryOf(found.situation, others, changes as never);
  };
  const shut = netpol('payments/shut', {}, { egress: [] });
  const onlyDns = netpol('payments/only-dns', {}, { egress: [DNS_RULE] });
  const closed = (key: string) => netpol(key, {}, { ingress: [] });
  const PODS = ['a/1', 'a/2', 'a/3', 'a/4', 'a/5'];
  test.each<readonly [rule: string, text: () => string, wanted: string]>([
    [
      'host and lookup',
      () => said({ objects: [shut] }),
      'Allows Pod payments/billing to reach api.stripe.com on 443/TCP and to ask its nameservers, beside NetworkPolicy payments/shut, which stays as it is.',
    ],
    [
      'the host alone',
      () => said({ objects: [onlyDns], host: STRIPE }),
      `Allows Pod payments/billing to reach ${STRIPE} on 443/TCP, beside NetworkPolicy payments/only-dns, which stays as it is.`,
    ],
    [
      'two that deny',
      () => said({ objects: [shut, onlyDns], host: STRIPE }),
      `Allows Pod payments/billing to reach ${STRIPE} on 443/TCP, beside NetworkPolicy payments/only-dns, NetworkPolicy payments/shut, which stay as they are.`,
    ],
    [
      'a policy in another namespace',
      () => said({ objects: [closed('shop/shut')], host: 'service:shop/web', port: 80 }),
      'Allows Pod payments/billing to reach shop/web on 80/TCP, beside NetworkPolicy shop/shut, which stays as it is; namespace shop has to agree, since one policy is its own.',
    ],
    [
      'a policy in the same one',
      () => said({ objects: [closed('payments/closed')], host: '10.244.0.8', port: 5432 }),
      'Allows Pod payments/billing to reach 10.244.0.8 on 5432/TCP, beside NetworkPolicy payments/closed, which stays as it is.',
    ],
    [
      'egress to another namespace needs nobody’s agreement',
      () => said({ objects: [onlyDns], host: 'service:shop/web', port: 80 }),
      'Allows Pod payments/billing to reach shop/web on 80/TCP, beside NetworkPolicy payments/only-dns, which stays as it is.',
    ],
    [
      'three with the same labels',
      () => said({ objects: [onlyDns], host: STRIPE }, PODS.slice(0, 3)),
      `Allows Pod payments/billing to reach ${STRIPE} on 443/TCP, beside NetworkPolicy payments/only-dns, which stays as it is; the same labels are on a/1, a/2, a/3, which it opens too.`,
    ],
    [
      'five with the same labels',
      () => said({ objects: [onlyDns], host: STRIPE }, PODS),
      `Allows Pod payments/billing to reach ${STRIPE} on 443/TCP, beside NetworkPolicy payments/only-dns, which stays as it is; the same labels are on a/1, a/2, a/3 and 2 more, which it opens too.`,
    ],
    [
      'a change of what nobody owns',
      () => said({ objects: [onlyDns], host: STRIPE }, [], []),
      `Allows Pod payments/billing to reach ${STRIPE} on 443/TCP, by a change of X a/b itself (nobody is marked as its owner).`,
    ],
    [
      'a change of what somebody owns',
      () => said({ objects: [onlyDns], host: STRIPE }, [], ['Helm', 'Argo']),
      `Allows Pod payments/billing to reach ${STRIPE} on 443/TCP, by a change of X a/b itself (it belongs to Helm, Argo).`,
    ],
  ])('%s', (_, text, wanted) => {
    expect(text()).toBe(wanted);
  });
});

describe('many flows as few sets', () => {
  const span = (protocol: PortSpan['protocol'], first: number, last = first): PortSpan => ({
    protocol,
    first,
    last,
    icmpType: null,
  });
  const icmp = (icmpType: PortSpan['icmpType']): PortSpan => ({ protocol: 'ICMP', first: 0, last: 0, icmpType });
  const fact = (name: string, to: string, ...ports: readonly PortSpan[]): FlowFact => ({
    pods: [name],
    to: { kind: 'pod', pod: to },
    ports,
  });
  const lines = (...facts: readonly FlowFact[]) => flowSetsOf(facts).map(lineOf);
  test.each<readonly [rule: string, facts: readonly FlowFact[], wanted: readonly string[]]>([
    [
      'neighbouring ports are one range',
      [fact('a/x', 'b/y', span('TCP', 1, 9), span('TCP', 10, 20))],
      ['a/x -> pod:b/y : 1-20/TCP'],
    ],
    [
      'ports with one between them are two',
      [fact('a/x', 'b/y', span('TCP', 1, 9), span('TCP', 11, 20))],
      ['a/x -> pod:b/y : 1-9/TCP 11-20/TCP'],
    ],
    [
      'a range within another is part of it',
      [fact('a/x', 'b/y', span('TCP', 1, 20), span('TCP', 5, 9), span('TCP', 21))],
      ['a/x -> pod:b/y : 1-21/TCP'],
    ],
    [
      'protocols stay apart',
      [fact('a/x', 'b/y', span('TCP', 53), span('UDP', 53))],
      ['a/x -> pod:b/y : 53/TCP 53/UDP'],
    ],
    [
      'types of ICMP stay apart',
      [fact('a/x', 'b/y', icmp(8), icmp('others'))],
      [expect.stringMatching(/ICMP.* .*ICMP/) as unknown as string],
    ],
    ['every type of ICMP is ICMP', [fact('a/x', 'b/y', icmp('every'))], ['a/x -> pod:b/y : ICMP']],
    [
      'pods with the same destinations and ports are one set',
      [fact('a/z', 'b/y', span('TCP', 1)), fact('a/x', 'b/y', span('TCP', 1))],
      ['a/x a/z -> pod:b/y : 1/TCP'],
    ],
    [
      'destinations with the same ports are one set',
      [fact('a/x', 'b/z', span('TCP', 1)), fact('a/x', 'b/y', span('TCP', 1))],
      ['a/x -> pod:b/y pod:b/z : 1/TCP'],
    ],
    [
      'other ports are another set',
      [fact('a/x', 'b/z', span('TCP', 1)), fact('a/x', 'b/y', span('TCP', 2))],
      ['a/x -> pod:b/y : 2/TCP', 'a/x -> pod:b/z : 1/TCP'],
    ],
  ])('%s', (_, facts, wanted) => {
    expect(lines(...facts)).toEqual(wanted);
  });
});

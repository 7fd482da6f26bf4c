/** What a fix has to open, what it opens it for, and how the plainest kind says it. */
import { describe, expect, test } from 'vitest';
import type { FixKind } from '../../src/diagnose/fix-kind.ts';
import { NETWORK_POLICY_EXACT, NETWORK_POLICY_OUTSIDE } from '../../src/diagnose/fix-plain.ts';
import { situationOf } from '../../src/diagnose/fix-situation.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { ProxySettings } from '../../src/model.ts';
import {
  type Asked,
  DNS_RULE,
  draftOf,
  inputOf,
  ipBlock,
  netpol,
  pod,
  STRIPE,
  specOf,
  tcp,
  UNKNOWN,
  udp,
} from '../fakes/fix-scenes.ts';

const shut = netpol('payments/shut', {}, { egress: [] });
const onlyDns = netpol('payments/only-dns', {}, { egress: [DNS_RULE] });
const opening = (...egress: readonly object[]) => netpol('payments/some', {}, { egress });
const HOST = { to: [ipBlock('0.0.0.0/0')], ports: [tcp(443)] };

/** Each need as `dns egress 10.244.0.2 53/UDP`, or why there is none. */
function needs(asked: Asked): readonly string[] | string {
  const found = situationOf(inputOf(asked));
  if (found.kind === 'nothing-to-open') return found.why;
  return found.situation.needs.map(({ purpose, side, to, port }) => {
    const end = to.kind === 'pod' ? `${to.pod.namespace}/${to.pod.name}` : to.address;
    return `${purpose} ${side} ${end} ${port.port}/${port.protocol}`;
  });
}
const TO_HOST = `destination egress ${STRIPE} 443/TCP`;
const OUTSIDE_DNS = { nameservers: ['198.51.100.53', '198.51.100.54'] };
const proxied = (host: string): ProxySettings => ({
  kind: 'set',
  uses: { variable: 'HTTPS_PROXY', host, port: 3128, scheme: 'http' },
  variables: {},
  exemptedBy: null,
});

describe('what has to be opened', () => {
  test.each<readonly [rule: string, asked: Asked, wanted: readonly string[] | string]>([
    [
      'everything is denied: the host, and its lookup over both transports',
      { objects: [shut] },
      [TO_HOST, 'dns egress kube-system/coredns-1 53/UDP', 'dns egress kube-system/coredns-1 53/TCP'],
    ],
    ['the lookup passes: the host alone', { objects: [onlyDns] }, [TO_HOST]],
    ['the lookup passes over UDP: TCP is not asked for', { objects: [opening({ ports: [udp(53)] })] }, [TO_HOST]],
    [
      'only the lookup over TCP is denied: that, since nothing else is',
      { objects: [opening({ ports: [udp(53)] }, HOST)] },
      ['dns egress kube-system/coredns-1 53/TCP'],
    ],
    [
      'one of two nameservers is denied over UDP: TCP to both as well',
      { objects: [opening({ to: [ipBlock('198.51.100.54/32')], ports: [udp(53)] }, HOST)], ...OUTSIDE_DNS },
      ['dns egress 198.51.100.53 53/UDP', 'dns egress 198.51.100.53 53/TCP', 'dns egress 198.51.100.54 53/TCP'],
    ],
    [
      'both sides deny: both ends',
      { objects: [onlyDns, netpol('shop/shut', {}, { ingress: [] })], host: 'service:shop/web', port: 80 },
      ['destination egress shop/web 8080/TCP', 'destination ingress shop/web 8080/TCP'],
    ],
    [
      'an address of a family that the pod has none of is nobody’s doing',
      { objects: [shut], dns: { 'api.stripe.com': ['2001:db8::43'] }, nameservers: ['198.51.100.53'] },
      ['dns egress 198.51.100.53 53/UDP', 'dns egress 198.51.100.53 53/TCP'],
    ],
    [
      'a proxy by its address: it alone, and no lookup',
      { objects: [shut], proxy: proxied('10.9.9.9') },
      ['destination egress 10.9.9.9 3128/TCP'],
    ],
    [
      'a proxy by its name: it and its lookup',
      { objects: [shut], proxy: proxied('Proxy.example'), dns: { 'proxy.example': ['10.9.9.9'] } },
      [
        'destination egress 10.9.9.9 3128/TCP',
        'dns egress kube-system/coredns-1 53/UDP',
        'dns egress kube-system/coredns-1 53/TCP',
      ],
    ],
    [
      'a proxy whose name is not known',
      { objects: [shut], proxy: proxied('proxy.example'), dns: {} },
      'no address of proxy.example is known, so no rule can be written for it',
    ],
    [
      'a name without addresses',
      { objects: [shut], dns: {} },
      'no address of api.stripe.com is known, so no rule can be written for it',
    ],
    ['nothing is denied', { objects: [] }, 'the rules deny none of its flows'],
    [
      'no address of a family that the pod has',
      { objects: [shut], host: '2001:db8::43' },
      'the pod has no address of the family of the destination, so no rule decides',
    ],
  ])('%s', (_, asked, wanted) => {
    expect(needs(asked)).toEqual(wanted);
  });
  test('a pod that was not read', () => {
    const input = inputOf({ objects: [shut] });
    const target = { ...input.target, pod: 'gone' };
    expect(situationOf({ ...input, target })).toEqual({
      kind: 'nothing-to-open',
      why: 'pod payments/gone is not among the objects that were read',
    });
  });
  test('it is said for whom, and by whom it is denied', () => {
    const found = situationOf(inputOf({ objects: [shut, onlyDns], proxy: proxied('10.9.9.9') }));
    expect(found).toMatchObject({
      situation: {
        host: { kind: 'address', address: '10.9.9.9' },
        hostText: '10.9.9.9',
        port: { port: 3128, protocol: 'TCP' },
        application: 'none',
        deniedBy: expect.arrayContaining(['NetworkPolicy payments/shut', 'NetworkPolicy payments/only-dns']),
        lookupRequests: [],
        lookups: [],
      },
      pod: { name: 'billing' },
    });
    const named = situationOf(inputOf({ objects: [shut] }));
    expect(named).toMatchObject({
      situation: {
        hostText: 'api.stripe.com',
        application: 'https',
        lookupRequests: [{ purpose: 'dns' }, { purpose: 'dns' }],
      },
    });
    expect(named.kind === 'situation' && named.situation.lookups).toHaveLength(1);
    const service = situationOf(inputOf({ objects: [shut], host: 'service:shop/web', port: 80 }));
    expect(service).toMatchObject({ situation: { hostText: 'shop/web' } });
    const half = situationOf(
      inputOf({
        objects: [opening({ to: [ipBlock(`${STRIPE}/32`)] }), netpol('shop/x', {}, {})],
        dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] },
      }),
    );
    expect(half).toMatchObject({ situation: { deniedBy: ['NetworkPolicy payments/some'] } });
  });
  test('nameservers are looked up once each, whichever transports lead there', () => {
    const found = situationOf(inputOf({ objects: [shut], ...OUTSIDE_DNS }));
    expect(found.kind === 'situation' && found.situation.lookups.map(({ to }) => to)).toEqual([
      { kind: 'address', address: '198.51.100.53' },
      { kind: 'address', address: '198.51.100.54' },
    ]);
  });
});

/** How a kind says what it does, or why it does not. */
function howOf(kind: FixKind, asked: Asked): string {
  const draft = draftOf(kind, asked);
  return draft.kind === 'draft' ? draft.how : draft.why;
}
const manifests = (asked: Asked) => {
  const draft = draftOf(NETWORK_POLICY_EXACT, asked);
  if (draft.kind !== 'draft') throw new Error(draft.why);
  return draft.manifests;
};

describe('everything outside the cluster is opened', () => {
  const except = (cidr: string, ...holes: readonly string[]) =>
    opening(DNS_RULE, { to: [ipBlock(cidr, ...holes)], ports: [tcp(80)] });
  const SIX = pod('payments/billing', '10.244.0.7 fd00:1::7', { app: 'billing' });
  const six = { dns: { 'api.stripe.com': ['2001:db8:0:1::43'] } };
  test.each<readonly [rule: string, asked: Asked, says: string]>([
    [
      'where a name was asked',
      { objects: [onlyDns] },
      'NetworkPolicy with an ipBlock of every address outside the cluster (in-cluster ranges from ServiceCIDR, node podCIDRs, node addresses, pod addresses, Service addresses, and private ranges, are in except): NetworkPolicy cannot name a host, and the addresses of api.stripe.com may change; stricter, until they do: 203.0.113.43/32',
    ],
    [
      'not for an address',
      { objects: [onlyDns], host: STRIPE },
      'the destination is an address, so exactly this one is opened',
    ],
    [
      'not where one of the addresses is private',
      { objects: [onlyDns], dns: { 'api.stripe.com': [STRIPE, '172.30.1.1'] } },
      '172.30.1.1 is not a public address, so "everything outside" would not reach it',
    ],
    [
      'not where a policy excepts it',
      { objects: [except('0.0.0.0/0', '203.0.113.0/24')] },
      'NetworkPolicy payments/some shuts 203.0.113.0/24 on purpose, so no more than these addresses is opened',
    ],
    [
      'not where a policy names its /24',
      { objects: [except('203.0.113.0/24')] },
      'NetworkPolicy payments/some names 203.0.113.0/24 already, so the same is done here',
    ],
    ['but where a policy names more than that', { objects: [except('203.0.112.0/23')] }, 'every address outside'],
    ['but where a policy names another /24', { objects: [except('203.0.114.0/24')] }, 'every address outside'],
    [
      'but where the policy is of other pods',
      {
        objects: [
          onlyDns,
          netpol('payments/db', { matchLabels: { app: 'db' } }, { egress: [{ to: [ipBlock(`${STRIPE}/32`)] }] }),
        ],
      },
      'every address outside',
    ],
    [
      'not where a policy names its /64',
      { objects: [SIX, except('2001:db8:0:1::/64')], ...six },
      'names 2001:db8:0:1::/64 already',
    ],
    ['but where a policy names a /63', { objects: [SIX, except('2001:db8::/63')], ...six }, 'every address outside'],
  ])('%s', (_, asked, says) => {
    expect(howOf(NETWORK_POLICY_OUTSIDE, asked)).toContain(says);
  });
  test('not where no node was read', () => {
    const found = situationOf(inputOf({ objects: [onlyDns] }));
    if (found.kind !== 'situation') throw new Error(found.why);
    const cluster = { ...found.situation.cluster, nodes: new Map() };
    const subject = { selector: { matchLabels: {}, matchExpressions: [] }, from: 'a test' };
    expect(NETWORK_POLICY_OUTSIDE.draft({ ...found.situation, cluster }, subject)).toEqual({
      kind: 'not-applicable',
      why: 'no node could be read, so the ranges of the cluster are not known, and "everything outside" cannot be told from it',
    });
  });
});

describe('exactly the addresses are opened', () => {
  const two = { 'api.stripe.com': [STRIPE, '203.0.113.44'] };
  test.each<readonly [rule: string, asked: Asked, how: string]>([
    [
      'an address, since it was asked',
      { objects: [onlyDns], host: STRIPE },
      'NetworkPolicy with exact address: the destination is an address, so exactly this one is opened',
    ],
    [
      'those of a name, until they change',
      { objects: [onlyDns], dns: two },
      'NetworkPolicy with exact addresses: opening everything outside the cluster does not help; it stops fitting when the addresses of api.stripe.com change',
    ],
    [
      'pods, by their labels',
      { objects: [onlyDns], host: '10.244.0.8', port: 5432 },
      'NetworkPolicy with pods by their labels',
    ],
    [
      'nothing outside, where only the lookup is denied',
      { objects: [opening(HOST)] },
      'NetworkPolicy with pods by their labels',
    ],
  ])('%s', (_, asked, how) => {
    expect(howOf(NETWORK_POLICY_EXACT, asked)).toBe(how);
  });
  test('a kind for what is outside has no say where nothing outside is denied', () => {
    expect(draftOf(NETWORK_POLICY_OUTSIDE, { objects: [onlyDns], host: '10.244.0.8', port: 5432 })).toEqual(
      draftOf(NETWORK_POLICY_EXACT, { objects: [onlyDns], host: '10.244.0.8', port: 5432 }),
    );
  });
});

describe('the destination’s side', () => {
  const closed = (key: string) => netpol(key, {}, { ingress: [] });
  const web = (name: string, address: string, labels: object = {}) =>
    pod(`shop/${name}`, address, { app: 'web', ...labels });
  const names = (asked: Asked) => manifests(asked).map(({ metadata }) => (metadata as { readonly name: string }).name);
  test.each<readonly [rule: string, asked: Asked, wanted: readonly string[]]>([
    [
      'is named by the Service',
      { objects: [closed('shop/shut')], host: 'service:shop/web', port: 80 },
      ['allow-web-from-payments-billing'],
    ],
    [
      'else by the label app',
      { objects: [closed('shop/shut'), web('web-1', '10.244.0.50')], host: '10.244.0.50' },
      ['allow-web-from-payments-billing'],
    ],
    [
      'else by the pod',
      { objects: [closed('shop/shut'), pod('shop/lone', '10.244.0.50', { role: 'x' })], host: '10.244.0.50' },
      ['allow-lone-from-payments-billing'],
    ],
    [
      'names no namespace where it is the same',
      { objects: [closed('payments/shut')], host: '10.244.0.8', port: 5432 },
      ['allow-db-from-billing'],
    ],
    [
      'is one policy for all replicas',
      {
        objects: [closed('shop/shut'), web('web', '10.244.0.9'), web('web-2', '10.244.0.51')],
        host: 'service:shop/web',
        port: 80,
      },
      ['allow-web-from-payments-billing'],
    ],
    [
      'is one for each workload behind a name',
      {
        objects: [
          closed('shop/shut'),
          pod('shop/a', '10.244.0.50', { role: 'a' }),
          pod('shop/b', '10.244.0.51', { role: 'b' }),
        ],
        dns: { 'api.stripe.com': ['10.244.0.50', '10.244.0.51'] },
      },
      ['allow-a-from-payments-billing', 'allow-b-from-payments-billing'],
    ],
  ])('%s', (_, asked, wanted) => {
    expect(names(asked)).toEqual(wanted);
  });
  test('cannot be opened for a pod without a lasting label', () => {
    const objects: readonly KubernetesObject[] = [closed('shop/shut'), pod('shop/bare', '10.244.0.77', {})];
    expect(howOf(NETWORK_POLICY_EXACT, { objects, host: '10.244.0.77', engine: UNKNOWN })).toContain(
      'pod shop/bare has no label of its own that lasts',
    );
  });
  test('ports of one peer are one rule, whatever their order', () => {
    const asked = { objects: [shut], ...OUTSIDE_DNS };
    expect(specOf(manifests(asked)[0])).toMatchObject({
      egress: [
        { to: [ipBlock(`${STRIPE}/32`)], ports: [tcp(443)] },
        { to: [ipBlock('198.51.100.53/32'), ipBlock('198.51.100.54/32')], ports: [udp(53), tcp(53)] },
      ],
    });
  });
});

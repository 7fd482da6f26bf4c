/**
 * Every topic of Cilium's policies, enforced for real: the policy is applied, the question asked, and what the rules say
 * must be what the packets do (`confirmed`). One pod for each topic.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VerdictCode } from '../../src/model.ts';
import { create, diagnose, dropNamespace, namespace, networkPolicy, pod, remove, waitForPods } from './cluster.ts';
import { installBot } from './install.ts';
import { testNamespace } from './probe-cluster.ts';

const NS = testNamespace('cilium');
const FAR = testNamespace('cilium-far');
/** google.com's, which answers HTTP: an address has no name that a certificate could be for. */
const ADDRESS = '203.0.113.80';
const PAGE = `http://${ADDRESS}`;

const kubeDns = { matchLabels: { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' } };
const dnsPorts = [{ port: '53', protocol: 'ANY' }];
const dns = { toEndpoints: [kubeDns], toPorts: [{ ports: dnsPorts }] };
const dnsFor = (...names: readonly object[]) => ({
  toEndpoints: [kubeDns],
  toPorts: [{ ports: dnsPorts, rules: { dns: names } }],
});
const every = { matchPattern: '*' };
const http = { toPorts: [{ ports: [{ port: '80', protocol: 'TCP' }] }] };
const https = { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] };
const web = (where: string) => `http://web.${where}.svc.cluster.local:8080`;

type Topic = {
  readonly topic: string;
  /** Of a CiliumNetworkPolicy for the topic's own pod; null: no policy. */
  readonly spec: object | null;
  readonly host: string;
  readonly code: VerdictCode;
};

const topics: readonly Topic[] = [
  { topic: 'no-policy', spec: null, host: 'api.stripe.com', code: 'reachable' },
  { topic: 'empty-rule', spec: { egress: [{}] }, host: PAGE, code: 'denied-by-policy' },
  { topic: 'empty-list', spec: { egress: [] }, host: PAGE, code: 'reachable' },
  {
    topic: 'own-namespace',
    spec: { egress: [dns, { toEndpoints: [{ matchLabels: { app: 'web' } }] }] },
    host: web(NS),
    code: 'reachable',
  },
  {
    topic: 'not-the-other',
    spec: { egress: [dns, { toEndpoints: [{ matchLabels: { app: 'web' } }] }] },
    host: web(FAR),
    code: 'denied-by-policy',
  },
  {
    topic: 'other-namespace',
    spec: { egress: [dns, { toEndpoints: [{ matchLabels: { app: 'web', 'k8s:io.kubernetes.pod.namespace': FAR } }] }] },
    host: web(FAR),
    code: 'reachable',
  },
  {
    topic: 'namespace-label',
    spec: { egress: [dns, { toEndpoints: [{ matchLabels: { 'k8s:io.cilium.k8s.namespace.labels.part': 'far' } }] }] },
    host: web(FAR),
    code: 'denied-by-policy',
  },
  {
    topic: 'requires',
    spec: { egress: [dns, { toEndpoints: [{}], toRequires: [{ matchLabels: { tier: 'gold' } }] }] },
    host: web(NS),
    code: 'denied-by-policy',
  },
  { topic: 'cidr', spec: { egress: [{ toCIDR: [`${ADDRESS}/32`], ...http }] }, host: PAGE, code: 'reachable' },
  {
    topic: 'cidr-is-no-pod',
    spec: { egress: [dns, { toCIDR: ['0.0.0.0/0'] }] },
    host: web(NS),
    code: 'denied-by-policy',
  },
  {
    topic: 'except',
    spec: { egress: [{ toCIDRSet: [{ cidr: '203.0.113.0/24', except: [`${ADDRESS}/32`] }] }] },
    host: PAGE,
    code: 'denied-by-policy',
  },
  { topic: 'group', spec: { egress: [{ toCIDRSet: [{ cidrGroupRef: 'nobody' }] }] }, host: PAGE, code: 'reachable' },
  { topic: 'world', spec: { egress: [dns, { toEntities: ['world'] }] }, host: 'api.stripe.com', code: 'reachable' },
  {
    topic: 'cluster',
    spec: { egress: [{ toEntities: ['cluster'] }] },
    host: 'api.stripe.com',
    code: 'denied-by-policy',
  },
  { topic: 'none', spec: { egress: [{ toEntities: ['none'] }] }, host: PAGE, code: 'denied-by-policy' },
  {
    topic: 'service',
    spec: { egress: [{ toServices: [{ k8sService: { serviceName: 'partner', namespace: NS } }] }] },
    host: PAGE,
    code: 'reachable',
  },
  {
    topic: 'service-of-pods',
    spec: { egress: [dns, { toServices: [{ k8sService: { serviceName: 'web', namespace: NS } }] }] },
    host: web(NS),
    code: 'denied-by-policy',
  },
  {
    topic: 'name',
    spec: { egress: [dnsFor(every), { toFQDNs: [{ matchName: 'api.stripe.com' }], ...https }] },
    host: 'api.stripe.com',
    code: 'reachable',
  },
  {
    topic: 'other-name',
    spec: { egress: [dnsFor(every), { toFQDNs: [{ matchName: 'google.com' }] }] },
    host: 'api.stripe.com',
    code: 'denied-by-policy',
  },
  {
    topic: 'pattern',
    spec: { egress: [dnsFor(every), { toFQDNs: [{ matchPattern: 'api.*.com' }] }] },
    host: 'api.stripe.com',
    code: 'reachable',
  },
  {
    topic: 'pattern-dots',
    spec: { egress: [dnsFor(every), { toFQDNs: [{ matchPattern: '*.com' }] }] },
    host: 'api.stripe.com',
    code: 'denied-by-policy',
  },
  {
    topic: 'no-dns-at-all',
    spec: { egress: [{ toFQDNs: [{ matchName: 'expired.example' }] }] },
    host: 'expired.example',
    code: 'fqdn-not-learned',
  },
  {
    topic: 'no-dns-rule',
    spec: { egress: [dns, { toFQDNs: [{ matchName: 'wrongname.example' }] }] },
    host: 'wrongname.example',
    code: 'fqdn-not-learned',
  },
  {
    topic: 'refused-name',
    spec: { egress: [dnsFor({ matchName: 'google.com' }), { toEntities: ['world'] }] },
    host: 'api.stripe.com',
    code: 'dns-denied-by-policy',
  },
  {
    topic: 'deny',
    spec: { egress: [{ toEntities: ['all'] }], egressDeny: [{ toCIDR: [`${ADDRESS}/32`] }] },
    host: PAGE,
    code: 'denied-by-policy',
  },
  {
    topic: 'deny-port',
    spec: {
      egress: [{ toEntities: ['all'] }],
      egressDeny: [{ toEntities: ['world'], toPorts: [{ ports: [{ port: '443' }] }] }],
    },
    host: PAGE,
    code: 'reachable',
  },
  {
    topic: 'any-port',
    spec: { egress: [{ toPorts: [{ ports: [{ port: '80' }] }] }] },
    host: PAGE,
    code: 'reachable',
  },
  {
    topic: 'other-port',
    spec: { egress: [{ toPorts: [{ ports: [{ port: '8443', protocol: 'TCP' }] }] }] },
    host: PAGE,
    code: 'denied-by-policy',
  },
  {
    topic: 'named-port',
    spec: { egress: [dns, { toPorts: [{ ports: [{ port: 'pages', protocol: 'TCP' }] }] }] },
    host: web(FAR),
    code: 'reachable',
  },
  {
    topic: 'icmp',
    spec: { egress: [{ icmps: [{ fields: [{ type: 8, family: 'IPv4' }] }] }] },
    host: PAGE,
    code: 'denied-by-policy',
  },
  {
    topic: 'combined',
    spec: { egress: [{ toEntities: ['cluster'], toCIDR: ['203.0.113.43/32'] }] },
    host: PAGE,
    code: 'reachable',
  },
  { topic: 'ingress', spec: null, host: `http://shut.${FAR}.svc.cluster.local:8080`, code: 'denied-by-policy' },
];

function cnp(namespaceName: string, name: string, spec: object): object {
  return {
    apiVersion: 'cilium.io/v2',
    kind: 'CiliumNetworkPolicy',
    metadata: { namespace: namespaceName, name },
    spec,
  };
}

/** A pod that serves an empty page on 8080 under the port name `pages`, and its Service. */
function server(namespaceName: string, name: string): readonly object[] {
  const container = {
    image: 'busybox:1.36',
    command: ['httpd', '-f', '-p', '8080'],
    ports: [{ name: 'pages', containerPort: 8080 }],
  };
  return [
    pod(namespaceName, name, { container }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: namespaceName, name },
      spec: { selector: { app: name }, ports: [{ port: 8080 }] },
    },
  ];
}

const partner = [
  { apiVersion: 'v1', kind: 'Service', metadata: { namespace: NS, name: 'partner' }, spec: { ports: [{ port: 80 }] } },
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: NS, name: 'partner-1', labels: { 'kubernetes.io/service-name': 'partner' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [ADDRESS] }],
    ports: [{ port: 80 }],
  },
];

const wide = {
  apiVersion: 'cilium.io/v2',
  kind: 'CiliumClusterwideNetworkPolicy',
  metadata: { name: `${NS}-wide` },
  spec: {
    endpointSelector: { matchLabels: { 'k8s:io.kubernetes.pod.namespace': NS, app: 'wide' } },
    egress: [{ toEntities: ['cluster'] }],
  },
};

beforeAll(async () => {
  await remove(wide);
  await dropNamespace(NS);
  await dropNamespace(FAR);
  await create(
    namespace(NS),
    namespace(FAR, { part: 'far' }),
    ...server(NS, 'web'),
    ...server(FAR, 'web'),
    ...server(FAR, 'shut'),
    ...partner,
    cnp(FAR, 'shut', {
      endpointSelector: { matchLabels: { app: 'shut' } },
      ingress: [{ fromEndpoints: [{ matchLabels: { app: 'friend' } }] }],
    }),
    ...topics.map(({ topic }) => pod(NS, topic)),
    pod(NS, 'wide'),
    pod(NS, 'union'),
    networkPolicy(NS, 'union', { podSelector: { matchLabels: { app: 'union' } }, policyTypes: ['Egress'], egress: [] }),
    cnp(NS, 'union', {
      endpointSelector: { matchLabels: { app: 'union' } },
      egress: [dnsFor(every), { toFQDNs: [{ matchName: 'api.stripe.com' }] }],
    }),
    ...topics.flatMap(({ topic, spec }) =>
      spec === null ? [] : [cnp(NS, topic, { endpointSelector: { matchLabels: { app: topic } }, ...spec })],
    ),
    wide,
  );
  await installBot(NS);
  await waitForPods(NS);
  await waitForPods(FAR);
}, 400_000);

afterAll(async () => {
  await remove(wide);
  await dropNamespace(NS);
  await dropNamespace(FAR);
});

const ask = (name: string, host: string) => diagnose(name, host, '-n', NS, '--vantage', 'pod', '--pod-method', 'exec');

// A question is mostly waiting.
describe.concurrent('one topic, one pod', () => {
  test.each(topics)('$topic: $host is $code', async ({ topic, host, code }) => {
    const { verdict, prediction } = await ask(topic, host);
    expect({ code: verdict.code, confidence: verdict.confidence, why: prediction.why }).toMatchObject({
      code,
      confidence: 'confirmed',
    });
  });
});

describe('several policies', () => {
  test('a cluster-wide policy denies the world', async () => {
    const { verdict, prediction } = await ask('wide', 'api.stripe.com');
    expect(verdict).toMatchObject({ code: 'denied-by-policy', confidence: 'confirmed' });
    expect(prediction.by).toEqual([`CiliumClusterwideNetworkPolicy ${NS}-wide`]);
  });
  test('a rule by name opens what a NetworkPolicy shuts', async () => {
    expect((await ask('union', 'api.stripe.com')).verdict).toMatchObject({
      code: 'reachable',
      confidence: 'confirmed',
    });
    expect((await ask('union', 'google.com')).verdict).toMatchObject({
      code: 'denied-by-policy',
      confidence: 'confirmed',
    });
  });
  test('a rule by name that nothing feeds: the fix is the DNS rule that it lacks', async () => {
    const { fix } = await ask('no-dns-rule', 'wrongname.example');
    expect(fix).toMatchObject({ proof: { after: 'allow', newlyDenied: [], serverDryRun: { kind: 'accepted' } } });
    expect(JSON.stringify(fix?.manifests)).toContain('"dns":[{"matchPattern":"*"}]');
  });
  test.each([
    ['cluster', 'a policy beside the deny, by name'],
    ['deny', 'the change of the policy that denies'],
  ])('%s: the fix is %s, and it works', async topic => {
    const { host } = topics.find(each => each.topic === topic) ?? { host: '' };
    const { fix } = await ask(topic, host);
    expect(fix).toMatchObject({ proof: { after: 'allow', newlyDenied: [], serverDryRun: { kind: 'accepted' } } });
    await installed(fix?.manifests ?? [], async () => {
      await expect.poll(async () => (await ask(topic, host)).verdict.code, { timeout: 60_000 }).toBe('reachable');
    });
  });
});

/** Applies the manifests, does the work, and puts back what was there. */
async function installed(
  manifests: readonly Readonly<Record<string, unknown>>[],
  work: () => Promise<void>,
): Promise<void> {
  const existing = topics.flatMap(({ topic, spec }) =>
    spec === null ? [] : [cnp(NS, topic, { endpointSelector: { matchLabels: { app: topic } }, ...spec })],
  );
  const nameOf = (object: object) => (object as { metadata: { name: string } }).metadata.name;
  const replaced = existing.filter(object => manifests.some(manifest => nameOf(manifest) === nameOf(object)));
  await remove(...replaced);
  await create(...manifests);
  try {
    await work();
  } finally {
    await remove(...manifests);
    await create(...replaced);
  }
}

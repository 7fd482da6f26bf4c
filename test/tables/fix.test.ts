import { describe, expect, it } from 'vitest';
import {
  DNS_RULE,
  decisionsOf,
  fixFor,
  inputOf,
  ipBlock,
  lineOf,
  netpol,
  noFixFor,
  object,
  pod,
  STRIPE,
  specOf,
  tcp,
  UNKNOWN,
} from '../fakes/fix-scenes.ts';

const denyAll = netpol('payments/deny-all', {}, { egress: [] });
const onlyDns = netpol('payments/only-dns', {}, { egress: [DNS_RULE] });
const billing = { matchLabels: { app: 'billing' } };
const PRIVATE_AND_NODE = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.2.10/32',
  '192.168.0.0/16',
];
const OUTSIDE = ipBlock('0.0.0.0/0', ...PRIVATE_AND_NODE);
const TO_DNS = {
  to: [
    {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
      podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    },
  ],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};
const rule = (peers: readonly object[], ...ports: readonly object[]) => ({ to: peers, ports });
const egress = (...rules: readonly object[]) => ({ podSelector: billing, policyTypes: ['Egress'], egress: rules });

/** The one manifest's spec. */
const only = (asked: Parameters<typeof fixFor>[0]) => fixFor(asked).manifests.map(specOf);

describe('the fix by shape of the deny', () => {
  it.each([
    {
      rule: 'no rule at all: the host and DNS, beside the deny',
      objects: [denyAll],
      is: [egress(rule([OUTSIDE], tcp(443)), TO_DNS)],
    },
    { rule: 'DNS is open already: the host alone', objects: [onlyDns], is: [egress(rule([OUTSIDE], tcp(443)))] },
    {
      rule: 'by port: the host on the port that was asked',
      objects: [netpol('payments/http', {}, { egress: [DNS_RULE, rule([ipBlock('0.0.0.0/0')], tcp(80))] })],
      is: [egress(rule([OUTSIDE], tcp(443)))],
    },
    {
      rule: 'by except: no more than the address, since somebody shut it on purpose',
      objects: [
        netpol('payments/most', {}, { egress: [DNS_RULE, rule([ipBlock('0.0.0.0/0', '203.0.113.0/24')], tcp(443))] }),
      ],
      is: [egress(rule([ipBlock(`${STRIPE}/32`)], tcp(443)))],
    },
    {
      rule: 'by DNS: DNS alone when the host is open',
      objects: [netpol('payments/https', {}, { egress: [rule([ipBlock('0.0.0.0/0')], tcp(443))] })],
      is: [egress(TO_DNS)],
    },
    {
      rule: 'DNS is open over UDP alone: TCP is not asked for',
      objects: [netpol('payments/udp-dns', {}, { egress: [{ ports: [{ protocol: 'UDP', port: 53 }] }] })],
      is: [egress(rule([OUTSIDE], tcp(443)))],
    },
    {
      rule: 'an address was asked: exactly it, and no DNS',
      objects: [denyAll],
      host: STRIPE,
      is: [egress(rule([ipBlock(`${STRIPE}/32`)], tcp(443)))],
    },
    {
      rule: 'a private address behind a name: exactly it',
      objects: [onlyDns],
      dns: { 'api.stripe.com': ['172.30.1.1'] },
      is: [egress(rule([ipBlock('172.30.1.1/32')], tcp(443)))],
    },
    {
      rule: 'a policy names the address on another port: its author lists addresses, so the fix does',
      objects: [netpol('payments/one', {}, { egress: [DNS_RULE, rule([ipBlock(`${STRIPE}/32`)], tcp(80))] })],
      is: [egress(rule([ipBlock(`${STRIPE}/32`)], tcp(443)))],
    },
    {
      rule: 'one of two addresses is denied: only that one is opened',
      objects: [
        netpol('payments/half', {}, { egress: [DNS_RULE, rule([ipBlock('0.0.0.0/0', `${STRIPE}/32`)], tcp(443))] }),
      ],
      dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] },
      is: [egress(rule([ipBlock(`${STRIPE}/32`)], tcp(443)))],
    },
    {
      rule: 'several exact addresses in one rule',
      objects: [netpol('payments/most', {}, { egress: [DNS_RULE, rule([ipBlock('0.0.0.0/0', '203.0.113.0/24')])] })],
      dns: { 'api.stripe.com': [STRIPE, '203.0.113.44'] },
      is: [egress(rule([ipBlock(`${STRIPE}/32`), ipBlock('203.0.113.44/32')], tcp(443)))],
    },
    {
      rule: 'a nameserver by address (NodeLocal DNS)',
      objects: [denyAll],
      nameservers: ['169.254.20.10'],
      is: [
        egress(
          rule([OUTSIDE], tcp(443)),
          rule([ipBlock('169.254.20.10/32')], { protocol: 'UDP', port: 53 }, { protocol: 'TCP', port: 53 }),
        ),
      ],
    },
    {
      rule: 'a Service: its pods by its selector, on their own port',
      objects: [onlyDns],
      host: 'service:shop/web',
      port: 80,
      is: [
        egress(
          rule(
            [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
                podSelector: { matchLabels: { app: 'web' } },
              },
            ],
            tcp(8080),
          ),
        ),
      ],
    },
    {
      rule: 'a Service whose pods have more labels: its selector names them all, the labels of one would not',
      objects: [onlyDns, pod('shop/web', '10.244.0.9', { app: 'web', track: 'canary' })],
      host: 'service:shop/web',
      port: 80,
      is: [
        egress(
          rule(
            [
              {
                namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
                podSelector: { matchLabels: { app: 'web' } },
              },
            ],
            tcp(8080),
          ),
        ),
      ],
    },
    {
      rule: 'a pod of the own namespace: by its labels, without a namespaceSelector',
      objects: [onlyDns],
      host: '10.244.0.8',
      port: 5432,
      is: [egress(rule([{ podSelector: { matchLabels: { app: 'db' } } }], tcp(5432)))],
    },
  ])('$rule', ({ rule: _, is, ...asked }) => {
    expect(only(asked)).toEqual(is);
  });

  it('the proxy: the way to the proxy is opened, the direct path stays shut', () => {
    const proxy = {
      kind: 'set',
      uses: { variable: 'HTTPS_PROXY', host: 'proxy.example', port: 3128, scheme: 'http' },
      variables: {},
      exemptedBy: null,
    } as const;
    const asked = { objects: [denyAll], proxy, dns: { 'api.stripe.com': [STRIPE], 'proxy.example': ['10.9.9.9'] } };
    const fix = fixFor(asked);
    expect(fix.manifests.map(specOf)).toEqual([egress(rule([ipBlock('10.9.9.9/32')], tcp(3128)), TO_DNS)]);
    const direct = {
      from: 'payments/billing',
      to: { kind: 'address', address: STRIPE },
      port: 443,
      protocol: 'TCP',
      icmpType: null,
      query: null,
      scope: 'both',
    } as const;
    expect(decisionsOf(inputOf(asked), fix, direct)).toEqual({ before: 'deny', after: 'deny' });
  });

  it('IPv6: its own block for a pod that has IPv6, and none for a pod that has not', () => {
    const dns = { 'api.stripe.com': [STRIPE, '2001:db8::43'] };
    const dual = pod('payments/billing', '10.244.0.7 fd00:1::7', { app: 'billing' });
    expect(only({ objects: [onlyDns, dual], dns })).toEqual([
      egress(rule([OUTSIDE, ipBlock('::/0', 'fc00::/7', 'fe80::/10')], tcp(443))),
    ]);
    expect(only({ objects: [onlyDns], dns })).toEqual([egress(rule([OUTSIDE], tcp(443)))]);
  });
});

describe("the destination's own ingress", () => {
  const shut = netpol('shop/shut', { matchLabels: { app: 'web' } }, { ingress: [] });
  const fromBilling = {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'payments' } }, podSelector: billing },
        ],
        ports: [tcp(8080)],
      },
    ],
  };

  it('drops: a policy in the namespace of the destination, and none beside the source', () => {
    const fix = fixFor({ objects: [shut], host: 'service:shop/web', port: 80 });
    expect(fix.manifests).toMatchObject([
      { metadata: { namespace: 'shop', name: 'allow-web-from-payments-billing' }, spec: fromBilling },
    ]);
    expect(fix.summary).toContain('namespace shop has to agree');
    expect(fix.newlyAllowed.map(lineOf)).toEqual(['payments/billing -> pod:shop/web : 8080/TCP']);
  });

  it('drops, and so does the egress of the source: a policy on either side', () => {
    const fix = fixFor({ objects: [onlyDns, shut], host: 'service:shop/web', port: 80 });
    expect(fix.manifests.map(each => (each.metadata as { namespace: string }).namespace)).toEqual(['payments', 'shop']);
    expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
  });
});

describe('whom the fix selects', () => {
  const locked = (labels: object) => netpol('payments/locked', { matchLabels: labels }, { egress: [DNS_RULE] });

  it('an outage avoided: the obvious label is also on a pod that nothing isolates, so the label of the deny is added', () => {
    const objects = [
      locked({ tier: 'secret' }),
      pod(
        'payments/billing',
        '10.244.0.7',
        { app: 'billing', tier: 'secret', release: 'one' },
        {},
        controlled('billing', 'u1'),
      ),
      pod('payments/billing-open', '10.244.0.20', { app: 'billing', release: 'two' }),
      ...billingDeployment,
    ];
    const fix = fixFor({ objects });
    expect(specOf(fix.manifests[0])).toMatchObject({
      podSelector: { matchLabels: { app: 'billing', tier: 'secret' } },
    });
    expect(fix.proof.newlyDenied).toEqual([]);
  });

  it("an outage avoided: the deny's own expression tells the two apart", () => {
    const deny = netpol(
      'payments/not-canary',
      { matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }] },
      { egress: [DNS_RULE] },
    );
    const objects = [deny, pod('payments/canary', '10.244.0.21', { app: 'billing', canary: 'yes' })];
    expect(specOf(fixFor({ objects }).manifests[0])).toMatchObject({
      podSelector: { matchLabels: { app: 'billing' }, matchExpressions: [{ key: 'canary', operator: 'DoesNotExist' }] },
    });
  });

  it('an outage avoided: a hostNetwork pod has the label, and the engine may or may not isolate such pods', () => {
    const locked = netpol('payments/locked', { matchLabels: { tier: 'secret' } }, { egress: [DNS_RULE] });
    const own = pod(
      'payments/billing',
      '10.244.0.7',
      { app: 'billing', tier: 'secret' },
      {},
      controlled('billing', 'u1'),
    );
    const agent = pod('payments/agent', '192.0.2.10', { app: 'billing', tier: 'public' }, { hostNetwork: true });
    const release = { matchLabels: { app: 'billing', tier: 'secret' } };
    const objects = [locked, own, agent, ...billingDeployment];
    expect(specOf(fixFor({ objects, engine: UNKNOWN }).manifests[0])).toMatchObject({ podSelector: release });
    expect(specOf(fixFor({ objects }).manifests[0])).toEqual(expect.objectContaining({ podSelector: billing }));
  });

  it('pods of another workload that are isolated as well are told', () => {
    const objects = [
      onlyDns,
      pod(
        'payments/billing-2',
        '10.244.0.22',
        { app: 'billing' },
        {},
        { ownerReferences: [{ kind: 'StatefulSet', name: 'other', controller: true }] },
      ),
    ];
    const fix = fixFor({ objects });
    expect(fix.summary).toContain('payments/billing-2');
    expect(fix.newlyAllowed.every(set => set.pods.includes('payments/billing-2'))).toBe(true);
  });

  it('a pod without labels of its own: no fix, and how to get one', () => {
    expect(
      noFixFor({ objects: [denyAll, pod('payments/billing', '10.244.0.7', { 'job-name': 'billing-1' })] }),
    ).toContain('give its workload a label first');
  });

  it('a hash label never stands in a fix', () => {
    expect(JSON.stringify(fixFor({ objects: [denyAll] }).manifests)).not.toContain('pod-template-hash');
  });
});

describe('no fix', () => {
  it.each([
    { rule: 'nothing is denied', objects: [], why: 'the rules deny none of its flows' },
    {
      rule: 'a policy of a kind that is not evaluated could decide',
      objects: [denyAll, object('example.io/v1', 'EgressNetworkPolicy', 'payments/x', { spec: {} })],
      why: 'is not known',
    },
    {
      rule: 'a node of the cluster on Cilium: no NetworkPolicy can name it',
      objects: [onlyDns],
      host: '192.0.2.10',
      port: 6443,
      why: 'would still be denied',
    },
    {
      rule: 'a node of the cluster, engine unknown: left to the engine',
      objects: [onlyDns],
      host: '192.0.2.10',
      port: 6443,
      engine: UNKNOWN,
      why: 'no fix can be proved',
    },
    {
      rule: 'no address of the host is known',
      objects: [onlyDns],
      dns: {},
      why: 'no address of api.stripe.com is known',
    },
  ])('$rule', ({ rule: _, why, ...asked }) => {
    expect(noFixFor(asked)).toContain(why);
  });
});

describe('the manifest', () => {
  it('is named after who and where, takes no name that exists, and says where it comes from', () => {
    const taken = netpol(
      'payments/allow-billing-to-api-stripe-com',
      { matchLabels: { app: 'nobody' } },
      { egress: [] },
    );
    const [manifest] = fixFor({ objects: [denyAll, taken] }).manifests;
    expect(manifest).toMatchObject({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: {
        namespace: 'payments',
        name: 'allow-billing-to-api-stripe-com-443',
        annotations: { 'kubernetes.io/description': expect.stringContaining('payments/deny-all') },
      },
    });
    expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
  });

  it('says which kind it is and why no stricter one', () => {
    expect(fixFor({ objects: [denyAll] }).kind).toContain(
      `NetworkPolicy cannot name a host, and the addresses of api.stripe.com may change; stricter, until they do: ${STRIPE}/32`,
    );
  });
});

const billingDeployment = [
  object('apps/v1', 'Deployment', 'payments/billing', { spec: { selector: { matchLabels: { app: 'billing' } } } }),
];
function controlled(name: string, uid: string): object {
  return { ownerReferences: [{ kind: 'Deployment', name, uid, controller: true }] };
}

import { describe, expect, it } from 'vitest';
import { CALICO, fixFor, lineOf, netpol, noFixFor, object, pod, STRIPE, specOf } from '../fakes/fix-scenes.ts';

const calico = (kind: string, key: string, spec: object, labels: object = {}) =>
  object('projectcalico.org/v3', kind, key, { spec }, { labels });
const fence = (more: object = {}) =>
  calico('GlobalNetworkPolicy', 'fence', {
    selector: 'all()',
    types: ['Egress'],
    order: 10,
    egress: [{ action: 'Deny' }],
    ...more,
  });
const shape = (fix: ReturnType<typeof fixFor>) =>
  fix.manifests.map(each => [each.kind, (each.metadata as { name: string }).name, specOf(each)]);

describe('a denial by a policy of Calico', () => {
  it('an earlier policy in its tier, for this workload, port and address', () => {
    const fix = fixFor({ objects: [fence()], engine: CALICO, host: STRIPE });
    expect(fix.manifests).toMatchObject([
      {
        apiVersion: 'projectcalico.org/v3',
        kind: 'NetworkPolicy',
        metadata: { name: 'allow-billing-to-203-0-113-43', namespace: 'payments' },
        spec: {
          order: 9,
          selector: "app == 'billing'",
          types: ['Egress'],
          egress: [{ action: 'Allow', protocol: 'TCP', destination: { nets: ['203.0.113.43/32'], ports: [443] } }],
        },
      },
    ]);
    // Before 3.29 there is no such field, and the API refuses it.
    for (const manifest of fix.manifests) expect(specOf(manifest)).not.toHaveProperty('tier');
    expect(fix.kind).toBe(
      `NetworkPolicy of Calico in tier default with order 9, asked just before GlobalNetworkPolicy fence (order 10), so that nothing of it or of a later tier is in the way, with exactly its address; pods by the workload's labels`,
    );
    expect(fix.newlyAllowed.map(lineOf)).toEqual([`payments/billing -> ${STRIPE}/32 : 443/TCP`]);
    expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
  });

  it('addresses of both families are two rules, since one may not have both', () => {
    const dual = pod('payments/billing', '10.244.0.7 fd00:77::7', { app: 'billing' });
    const dns = { 'db.corp': ['10.99.0.1', 'fd00:99::1'] };
    const fix = fixFor({ objects: [fence(), dual], engine: CALICO, host: 'db.corp', dns });
    expect(shape(fix)[0]?.[2]).toMatchObject({
      egress: [
        { destination: { nets: ['10.99.0.1/32'], ports: [443] } },
        { destination: { nets: ['fd00:99::1/128'], ports: [443] } },
        { protocol: 'UDP' },
        { protocol: 'TCP' },
      ],
    });
  });

  const LOOKUP = { namespaceSelector: "projectcalico.org/name == 'kube-system'", selector: "k8s-app == 'kube-dns'" };

  it('a name is opened as everything outside, with its lookup, and why no rule names it', () => {
    const fix = fixFor({ objects: [fence()], engine: CALICO });
    expect(shape(fix)).toMatchObject([
      [
        'NetworkPolicy',
        'allow-billing-to-api-stripe-com',
        {
          egress: [
            {
              protocol: 'TCP',
              destination: { nets: ['0.0.0.0/0'], notNets: expect.arrayContaining(['10.0.0.0/8']), ports: [443] },
            },
            { protocol: 'UDP', destination: { ...LOOKUP, ports: [53] } },
            { protocol: 'TCP', destination: { ...LOOKUP, ports: [53] } },
          ],
        },
      ],
    ]);
    expect(fix.kind).toContain('rules by name are of Calico Enterprise and Calico Cloud');
  });

  it.each([
    ['a set with names', calico('GlobalNetworkSet', 'names', { allowedEgressDomains: ['*.example.com'] })],
    [
      'a rule with names',
      calico('GlobalNetworkPolicy', 'x', {
        order: 99,
        egress: [{ action: 'Allow', destination: { domains: ['a.example'] } }],
      }),
    ],
    ['a licence', calico('LicenseKey', 'default', {})],
  ])('a cluster that has rules by name gets one: %s', (_, sign) => {
    const fix = fixFor({ objects: [fence(), sign], engine: CALICO });
    expect(shape(fix)[0]?.[2]).toMatchObject({
      egress: [
        { protocol: 'TCP', destination: { domains: ['api.stripe.com'], ports: [443] } },
        { destination: LOOKUP },
        { destination: LOOKUP },
      ],
    });
  });

  it('in another tier the name begins with it, and what later tiers deny is passed over', () => {
    const security = calico('Tier', 'security', { order: 100 });
    const first = calico('GlobalNetworkPolicy', 'security.fence', {
      tier: 'security',
      selector: 'all()',
      types: ['Egress'],
      order: 5,
      egress: [{ action: 'Deny' }],
    });
    const fix = fixFor({ objects: [security, first, fence()], engine: CALICO, host: STRIPE });
    expect(shape(fix)).toMatchObject([
      ['NetworkPolicy', 'security.allow-billing-to-203-0-113-43', { tier: 'security', order: 4 }],
    ]);
  });

  it.each<readonly [rule: string, objects: readonly ReturnType<typeof fence>[], order: number]>([
    [
      'between the one that denies and the one before it',
      [fence(), fence({ order: 9.5, egress: [{ action: 'Log' }] })].map((each, index) => ({
        ...each,
        metadata: { name: `fence-${index}` },
      })),
      9.75,
    ],
    [
      'before one without an order comes after every other',
      [
        fence({ order: undefined }),
        calico('NetworkPolicy', 'payments/other', { order: 2000, types: ['Egress'], egress: [{ action: 'Log' }] }),
      ],
      2001,
    ],
    ['a lone policy without an order', [fence({ order: undefined })], 1000],
    ['an order may become negative', [fence({ order: 0 })], -1],
  ])('the order: %s', (_, objects, order) => {
    const fix = fixFor({ objects, engine: CALICO, host: STRIPE });
    expect(fix.manifests.map(specOf)).toMatchObject([{ order }]);
  });

  it('a policy that only ends its tier in a denial is preceded as well', () => {
    const ends = fence({ egress: [{ action: 'Allow', destination: { nets: ['192.0.2.0/24'] } }] });
    expect(fixFor({ objects: [ends], engine: CALICO, host: STRIPE }).manifests).toHaveLength(1);
  });

  it('where Kubernetes policies alone deny, one of those is proposed', () => {
    const fix = fixFor({ objects: [netpol('payments/deny', {}, { egress: [] })], engine: CALICO, host: STRIPE });
    expect(fix.manifests).toMatchObject([{ apiVersion: 'networking.k8s.io/v1' }]);
  });

  it('the destination’s side is opened by a policy there', () => {
    const closed = calico('NetworkPolicy', 'shop/closed', { order: 7, selector: "app == 'web'", types: ['Ingress'] });
    const fix = fixFor({ objects: [closed], engine: CALICO, host: 'service:shop/web', port: 80 });
    expect(fix.manifests).toMatchObject([
      {
        metadata: { namespace: 'shop', name: 'allow-web-from-billing' },
        spec: {
          order: 6,
          selector: "app == 'web'",
          types: ['Ingress'],
          ingress: [
            {
              action: 'Allow',
              protocol: 'TCP',
              source: { namespaceSelector: "projectcalico.org/name == 'payments'", selector: "app == 'billing'" },
              destination: { ports: [8080] },
            },
          ],
        },
      },
    ]);
  });

  it('an object of the store is mended by calicoctl', () => {
    const stored = { ...fence(), apiVersion: 'crd.projectcalico.org/v1' };
    expect(fixFor({ objects: [stored], engine: CALICO, host: STRIPE }).kind).toContain('apply it with calicoctl');
  });

  it('a pod of the destination without a lasting label cannot be named', () => {
    const bare = pod('shop/bare', '10.244.0.77', {});
    expect(noFixFor({ objects: [fence(), bare], engine: CALICO, host: '10.244.0.77' })).toContain(
      'no label that lasts',
    );
  });

  it('a policy that would shut another out of the tier is not proposed', () => {
    const security = calico('Tier', 'security', { order: 100 });
    const one = calico('GlobalNetworkPolicy', 'security.one', {
      tier: 'security',
      selector: "projectcalico.org/namespace == 'payments'",
      types: ['Egress'],
      order: 5,
    });
    expect(fixFor({ objects: [security, one], engine: CALICO, host: STRIPE }).proof.newlyDenied).toEqual([]);
  });
});

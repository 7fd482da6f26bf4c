import { describe, expect, it } from 'vitest';
import { fixFor, lineOf, noFixFor, object, STRIPE, specOf, UNKNOWN } from '../fakes/fix-scenes.ts';

const EVERYWHERE = { networks: ['0.0.0.0/0', '::/0'] };
const SUBJECT = { namespaces: { matchLabels: { 'kubernetes.io/metadata.name': 'payments' } } };
const deny = { name: 'world', action: 'Deny', to: [EVERYWHERE] };

const cnp = (name: string, priority: number, more: object = {}) =>
  object('policy.networking.k8s.io/v1alpha2', 'ClusterNetworkPolicy', name, {
    spec: { tier: 'Admin', priority, subject: SUBJECT, egress: [deny], ...more },
  });
const anp = (name: string, priority: number) =>
  object('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicy', name, {
    spec: { priority, subject: SUBJECT, egress: [deny] },
  });

describe('a denial of an administrators’ tier', () => {
  it('is overridden by a policy of its kind, just before it, for this workload, this name and this port', () => {
    const fix = fixFor({ objects: [cnp('fence', 10)], engine: UNKNOWN });
    expect(fix.manifests.map(specOf)).toMatchObject([
      {
        tier: 'Admin',
        priority: 9,
        subject: {
          pods: {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'payments' } },
            podSelector: { matchLabels: { app: 'billing' } },
          },
        },
        egress: [
          {
            action: 'Accept',
            to: [{ domainNames: ['api.stripe.com'] }],
            protocols: [{ tcp: { destinationPort: { number: 443 } } }],
          },
          {
            action: 'Accept',
            to: [{ pods: expect.anything() }],
            protocols: [{ udp: { destinationPort: { number: 53 } } }],
          },
          {
            action: 'Accept',
            to: [{ pods: expect.anything() }],
            protocols: [{ tcp: { destinationPort: { number: 53 } } }],
          },
        ],
      },
    ]);
    expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
    expect(fix.newlyAllowed.map(lineOf)).toContain(`payments/billing -> ${STRIPE}/32 : 443/TCP`);
  });

  it('takes a priority that no other policy has', () => {
    const fix = fixFor({
      objects: [cnp('fence', 10), cnp('other', 9, { egress: [{ ...deny, to: [{ networks: ['198.51.100.0/24'] }] }] })],
      engine: UNKNOWN,
    });
    expect(fix.manifests.map(specOf)).toMatchObject([{ priority: 8 }]);
  });

  it('v1alpha1 is overridden by address', () => {
    const fix = fixFor({ objects: [anp('fence', 10)], engine: UNKNOWN });
    expect(fix.manifests.map(specOf)).toMatchObject([
      {
        priority: 9,
        egress: [
          {
            action: 'Allow',
            to: [{ networks: [`${STRIPE}/32`] }],
            ports: [{ portNumber: { protocol: 'TCP', port: 443 } }],
          },
          {},
          {},
        ],
      },
    ]);
  });

  it('the earliest priority cannot be preceded: no fix is made up, and the owner is asked', () => {
    expect(noFixFor({ objects: [cnp('fence', 0)], engine: UNKNOWN })).toMatch(/ClusterNetworkPolicy fence denies/);
  });
});

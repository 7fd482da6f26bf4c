import { concluded, diagnosisOf, notLooked, type Story } from '../story.ts';

export const story: Story = {
  title: 'a kind of policy that nobody evaluates, and no right to probe',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'api.stripe.com',
      port: 443,
      addresses: ['203.0.113.43'],
    },
    {
      observations: [],
      prediction: {
        decision: 'unknown',
        by: [],
        why: 'CiliumNetworkPolicy.cilium.io is not evaluated (2 objects)',
        trace: [],
        flows: [],
      },
      verdict: concluded('not-known', null, {
        summary: 'Nothing was probed, and CiliumNetworkPolicy objects that could decide were not evaluated',
        layer: null,
        scope: 'not checked',
      }),
      noFixBecause: 'The cause is not known.',
      vantages: [
        notLooked('pod', 'not permitted: create pods/ephemeralcontainers in payments'),
        notLooked('control', 'not permitted: create pods in egress'),
        notLooked('node', 'not permitted: create pods in egress'),
      ],
      coverage: [
        { kind: 'NetworkPolicy.networking.k8s.io', status: 'evaluated', objects: 3 },
        {
          kind: 'CiliumNetworkPolicy.cilium.io',
          status: 'unsupported',
          objects: 2,
          why: 'this kind is not evaluated yet',
        },
      ],
      problems: [{ object: 'NetworkPolicy payments/typo', why: 'ports[0].port: "https " is no port name' }],
    },
  ),
};

import { describe } from 'vitest';
import {
  connected,
  cutOff,
  DENY_ALL,
  dropped,
  fails,
  flow,
  OLD,
  prohibited,
  refused,
  rules,
  saw,
  tlsFails,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const NODE_AND_CONTROL = [...works('control'), ...works('node')];
const CONTRAST =
  'The control pod and the node get through to the same addresses, so the host and the network beyond the node work.';
const POD_DROPPED = 'From the pod, 203.0.113.43: no answer to the SYN within 3000 ms.';
const LOOKUP_DROPPED = 'From the pod, the lookup of api.stripe.com over UDP gets no answer within 3000 ms.';
const ONLY_DESTINATION_DENIED = rules({ destination: 'deny' });

describe('predicted deny', () => {
  verdictTable([
    [
      'deny-all: one cause accounts for lookup, cluster and connect',
      { saw: [...cutOff('pod'), ...NODE_AND_CONTROL], rules: rules('deny') },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        scope: 'everything',
        explains: [LOOKUP_DROPPED, 'From the pod, kubernetes.default cannot be reached either.', POD_DROPPED, CONTRAST],
        summary:
          "NetworkPolicy payments/deny-all-egress (the pod's egress rules) denies payments/billing-pod the connection to api.stripe.com:443.",
      },
    ],
    [
      'in-cluster works and the host is denied: external only',
      { saw: [...fails('pod', dropped), ...NODE_AND_CONTROL], rules: ONLY_DESTINATION_DENIED },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        scope: 'external only',
        explains: [POD_DROPPED, CONTRAST],
      },
    ],
    [
      'denied while the internet at large is allowed: this destination only',
      { saw: fails('pod', dropped), rules: ONLY_DESTINATION_DENIED, internet: flow('destination', 'allow') },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL], scope: 'this destination only' },
    ],
    [
      'denied, and neither probe nor rule says how the cluster fares',
      { saw: [saw('pod', 'tcp', dropped)], rules: [flow('destination', 'deny')], hostKind: 'address' },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL], scope: 'not checked' },
    ],
    [
      'denied and no probe ran is predicted',
      { rules: rules('deny') },
      { code: 'denied-by-policy', confidence: 'predicted', policies: [DENY_ALL], explains: [], scope: 'everything' },
    ],
    [
      'denied, where nobody but the control pod could resolve',
      {
        saw: [saw('pod', 'dns', { kind: 'resolver-timeout', waitedMs: 3000 }), ...works('control')],
        rules: rules('deny'),
      },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
    [
      'denied and yet connected is a policy that is not enforced',
      { saw: works('pod'), rules: ONLY_DESTINATION_DENIED },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        scope: 'nothing',
        findings: ['observed-differs-from-predicted'],
        says: ['Nothing that is known of this cluster explains it'],
      },
    ],
    [
      'not enforced: a policy that is seconds old may not be in force',
      {
        saw: works('pod'),
        rules: ONLY_DESTINATION_DENIED,
        culprit: () => ({ ...OLD, createdAt: '2026-11-21T07:59:57Z' }),
      },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted'],
        says: ['payments/deny-all-egress is 3 s old'],
      },
    ],
    [
      'not enforced: a policy a minute old is no candidate any more',
      {
        saw: works('pod'),
        rules: ONLY_DESTINATION_DENIED,
        culprit: () => ({ ...OLD, changedAt: '2026-11-21T07:59:00Z' }),
      },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted'],
        says: ['Nothing that is known'],
      },
    ],
    [
      "not enforced: a pod on its node's network",
      { saw: works('pod'), rules: ONLY_DESTINATION_DENIED, target: { hostNetwork: true } },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted', 'host-network'],
        says: ["Possible: the pod uses its node's network"],
      },
    ],
    [
      'not enforced: nothing here enforces policies',
      {
        saw: works('pod'),
        rules: ONLY_DESTINATION_DENIED,
        engine: { name: 'none', version: null, evidence: 'no CNI found' },
      },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted'],
        says: ['nothing in this cluster enforces policies'],
      },
    ],
    [
      'not enforced: what enforces is not known',
      {
        saw: works('pod'),
        rules: ONLY_DESTINATION_DENIED,
        engine: { name: 'unknown', version: null, evidence: 'no DaemonSet known' },
      },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted'],
        says: ['is not known (no DaemonSet known)'],
      },
    ],
    [
      'not enforced: the policy changed while it was looked',
      { saw: works('pod'), rules: ONLY_DESTINATION_DENIED, changedMeanwhile: [DENY_ALL] },
      {
        code: 'policy-not-enforced',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted', 'policy-changed'],
      },
    ],
    [
      'a predicted denial without an engine says what it takes for granted',
      { rules: rules('deny'), engine: { name: 'none', version: null, evidence: 'no CNI found' } },
      { code: 'denied-by-policy', confidence: 'predicted', policies: [DENY_ALL], findings: ['assumption'] },
    ],
    [
      'denied, and a TLS failure shows that the packets pass',
      { saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('expired'))], rules: ONLY_DESTINATION_DENIED },
      { code: 'tls-failed', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'denied, and refused where the node connects: the engine rejects',
      { saw: [...fails('pod', refused), ...works('node')], rules: ONLY_DESTINATION_DENIED },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
    [
      'denied, and refused like the node: the RST is the host’s',
      { saw: [...fails('pod', refused), ...fails('node', refused)], rules: ONLY_DESTINATION_DENIED },
      { code: 'refused-by-host', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'denied, and prohibited like the node: the packet passed',
      { saw: [...fails('pod', prohibited), ...fails('node', prohibited)], rules: ONLY_DESTINATION_DENIED },
      { code: 'blocked-beyond-node', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'denied, and refused while nobody else looked',
      { saw: fails('pod', refused), rules: ONLY_DESTINATION_DENIED },
      { code: 'denied-by-policy', confidence: 'observed', policies: [DENY_ALL] },
    ],
    [
      'two causes: denied, and the node is dropped too',
      { saw: [...cutOff('pod'), ...fails('node', dropped)], rules: rules('deny') },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['still-fails-after-fix'],
        says: ['203.0.113.43 fails from the node as well'],
      },
    ],
    [
      'two causes: denied, and the certificate is expired',
      {
        saw: [...fails('pod', dropped), ...fails('node', connected), saw('node', 'tls', tlsFails('expired'))],
        rules: ONLY_DESTINATION_DENIED,
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['still-fails-after-fix'],
        says: ['TLS fails (expired)'],
      },
    ],
    [
      'two causes: without the node, an allowed control pod tells',
      { saw: [...fails('pod', dropped), ...fails('control', dropped)], rules: ONLY_DESTINATION_DENIED },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['still-fails-after-fix'],
        says: ['from the control pod as well'],
      },
    ],
    [
      'a denied control is no control, and its failure proves nothing',
      {
        saw: [...fails('pod', dropped), ...fails('control', dropped)],
        rules: rules({ destination: 'deny', control: 'deny' }),
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['control-is-no-control'],
        explains: [POD_DROPPED],
      },
    ],
    [
      'the ingress side denies',
      {
        saw: fails('pod', dropped),
        rules: [
          flow('destination', 'deny', { side: 'ingress', by: ['NetworkPolicy shop/db'] }),
          ...rules('allow').slice(1),
        ],
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: ['NetworkPolicy shop/db'],
        summary:
          'NetworkPolicy shop/db (the ingress rules of the destination) denies payments/billing-pod the connection to api.stripe.com:443.',
      },
    ],
  ]);
});

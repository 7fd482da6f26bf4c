import { describe } from 'vitest';
import {
  A,
  answers,
  B,
  connected,
  cutOff,
  DENY_ALL,
  dropped,
  fails,
  flow,
  HOST,
  noRoute,
  notRun,
  OLD,
  prohibited,
  reaches,
  refused,
  rules,
  saw,
  silent,
  status,
  tlsFails,
  V6,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const NODE_AND_CONTROL = [...works('control'), ...works('node')];
const CONTRAST =
  'The control pod and the node get through to the same addresses, so the host and the network beyond the node work.';
const POD_DROPPED = 'From the pod, 203.0.113.43: no answer to the SYN within 3000 ms.';
const LOOKUP_DROPPED = 'From the pod, the lookup of api.stripe.com over UDP gets no answer within 3000 ms.';
const ONLY_DESTINATION_DENIED = rules({ destination: 'deny' });

describe('predicted allow', () => {
  verdictTable([
    [
      'allowed and connected is reachable',
      { saw: [...works('pod'), ...NODE_AND_CONTROL] },
      {
        code: 'reachable',
        confidence: 'confirmed',
        explains: [],
        scope: 'nothing',
        summary: 'api.stripe.com:443 answers payments/billing-pod.',
      },
    ],
    ['allowed and no probe ran is reachable by prediction alone', {}, { code: 'reachable', confidence: 'predicted' }],
    [
      'allowed and dropped from the pod alone is a drop that no rule explains',
      { saw: [...fails('pod', dropped), ...NODE_AND_CONTROL] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        explains: [POD_DROPPED, CONTRAST],
        findings: ['observed-differs-from-predicted'],
        scope: 'external only',
        says: ['the rules allow 203.0.113.43; observed: no answer'],
      },
    ],
    [
      'a drop that no rule explains accounts for the silent lookup too',
      { saw: [...cutOff('pod'), ...NODE_AND_CONTROL] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        scope: 'everything',
        explains: [LOOKUP_DROPPED, 'From the pod, kubernetes.default cannot be reached either.', POD_DROPPED, CONTRAST],
        findings: [
          'observed-differs-from-predicted',
          'observed-differs-from-predicted',
          'observed-differs-from-predicted',
        ],
      },
    ],
    [
      'allowed, and dropped from pod, control and node alike is blocked beyond the node',
      { saw: [...fails('pod', dropped), ...fails('control', dropped), ...fails('node', dropped)] },
      {
        code: 'blocked-beyond-node',
        confidence: 'confirmed',
        scope: 'external only',
        explains: [
          POD_DROPPED,
          'From the control pod, 203.0.113.43: no answer to the SYN within 3000 ms.',
          'From the node, 203.0.113.43: no answer to the SYN within 3000 ms.',
        ],
        summary:
          'api.stripe.com:443 is cut off beyond the node: 203.0.113.43 from the pod: no answer to the SYN within 3000 ms, from the control: no answer to the SYN within 3000 ms, from the node: no answer to the SYN within 3000 ms.',
      },
    ],
    [
      'an ICMP prohibition from pod and node is blocked beyond the node',
      { saw: [...fails('pod', prohibited), ...fails('node', prohibited)] },
      { code: 'blocked-beyond-node', confidence: 'confirmed' },
    ],
    [
      'an ICMP prohibition from the pod alone is a drop that no rule explains',
      { saw: [...fails('pod', prohibited), ...works('node')] },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'beyond the node, a host that answers elsewhere is up',
      { saw: [...fails('pod', dropped), ...fails('node', dropped), ...reaches('outside')] },
      {
        code: 'blocked-beyond-node',
        confidence: 'confirmed',
        explains: [
          POD_DROPPED,
          'From the node, 203.0.113.43: no answer to the SYN within 3000 ms.',
          'From elsewhere the host answers: the service is up, and the way from this cluster is not.',
        ],
      },
    ],
    [
      'beyond the node, a host that fails elsewhere too may be down',
      { saw: [...fails('pod', dropped), ...fails('node', dropped), saw('outside', 'tcp', dropped)] },
      {
        code: 'blocked-beyond-node',
        confidence: 'confirmed',
        findings: ['vantage-differs'],
        says: ['the host itself may be down'],
      },
    ],
    [
      'dropped from the pod while nobody else looked is not blamed on anything beyond the node',
      { saw: fails('pod', dropped) },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'dropped from both pods while the node connects is the pod network',
      { saw: [...fails('pod', dropped), ...fails('control', dropped), ...works('node')] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'vantage-differs'],
        says: ['pods of this node as such are cut'],
      },
    ],
    [
      'a RST to pod and node is the host refusing',
      { saw: [...fails('pod', refused), ...fails('node', refused)] },
      {
        code: 'refused-by-host',
        confidence: 'confirmed',
        scope: 'this destination only',
        explains: ['From the pod, 203.0.113.43: refused (RST).', 'From the node, 203.0.113.43: refused (RST).'],
      },
    ],
    [
      'a RST to the pod, and nobody else looked, is the host refusing',
      { saw: fails('pod', refused) },
      { code: 'refused-by-host', confidence: 'confirmed' },
    ],
    [
      'a RST to the pod alone is not the host',
      { saw: [...fails('pod', refused), ...works('node')] },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'a drop for the pod where the node gets a RST is lost before the host',
      { saw: [...fails('pod', dropped), ...fails('node', refused)] },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'no probe from the pod, and the node is dropped: the pod waits for the same',
      { saw: fails('node', dropped) },
      { code: 'blocked-beyond-node', confidence: 'predicted' },
    ],
    [
      'no probe from the pod, and the node is refused: the pod waits for the same',
      { saw: fails('node', refused) },
      { code: 'refused-by-host', confidence: 'predicted' },
    ],
  ]);
});

describe('behind the connect', () => {
  const tls = (why: 'expired' | 'wrong-name' | 'untrusted' | 'reset') =>
    (['pod', 'node'] as const).flatMap(vantage => [...fails(vantage, connected), saw(vantage, 'tls', tlsFails(why))]);
  verdictTable([
    [
      'an expired certificate is a TLS failure',
      { saw: tls('expired') },
      {
        code: 'tls-failed',
        confidence: 'confirmed',
        explains: [
          'From the pod, 203.0.113.43: TLS fails (expired).',
          'From the node, 203.0.113.43: TLS fails (expired).',
        ],
        summary: 'TLS with api.stripe.com:443 fails: expired.',
      },
    ],
    [
      "another host's certificate is a TLS failure",
      { saw: tls('wrong-name') },
      { code: 'tls-failed', confidence: 'confirmed' },
    ],
    [
      'an untrusted issuer is a TLS failure',
      { saw: tls('untrusted') },
      { code: 'tls-failed', confidence: 'confirmed' },
    ],
    [
      'a reset in the TLS hello is a TLS failure',
      { saw: tls('reset') },
      { code: 'tls-failed', confidence: 'confirmed' },
    ],
    [
      'a bare reset observed at tls is a TLS failure',
      { saw: [...fails('pod', connected), saw('pod', 'tls', { kind: 'reset' })] },
      { code: 'tls-failed', confidence: 'confirmed' },
    ],
    [
      'TLS that fails from the pod alone names the difference',
      { saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('untrusted')), ...works('node')] },
      { code: 'tls-failed', confidence: 'confirmed', findings: ['vantage-differs'] },
    ],
    [
      'status 403 is reachable with the status shown',
      { saw: [...fails('pod', connected), saw('pod', 'tls', connected), saw('pod', 'http', status(403))] },
      { code: 'reachable', confidence: 'confirmed', findings: ['status'], says: ['HTTP status 403'] },
    ],
    [
      'status 500 is reachable with the status shown',
      { saw: [...fails('pod', connected), saw('pod', 'http', status(500))], application: 'http' },
      { code: 'reachable', confidence: 'confirmed', findings: ['status'] },
    ],
    [
      'a host that never answers HTTP is reachable, and its silence is named',
      { saw: [...fails('pod', connected), saw('pod', 'tls', connected), saw('pod', 'http', silent('http'))] },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['no-answer'],
        says: ['sends nothing for 3000 ms (http)'],
      },
    ],
    [
      'accepted and then silent in the hello is reachable, and its silence is named',
      { saw: [...fails('pod', connected), saw('pod', 'tls', silent('tls'))] },
      { code: 'reachable', confidence: 'confirmed', findings: ['no-answer'] },
    ],
    [
      'a reset of the request is reachable, and the reset is named',
      { saw: [...fails('pod', connected), saw('pod', 'tls', connected), saw('pod', 'http', { kind: 'reset' })] },
      { code: 'reachable', confidence: 'confirmed', findings: ['no-answer'], says: ['then resets it'] },
    ],
    [
      'layers that no tool could try take nothing away',
      { saw: [...fails('pod', connected), saw('pod', 'tls', notRun), saw('pod', 'http', notRun)] },
      { code: 'reachable', confidence: 'confirmed' },
    ],
  ]);
});

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

describe('prediction unknown', () => {
  const unknown = rules({ destination: 'unknown' });
  verdictTable([
    [
      'unknown and connected is reachable, as observed',
      { saw: works('pod'), rules: unknown },
      { code: 'reachable', confidence: 'observed', findings: ['other'], says: ['CiliumNetworkPolicy payments/l7'] },
    ],
    [
      'unknown and nothing seen is not known',
      { rules: unknown },
      { code: 'not-known', confidence: null, explains: [], scope: 'not checked' },
    ],
    [
      'unknown, and the node alone was seen to fail, is not known',
      { saw: fails('node', dropped), rules: unknown },
      { code: 'not-known', confidence: null },
    ],
    [
      'unknown and dropped from the pod alone: lost there, and the unread rule is named',
      { saw: [...fails('pod', dropped), ...NODE_AND_CONTROL], rules: unknown },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['other'],
        says: ['CiliumNetworkPolicy payments/l7'],
        explains: [POD_DROPPED, CONTRAST],
      },
    ],
    [
      'unknown and dropped while nobody else looked is not known',
      { saw: fails('pod', dropped), rules: unknown },
      { code: 'not-known', confidence: null },
    ],
    [
      'unknown and dropped from the node too is blocked beyond the node',
      { saw: [...fails('pod', dropped), ...fails('node', dropped)], rules: unknown },
      { code: 'blocked-beyond-node', confidence: 'observed', findings: ['other'] },
    ],
    [
      'unknown and refused from the node too is the host refusing',
      { saw: [...fails('pod', refused), ...fails('node', refused)], rules: unknown },
      { code: 'refused-by-host', confidence: 'observed', findings: ['other'] },
    ],
    [
      'unknown and refused while nobody else looked is not known: engines reject with a RST',
      { saw: fails('pod', refused), rules: unknown },
      { code: 'not-known', confidence: null },
    ],
    [
      'an allow with something unread in it is no allow',
      { rules: [flow('destination', 'allow', { unknowns: ['AdminNetworkPolicy x'] }), ...rules('allow').slice(1)] },
      { code: 'not-known', confidence: null },
    ],
    ['nothing judged and nothing seen is not known', { rules: [] }, { code: 'not-known', confidence: null }],
    [
      'a control whose own rules are unknown proves nothing by failing',
      {
        saw: [...fails('pod', dropped), ...fails('control', dropped)],
        rules: rules({ destination: 'unknown', control: 'unknown' }),
      },
      { code: 'not-known', confidence: null },
    ],
    [
      'a control whose own rules are unknown proves the way by connecting',
      {
        saw: [...fails('pod', dropped), ...works('control')],
        rules: rules({ destination: 'unknown', control: 'unknown' }),
      },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['other'] },
    ],
  ]);
});

describe('several addresses', () => {
  const both = (vantage: 'pod' | 'node' | 'control') => saw(vantage, 'dns', answers(A, B));
  const allowB = flow('destination', 'allow', { address: B });
  const denyB = flow('destination', 'deny', { address: B });
  const unknownB = flow('destination', 'unknown', { address: B });
  verdictTable([
    [
      'both addresses answer',
      { saw: [both('pod'), ...reaches('pod'), ...reaches('pod', B)], rules: [...rules('allow'), allowB] },
      { code: 'reachable', confidence: 'confirmed' },
    ],
    [
      'one of two denied by rule is partly denied',
      {
        saw: [both('pod'), ...reaches('pod'), saw('pod', 'tcp', dropped, { address: B })],
        rules: [...rules('allow'), denyB],
      },
      {
        code: 'partly-denied',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        scope: 'this destination only',
        explains: ['From the pod, 203.0.113.44: no answer to the SYN within 3000 ms.'],
        summary:
          "NetworkPolicy payments/deny-all-egress (the pod's egress rules) denies 1 of 2 addresses (203.0.113.44) of api.stripe.com:443.",
      },
    ],
    [
      'one of two denied by rule, no probe ran',
      { rules: [...rules('allow'), denyB] },
      { code: 'partly-denied', confidence: 'predicted', policies: [DENY_ALL] },
    ],
    [
      'one of two denied by rule, and the other fails beyond the node',
      {
        saw: [
          both('pod'),
          saw('pod', 'tcp', dropped),
          saw('node', 'tcp', dropped),
          saw('pod', 'tcp', dropped, { address: B }),
        ],
        rules: [...rules('allow'), denyB],
      },
      { code: 'partly-denied', confidence: 'confirmed', policies: [DENY_ALL], findings: ['still-fails-after-fix'] },
    ],
    [
      'one of two dropped beyond the node is partly reachable',
      {
        saw: [
          both('pod'),
          ...reaches('pod'),
          saw('pod', 'tcp', dropped, { address: B }),
          ...reaches('node'),
          saw('node', 'tcp', dropped, { address: B }),
        ],
        rules: [...rules('allow'), allowB],
      },
      {
        code: 'partly-reachable',
        confidence: 'confirmed',
        explains: [
          'From the pod, 203.0.113.44: no answer to the SYN within 3000 ms.',
          'From the node, 203.0.113.44: no answer to the SYN within 3000 ms.',
        ],
      },
    ],
    [
      'one of two dropped from the pod alone under unknown rules is no fault beyond the node',
      {
        saw: [both('pod'), ...reaches('pod'), saw('pod', 'tcp', dropped, { address: B }), ...reaches('node', B)],
        rules: [...rules('allow'), unknownB],
      },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['other'] },
    ],
    [
      'one answers, of the other nothing is known: what answered is reachable',
      { saw: [both('pod'), ...reaches('pod')], rules: [...rules('allow'), unknownB] },
      { code: 'reachable', confidence: 'confirmed', findings: ['other'] },
    ],
    [
      'one is allowed and unseen, of the other nothing is known: not known',
      { rules: [...rules('allow'), unknownB] },
      { code: 'not-known', confidence: null },
    ],
    [
      'one of two refused is partly reachable',
      {
        saw: [both('pod'), ...reaches('pod'), saw('pod', 'tcp', refused, { address: B })],
        rules: [...rules('allow'), allowB],
      },
      { code: 'partly-reachable', confidence: 'confirmed' },
    ],
    [
      'denied one and connected though denied the other: partly denied, and the disagreement is named',
      {
        saw: [both('pod'), ...reaches('pod'), saw('pod', 'tcp', dropped, { address: B })],
        rules: [...rules({ destination: 'deny' }), denyB],
      },
      {
        code: 'partly-denied',
        confidence: 'observed',
        policies: [DENY_ALL],
        findings: ['observed-differs-from-predicted'],
      },
    ],
    [
      'both fail, each differently: the one nearest to the pod',
      {
        saw: [
          both('pod'),
          saw('pod', 'tcp', refused),
          saw('pod', 'tcp', dropped, { address: B }),
          ...fails('node', refused),
          saw('node', 'tcp', dropped, { address: B }),
        ],
        rules: [...rules('allow'), allowB],
      },
      { code: 'blocked-beyond-node', confidence: 'confirmed' },
    ],
    [
      'a Service whose endpoints are denied in part',
      {
        saw: works('pod', '10.96.7.7'),
        host: { kind: 'service', service: 'shop/web', addresses: ['10.96.7.7'] },
        rules: [...rules('allow'), denyB],
      },
      { code: 'partly-denied', confidence: 'observed', policies: [DENY_ALL] },
    ],
    [
      'a Service is judged by its endpoints',
      {
        saw: fails('pod', dropped, '10.96.7.7'),
        host: { kind: 'service', service: 'shop/web', addresses: ['10.96.7.7'] },
        rules: ONLY_DESTINATION_DENIED,
      },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL], scope: 'this destination only' },
    ],
    [
      'a tool that resolves by itself tells no address',
      {
        saw: [saw('pod', 'tcp', connected, { address: undefined as never })].map(({ address: _none, ...rest }) => rest),
      },
      { code: 'reachable', confidence: 'confirmed' },
    ],
  ]);
});

describe('address families', () => {
  const v6 = {
    hostKind: 'name',
    saw: [saw('pod', 'dns', answers(V6)), saw('pod', 'tcp', noRoute, { address: V6 })],
    rules: [...rules('allow'), flow('destination', 'allow', { address: V6 })],
  } as const;
  verdictTable([
    [
      'only AAAA, and the pod has only IPv4',
      v6,
      {
        code: 'no-common-address-family',
        confidence: 'confirmed',
        explains: ['From the pod, 2001:db8::43: no route.'],
        scope: 'this destination only',
      },
    ],
    [
      'only AAAA, and no probe ran',
      { saw: [saw('control', 'dns', answers(V6))], rules: v6.rules },
      { code: 'no-common-address-family', confidence: 'predicted' },
    ],
    [
      'a dual-stack name is no trouble to an IPv4 pod',
      {
        saw: [saw('pod', 'dns', answers(A, V6)), ...reaches('pod'), saw('pod', 'tcp', noRoute, { address: V6 })],
        rules: v6.rules,
      },
      { code: 'reachable', confidence: 'confirmed' },
    ],
    [
      'a dual-stack name whose IPv4 address is denied',
      {
        saw: [
          saw('pod', 'dns', answers(A, V6)),
          saw('pod', 'tcp', dropped),
          saw('pod', 'tcp', noRoute, { address: V6 }),
        ],
        rules: [...ONLY_DESTINATION_DENIED, flow('destination', 'deny', { address: V6 })],
      },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
    [
      'no route to the only address is no common family, whatever the rules',
      { saw: [...fails('pod', noRoute)], rules: ONLY_DESTINATION_DENIED },
      { code: 'no-common-address-family', confidence: 'observed' },
    ],
    [
      'an IPv6 pod reaches an IPv6 host',
      { saw: works('pod', V6), target: { addresses: ['2001:db8::7'] }, rules: v6.rules },
      { code: 'reachable', confidence: 'confirmed' },
    ],
  ]);
});

describe('UDP, where silence says nothing', () => {
  const udp = (vantage: 'pod' | 'node', outcome = silent('tcp')) => saw(vantage, 'tcp', outcome, { protocol: 'UDP' });
  const given = { protocol: 'UDP', application: 'none', hostKind: 'address' } as const;
  verdictTable([
    [
      'allowed and silent is reachable by prediction',
      { ...given, saw: [udp('pod')] },
      { code: 'reachable', confidence: 'predicted', findings: ['no-answer'] },
    ],
    [
      'denied and silent is predicted, not confirmed',
      { ...given, saw: [udp('pod')], rules: rules('deny') },
      { code: 'denied-by-policy', confidence: 'predicted', policies: [DENY_ALL], findings: ['no-answer'] },
    ],
    [
      'denied and silent where the node gets an answer is confirmed',
      { ...given, saw: [udp('pod'), udp('node', connected)], rules: rules('deny') },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL], findings: ['no-answer'] },
    ],
    [
      'allowed and silent where the node gets an answer is a drop',
      { ...given, saw: [udp('pod'), udp('node', connected)] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'no-answer'],
      },
    ],
    [
      'unknown and silent is not known',
      { ...given, saw: [udp('pod')], rules: rules('unknown') },
      { code: 'not-known', confidence: null, findings: ['no-answer'] },
    ],
    [
      'an ICMP port unreachable is the host refusing',
      { ...given, saw: [udp('pod', refused), udp('node', refused)] },
      { code: 'refused-by-host', confidence: 'confirmed' },
    ],
  ]);
});

describe('sidecars', () => {
  const mesh = { target: { sidecars: ['istio-proxy'] } };
  verdictTable([
    [
      'a connect that the sidecar accepts says nothing of the host',
      { ...mesh, saw: [...fails('pod', connected)], rules: rules({ destination: 'unknown' }) },
      { code: 'not-known', confidence: null, findings: ['sidecar', 'sidecar'] },
    ],
    [
      'with a sidecar, TLS is what counts as connected',
      { ...mesh, saw: works('pod') },
      { code: 'reachable', confidence: 'confirmed', findings: ['sidecar'] },
    ],
    [
      'denied, and the sidecar ends the hello: the denial is confirmed',
      {
        ...mesh,
        saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('reset')), ...works('node')],
        rules: rules({ destination: 'deny' }),
      },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL], findings: ['sidecar', 'sidecar'] },
    ],
    [
      "status 503 before any TLS is the sidecar's own",
      {
        ...mesh,
        application: 'http',
        saw: [...fails('pod', connected), saw('pod', 'http', status(503)), ...works('node')],
      },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'sidecar', 'sidecar'],
      },
    ],
    [
      'a mesh rule denies',
      {
        ...mesh,
        saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('reset')), ...works('node')],
        rules: rules({ destination: 'deny', by: ['Sidecar payments/default'] }),
        culprit: () => ({ ...OLD, layer: 'mesh' }),
      },
      {
        code: 'denied-by-mesh',
        confidence: 'confirmed',
        policies: ['Sidecar payments/default'],
        findings: ['sidecar', 'sidecar'],
      },
    ],
    [
      'a host that refuses pod and node is refused through a sidecar too',
      { ...mesh, saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('closed')), ...fails('node', refused)] },
      { code: 'refused-by-host', confidence: 'confirmed', findings: ['sidecar', 'sidecar'] },
    ],
  ]);
});

describe('facts beside the decision', () => {
  const cloud = { culprit: () => ({ ...OLD, layer: 'cloud' as const }) };
  const unlearned = {
    policy: 'CiliumNetworkPolicy payments/stripe',
    name: HOST,
    why: 'no lookup of it passed the DNS proxy',
  };
  const allowlist = { list: 'the partner’s console', seenAs: '198.51.100.7', listed: 'no' as const };
  const denied = { saw: [...fails('pod', dropped), ...fails('node', dropped)], rules: ONLY_DESTINATION_DENIED };
  verdictTable([
    [
      'a cloud rule denies, and the node fails for the same cause',
      { ...denied, ...cloud },
      {
        code: 'denied-by-cloud',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        explains: [POD_DROPPED, 'From the node, 203.0.113.43: no answer to the SYN within 3000 ms.'],
      },
    ],
    [
      'a policy and a cloud rule deny: the policy is the first cause',
      {
        ...denied,
        rules: rules({ destination: 'deny', by: [DENY_ALL, 'SecurityGroup sg-1'] }),
        culprit: policy => ({ ...OLD, layer: policy === DENY_ALL ? 'policy' : 'cloud' }),
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL, 'SecurityGroup sg-1'],
        findings: ['still-fails-after-fix'],
      },
    ],
    [
      'a rule by name that was never learned',
      { saw: [...fails('pod', dropped), ...works('node')], rules: ONLY_DESTINATION_DENIED, unlearned },
      {
        code: 'fqdn-not-learned',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        scope: 'this destination only',
        summary:
          'CiliumNetworkPolicy payments/stripe allows api.stripe.com by name, and its engine has not learned the address: no lookup of it passed the DNS proxy.',
      },
    ],
    [
      'a rule by name that was never learned, rules else unknown',
      { saw: [...fails('pod', dropped), ...works('node')], rules: rules({ destination: 'unknown' }), unlearned },
      { code: 'fqdn-not-learned', confidence: 'observed', findings: ['other'] },
    ],
    [
      'a rule by name that was not learned, and yet the host answers',
      { saw: works('pod'), unlearned },
      { code: 'reachable', confidence: 'confirmed' },
    ],
    [
      '403, and a known list does not have the source',
      { saw: [...fails('pod', connected), saw('pod', 'http', status(403))], allowlist },
      {
        code: 'source-not-allowlisted',
        confidence: 'confirmed',
        findings: ['status'],
        summary: 'The host sees this pod as 198.51.100.7, which is not on its list of sources (the partner’s console).',
      },
    ],
    [
      'dropped beyond the node, and a known list does not have the source',
      { saw: [...fails('pod', dropped), ...fails('node', dropped)], allowlist },
      { code: 'source-not-allowlisted', confidence: 'confirmed' },
    ],
    [
      'a reset hello, and a known list does not have the source',
      { saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('reset'))], allowlist },
      { code: 'source-not-allowlisted', confidence: 'confirmed' },
    ],
    [
      'an expired certificate has nothing to do with a list of sources',
      { saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('expired'))], allowlist },
      { code: 'tls-failed', confidence: 'confirmed' },
    ],
    [
      '403 from a host whose list has the source is the host’s own no',
      {
        saw: [...fails('pod', connected), saw('pod', 'http', status(403))],
        allowlist: { ...allowlist, listed: 'yes' },
      },
      { code: 'reachable', confidence: 'confirmed', findings: ['status'] },
    ],
    [
      '404 has nothing to do with a list of sources',
      { saw: [...fails('pod', connected), saw('pod', 'http', status(404))], allowlist },
      { code: 'reachable', confidence: 'confirmed', findings: ['status'] },
    ],
  ]);
});

describe('a pod that does not run', () => {
  const target = { state: { kind: 'not-running', reason: 'CrashLoopBackOff', message: 'back-off 5m' } } as const;
  verdictTable([
    [
      'it is the verdict, and the denial waits behind it',
      { target, rules: rules('deny') },
      {
        code: 'pod-not-running',
        confidence: 'observed',
        findings: ['still-fails-after-fix'],
        says: ['Once it runs: NetworkPolicy payments/deny-all-egress'],
        summary: 'payments/billing-pod is not running (CrashLoopBackOff: back-off 5m).',
      },
    ],
    [
      'it is the verdict, and the allowance is told beside it',
      { target },
      { code: 'pod-not-running', confidence: 'observed', findings: ['other'], says: ['Once it runs: the rules allow'] },
    ],
    [
      'it is the verdict, and what is not known is told beside it',
      { target, rules: rules('unknown') },
      { code: 'pod-not-running', confidence: 'observed', findings: ['other', 'other'] },
    ],
  ]);
});

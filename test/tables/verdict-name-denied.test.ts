import { describe } from 'vitest';
import type { PolicyTrace } from '../../src/model.ts';
import {
  A,
  answers,
  B,
  cutOff,
  DENY_ALL,
  dnsSilent,
  dropped,
  emptyEgress,
  fails,
  flow,
  OTHER,
  reaches,
  refusedName,
  rules,
  saw,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const _NO_ADDRESS = 'No connection to api.stripe.com:443 could be tried: no address is known.';
const LOOKUP_DROPPED = 'From the pod, the lookup of api.stripe.com over UDP gets no answer within 3000 ms.';
const DNS_DENIED = rules({ dns: 'deny', by: [OTHER] });

describe('the lookup is denied', () => {
  verdictTable([
    [
      'the destination is allowed and only its name cannot be asked',
      { saw: [saw('pod', 'dns', dnsSilent), ...reaches('pod'), ...works('control')], rules: DNS_DENIED },
      {
        code: 'dns-denied-by-policy',
        confidence: 'confirmed',
        policies: [OTHER],
        explains: [
          LOOKUP_DROPPED,
          'The control pod gets through to the same addresses, so the host and the network beyond the node work.',
        ],
        summary:
          "NetworkPolicy payments/no-dns (the pod's egress rules) denies the pod the lookup of api.stripe.com; the connection itself is allowed.",
      },
    ],
    [
      'no probe ran',
      { rules: DNS_DENIED },
      { code: 'dns-denied-by-policy', confidence: 'predicted', policies: [OTHER] },
    ],
    [
      'lookup and connect are denied: denied-by-policy accounts for the lookup',
      { saw: [...cutOff('pod'), ...works('control')], rules: rules('deny') },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
    [
      'lookup and connect are denied by different policies: both are named',
      {
        saw: [...cutOff('pod'), ...works('control')],
        rules: [flow('destination', 'deny'), ...rules({ dns: 'deny', cluster: 'allow', by: [OTHER] }).slice(1)],
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL, OTHER],
        findings: ['observed-differs-from-predicted'],
      },
    ],
    [
      'the lookup and one of two addresses are denied: nothing of the destination is left, so it is denied-by-policy',
      {
        saw: [
          saw('pod', 'dns', dnsSilent),
          ...reaches('pod'),
          saw('pod', 'tcp', dropped, { address: B }),
          saw('control', 'dns', answers(A, B)),
          ...works('control'),
        ],
        rules: [...DNS_DENIED, flow('destination', 'deny', { address: B })],
      },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL, OTHER], says: [] },
    ],
    [
      'REFUSED to a denied name is how a DNS proxy enforces',
      { saw: [saw('pod', 'dns', refusedName), ...works('control')], rules: DNS_DENIED },
      { code: 'dns-denied-by-policy', confidence: 'confirmed', policies: [OTHER] },
    ],
    [
      'the lookup is denied and yet answered: told, and the host reached is reachable',
      { saw: works('pod'), rules: DNS_DENIED },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['observed-differs-from-predicted'],
        says: ['denies the lookup of api.stripe.com; observed: it passes'],
      },
    ],
    [
      'the name cannot be asked, and behind it the host is dropped beyond the node',
      { saw: [saw('pod', 'dns', dnsSilent), saw('pod', 'tcp', dropped), ...fails('node', dropped)], rules: DNS_DENIED },
      {
        code: 'dns-denied-by-policy',
        confidence: 'confirmed',
        policies: [OTHER],
        findings: ['still-fails-after-fix'],
        says: ['cut off beyond the node'],
      },
    ],
    [
      'the name cannot be asked, and what is behind it is not known',
      { rules: rules({ dns: 'deny', destination: 'unknown' }) },
      {
        code: 'dns-denied-by-policy',
        confidence: 'predicted',
        policies: [DENY_ALL],
        findings: ['still-fails-after-fix', 'other'],
      },
    ],
    [
      'DNS over TCP alone is denied: a finding, not the verdict',
      {
        saw: works('pod'),
        rules: [
          ...rules('allow').filter(each => !(each.purpose === 'dns' && each.protocol === 'TCP')),
          flow('dns', 'deny', { protocol: 'TCP' }),
        ],
      },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['tcp-dns'],
        says: ['denies DNS over TCP, and not over UDP'],
      },
    ],
    [
      'DNS over TCP alone is silent: a finding',
      { saw: [...works('pod'), saw('pod', 'dns', dropped, { protocol: 'TCP' })] },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['tcp-dns'],
        says: ['over TCP its lookup gets no answer'],
      },
    ],
    [
      'DNS over UDP is denied and over TCP not: resolvers ask over UDP first',
      {
        saw: [saw('pod', 'dns', dnsSilent), ...works('control')],
        rules: [
          ...rules('allow').filter(each => !(each.purpose === 'dns' && each.protocol === 'UDP')),
          flow('dns', 'deny', { protocol: 'UDP' }),
        ],
      },
      { code: 'dns-denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
    [
      "a denied lookup of a name that the pod's own /etc/hosts has takes nothing away",
      {
        saw: [
          saw('pod', 'dns', answers(A), { address: '/etc/hosts' }),
          saw('pod', 'dns', dnsSilent),
          ...reaches('pod'),
        ],
        rules: DNS_DENIED,
      },
      {
        code: 'reachable',
        confidence: 'confirmed',
        findings: ['other'],
        says: ["The pod's own /etc/hosts has api.stripe.com"],
      },
    ],
    [
      'an address needs no lookup',
      { saw: fails('pod', dropped).slice(2), rules: rules('deny'), hostKind: 'address' },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL] },
    ],
  ]);
});

const DENIED_LOOKUP = (trace: Partial<PolicyTrace>) => [
  flow('destination', 'unknown', { address: null, unknowns: ['no address of api.stripe.com is known'] }),
  flow('dns', 'deny', { protocol: 'UDP', trace: [{ ...emptyEgress(DENY_ALL), ...trace }] }),
];
const RULE = {
  index: 0,
  name: null,
  action: 'accept',
  match: 'no',
  why: 'to does not match',
  fieldsMatched: 0,
} as const;

describe('the lookup is denied and nobody else knows an address', () => {
  verdictTable([
    [
      'policies without any rule deny every address: denied-by-policy',
      { saw: [saw('pod', 'dns', dnsSilent)], rules: DENIED_LOOKUP({}) },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['other'],
        explains: [LOOKUP_DROPPED],
        summary:
          "NetworkPolicy payments/deny-all-egress (the pod's egress rules) denies payments/billing-pod every connection, and so the lookup of api.stripe.com and the connection to api.stripe.com:443.",
      },
    ],
    [
      'policies with rules may allow the address: only the lookup is known to be denied',
      { saw: [saw('pod', 'dns', dnsSilent)], rules: DENIED_LOOKUP({ rules: [RULE] }) },
      {
        code: 'dns-denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['still-fails-after-fix', 'other'],
      },
    ],
  ]);
});

import { describe } from 'vitest';
import type { PolicyTrace } from '../../src/model.ts';
import {
  A,
  answers,
  cutOff,
  DENY_ALL,
  dnsSilent,
  dropped,
  emptyEgress,
  fails,
  flow,
  noRecords,
  nxdomain,
  OTHER,
  reaches,
  refusedName,
  rules,
  saw,
  servfail,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const NO_ADDRESS = 'No connection to api.stripe.com:443 could be tried: no address is known.';
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

describe('the name does not resolve, and no rule is why', () => {
  const both = (outcome: typeof nxdomain) => [
    saw('pod', 'dns', outcome),
    saw('control', 'dns', outcome),
    saw('node', 'dns', outcome),
  ];
  verdictTable([
    [
      'NXDOMAIN for everybody',
      { saw: both(nxdomain) },
      {
        code: 'name-not-resolved',
        confidence: 'confirmed',
        explains: [
          'From the control pod, api.stripe.com gets NXDOMAIN.',
          'From the node, api.stripe.com gets NXDOMAIN.',
          NO_ADDRESS,
        ],
        summary: "The name api.stripe.com gets NXDOMAIN; the control pod's lookup gets NXDOMAIN too.",
      },
    ],
    ['SERVFAIL for everybody', { saw: both(servfail) }, { code: 'name-not-resolved', confidence: 'confirmed' }],
    [
      'REFUSED, and no rule denies the lookup',
      { saw: both(refusedName) },
      { code: 'name-not-resolved', confidence: 'confirmed' },
    ],
    [
      'the name exists and has no addresses',
      { saw: both(noRecords) },
      { code: 'name-not-resolved', confidence: 'confirmed' },
    ],
    [
      'NOERROR without addresses is the same',
      { saw: both(answers()) },
      { code: 'name-not-resolved', confidence: 'confirmed' },
    ],
    [
      "NXDOMAIN for the pod alone is the pod's own DNS",
      {
        saw: [saw('pod', 'dns', nxdomain), ...works('control')],
        target: {
          dns: {
            policy: 'None',
            config: null,
            resolvConf: { nameservers: ['192.0.2.9'], searches: ['corp.example'], ndots: 5 },
          },
        },
      },
      {
        code: 'name-not-resolved',
        confidence: 'confirmed',
        summary:
          "The name api.stripe.com gets NXDOMAIN; the control pod on the same node resolves it: the pod's own DNS differs (dnsPolicy None, nameservers 192.0.2.9, search corp.example).",
      },
    ],
    [
      'silence for every pod while the node resolves is the cluster DNS',
      { saw: [saw('pod', 'dns', dnsSilent), saw('control', 'dns', dnsSilent), saw('node', 'dns', answers(A))] },
      {
        code: 'name-not-resolved',
        confidence: 'observed',
        explains: [LOOKUP_DROPPED, 'From the control pod, api.stripe.com gets no answer within 3000 ms.'],
        summary:
          "The name api.stripe.com gets no answer within 3000 ms; the control pod gets no answer either and the node's own resolver does: the cluster's DNS does not answer.",
      },
    ],
    [
      'silence, and a control whose lookup is denied proves nothing',
      { saw: [saw('pod', 'dns', dnsSilent), saw('control', 'dns', dnsSilent)], rules: rules({ control: 'deny' }) },
      {
        code: 'name-not-resolved',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'control-is-no-control'],
        summary: 'The name api.stripe.com gets no answer within 3000 ms; nobody else was asked that could be compared.',
      },
    ],
    [
      'silence for the pod alone while its connects work',
      { saw: [saw('pod', 'dns', dnsSilent), ...reaches('pod'), ...works('control')] },
      { code: 'name-not-resolved', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'no probe from the pod, and the control pod gets NXDOMAIN',
      { saw: [saw('control', 'dns', nxdomain)] },
      { code: 'name-not-resolved', confidence: 'predicted' },
    ],
    [
      'silence under unknown rules is observed',
      { saw: [saw('pod', 'dns', dnsSilent)], rules: rules('unknown') },
      { code: 'name-not-resolved', confidence: 'observed', findings: ['other'] },
    ],
    [
      'NXDOMAIN, and every address would be denied: no fix of rules gives the name an address',
      { saw: both(nxdomain), rules: rules({ destination: 'deny' }) },
      { code: 'name-not-resolved', confidence: 'confirmed', findings: ['still-fails-after-fix'] },
    ],
    [
      'NXDOMAIN for the pod alone, and its address is denied: the denial, and the name behind it',
      {
        saw: [saw('pod', 'dns', nxdomain), saw('pod', 'tcp', dropped), ...works('control')],
        rules: rules({ destination: 'deny' }),
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        findings: ['still-fails-after-fix'],
        says: ['Behind it, the name api.stripe.com gets NXDOMAIN'],
      },
    ],
    [
      'an allowed connect whose lookup is unknown is not known',
      { rules: rules({ dns: 'unknown' }) },
      { code: 'not-known', confidence: null },
    ],
    [
      'an allowed connect whose nameservers are not known is not known',
      { rules: [flow('destination', 'allow')] },
      { code: 'not-known', confidence: null },
    ],
    [
      'an allowed connect to a name whose addresses were given needs no lookup',
      {
        rules: [flow('destination', 'allow')],
        host: { kind: 'name', name: 'api.stripe.com', addresses: [A], resolvedBy: 'given' },
      },
      { code: 'reachable', confidence: 'predicted' },
    ],
    [
      'some of the nameservers are denied, and the lookup is silent',
      {
        saw: [saw('pod', 'dns', dnsSilent)],
        rules: [...rules('allow'), flow('dns', 'deny', { protocol: 'UDP', address: '169.254.20.10' })],
      },
      {
        code: 'name-not-resolved',
        confidence: 'observed',
        summary:
          'The name api.stripe.com gets no answer within 3000 ms; NetworkPolicy payments/deny-all-egress denies some of its nameservers; nobody else was asked that could be compared.',
      },
    ],
  ]);
});

import { describe } from 'vitest';
import {
  A,
  answers,
  DENY_ALL,
  dnsSilent,
  dropped,
  flow,
  noRecords,
  nxdomain,
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

describe('the name does not resolve, and no rule is why', () => {
  const both = (outcome: typeof nxdomain) => [
    saw('pod', 'dns', outcome),
    saw('control', 'dns', outcome),
    saw('node', 'dns', outcome),
  ];
  verdictTable([
    [
      'NXDOMAIN over TCP, where UDP was not asked',
      { saw: [saw('pod', 'dns', nxdomain, { protocol: 'TCP' })] },
      { code: 'name-not-resolved', confidence: 'confirmed' },
    ],
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

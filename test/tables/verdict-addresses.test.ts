import { describe } from 'vitest';
import {
  A,
  answers,
  B,
  connected,
  DENY_ALL,
  dropped,
  fails,
  flow,
  reaches,
  refused,
  rules,
  saw,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const ONLY_DESTINATION_DENIED = rules({ destination: 'deny' });

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
      'known addresses: one is allowed and unseen, of the other nothing is known: not known',
      {
        rules: [...rules('allow'), unknownB],
        host: { kind: 'name', name: 'api.stripe.com', addresses: [A, B], resolvedBy: 'given' },
      },
      { code: 'not-known', confidence: null },
    ],
    [
      'a tool that resolves by itself speaks for all known addresses',
      {
        saw: [both('pod'), ...[saw('pod', 'tcp', dropped)].map(({ address: _none, ...rest }) => rest)],
        rules: [...ONLY_DESTINATION_DENIED, denyB],
      },
      {
        code: 'denied-by-policy',
        confidence: 'confirmed',
        policies: [DENY_ALL],
        explains: ['From the pod, the destination: no answer to the SYN within 3000 ms.'],
      },
    ],
    [
      'tried twice and connected once is connected',
      { saw: [...fails('pod', dropped), saw('pod', 'tcp', connected)] },
      { code: 'reachable', confidence: 'confirmed' },
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

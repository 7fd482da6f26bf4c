import { describe } from 'vitest';
import {
  A,
  answers,
  DENY_ALL,
  dropped,
  fails,
  flow,
  noRoute,
  reaches,
  rules,
  saw,
  V6,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const ONLY_DESTINATION_DENIED = rules({ destination: 'deny' });

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

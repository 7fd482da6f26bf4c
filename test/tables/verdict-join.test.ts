/** From one address to the whole destination: what each vantage and the rules say, and what follows from both. */
import { describe, expect, test } from 'vitest';
import type { AddressRow } from '../../src/diagnose/comparison.ts';
import { concludeAddress } from '../../src/diagnose/conclude-address.ts';
import { concludeDestination } from '../../src/diagnose/conclude-destination.ts';
import { type Reach, reachOf } from '../../src/diagnose/reach.ts';
import { concludeVerdict } from '../../src/diagnose/verdict.ts';
import type { FlowPrediction, Observation, Outcome } from '../../src/model.ts';
import {
  A,
  answers,
  B,
  connected,
  dropped,
  facts,
  flow,
  type Given,
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

type Decision = AddressRow['expected']['decision'];
const seen = (outcome: Outcome, layer: 'tcp' | 'tls' = 'tcp', more: Partial<Observation> = {}): Reach =>
  reachOf([saw('pod', layer, outcome, more)], false);
const UNSEEN = reachOf([], false);
const OPEN = seen(connected);
const DROP = seen(dropped);
const RST = seen(refused);
const ICMP = seen(prohibited);
const TLS = seen(tlsFails('expired'), 'tls');
const QUIET = seen(silent('tcp'), 'tcp', { protocol: 'UDP' });
const SIDECAR = reachOf([saw('pod', 'tcp', connected)], true);

/** What follows for one address; what is not given was not looked at. */
function answer(decision: Decision, given: Partial<Pick<AddressRow, 'pod' | 'node' | 'control'>>): string {
  const expected = { decision, deniedBy: [], unknowns: [], flows: [], assumptions: [] };
  const row = { address: A, pod: UNSEEN, node: UNSEEN, control: UNSEEN, outside: UNSEEN, ...given, expected };
  const { code, confidence } = concludeAddress(row as unknown as AddressRow);
  return `${code} ${confidence}`;
}

describe('one address', () => {
  test.each<readonly [rule: string, decision: Decision, given: Parameters<typeof answer>[1], wanted: string]>([
    ['denied and silent', 'deny', { pod: DROP }, 'denied-by-policy confirmed'],
    [
      'denied, and a RST that the node gets too is the host’s',
      'deny',
      { pod: RST, node: RST },
      'refused-by-host observed',
    ],
    [
      'denied, and an ICMP error that the node gets too is from beyond',
      'deny',
      { pod: ICMP, node: ICMP },
      'blocked-beyond-node observed',
    ],
    [
      'denied, and a local error for both is no answer',
      'deny',
      { pod: seen({ kind: 'local-error', errno: 'EPERM' }), node: seen({ kind: 'local-error', errno: 'EPERM' }) },
      'denied-by-policy observed',
    ],
    ['denied, and a RST where the node hears nothing', 'deny', { pod: RST, node: DROP }, 'denied-by-policy observed'],
    ['denied, and a RST where the node gets through', 'deny', { pod: RST, node: OPEN }, 'denied-by-policy confirmed'],
    ['denied, and a RST that the node does not get', 'deny', { pod: RST }, 'denied-by-policy observed'],
    [
      'denied, and what the sidecar says is confirmed by nothing else',
      'deny',
      { pod: SIDECAR },
      'denied-by-policy confirmed',
    ],
    [
      'allowed and dropped, and the node gets through',
      'allow',
      { pod: DROP, node: OPEN },
      'dropped-unexplained observed',
    ],
    ['a sidecar ends what fails in TLS for the node too', 'allow', { pod: SIDECAR, node: TLS }, 'tls-failed observed'],
    ['a drop is none of TLS', 'allow', { pod: DROP, node: TLS }, 'dropped-unexplained observed'],
    [
      'a sidecar ends what the node gets through',
      'allow',
      { pod: SIDECAR, node: OPEN },
      'dropped-unexplained observed',
    ],
    [
      'the host refuses the node, and the sidecar hides it',
      'allow',
      { pod: SIDECAR, node: RST },
      'refused-by-host confirmed',
    ],
    [
      'the host refuses the node, and the pod’s packets are lost',
      'allow',
      { pod: DROP, node: RST },
      'dropped-unexplained observed',
    ],
    ['dropped for both', 'allow', { pod: DROP, node: DROP }, 'blocked-beyond-node confirmed'],
    ['dropped for both under unknown rules', 'unknown', { pod: DROP, node: DROP }, 'blocked-beyond-node observed'],
    ['dropped for the pod, and nobody else looked', 'allow', { pod: DROP }, 'dropped-unexplained observed'],
    ['under unknown rules that is not known', 'unknown', { pod: DROP }, 'not-known null'],
    ['the control pod fails too', 'unknown', { pod: DROP, control: DROP }, 'dropped-unexplained observed'],
    ['a RST under unknown rules', 'unknown', { pod: RST }, 'not-known null'],
    ['a RST for the control pod too', 'unknown', { pod: RST, control: RST }, 'refused-by-host observed'],
    ['UDP: denied and silent', 'deny', { pod: QUIET }, 'denied-by-policy predicted'],
    ['UDP: denied, and others hear something', 'deny', { pod: QUIET, control: OPEN }, 'denied-by-policy confirmed'],
    ['UDP: denied for some of its ways', 'mixed', { pod: QUIET }, 'partly-denied predicted'],
    ['UDP: allowed and silent', 'allow', { pod: QUIET }, 'reachable predicted'],
    ['UDP: allowed, and others hear something', 'allow', { pod: QUIET, node: OPEN }, 'dropped-unexplained observed'],
    ['UDP: unknown', 'unknown', { pod: QUIET }, 'not-known null'],
    [
      'UDP: unknown, and others hear something',
      'not-judged',
      { pod: QUIET, node: OPEN },
      'dropped-unexplained observed',
    ],
    ['unseen: denied', 'deny', {}, 'denied-by-policy predicted'],
    ['unseen: denied for some of its ways', 'mixed', {}, 'partly-denied predicted'],
    ['unseen: allowed', 'allow', {}, 'reachable predicted'],
    ['unseen: allowed, and TLS fails for the node', 'allow', { node: TLS }, 'tls-failed predicted'],
    ['unseen: allowed, and the node is refused', 'allow', { node: RST }, 'refused-by-host predicted'],
    ['unseen: allowed, and the node is dropped', 'allow', { node: DROP }, 'blocked-beyond-node predicted'],
    ['unseen: not judged', 'not-judged', { node: OPEN }, 'not-known null'],
  ])('%s', (_, decision, given, wanted) => {
    expect(answer(decision, given)).toBe(wanted);
  });
});

describe('the destination of several addresses', () => {
  const both = saw('pod', 'dns', answers(A, B));
  const at = (outcome: Outcome, address = B) => saw('pod', 'tcp', outcome, { address });
  const judged = (decision: FlowPrediction['decision'], address = B) => flow('destination', decision, { address });
  const join = (...flows: readonly FlowPrediction[]) => [...flows, ...rules('allow').slice(1)];
  const of = (given: Given) => {
    const { code, confidence, addresses } = concludeDestination(facts(given));
    return `${code} ${confidence} ${addresses.length}`;
  };
  test.each<readonly [rule: string, given: Given, wanted: string]>([
    [
      'one is fine and one is denied',
      { saw: [both, ...reaches('pod'), at(dropped)], rules: join(judged('allow', A), judged('deny')) },
      'partly-denied confirmed 2',
    ],
    [
      'one is fine and one is denied though it answers',
      { saw: [both, ...reaches('pod'), ...reaches('pod', B)], rules: join(judged('allow', A), judged('deny')) },
      'policy-not-enforced observed 2',
    ],
    [
      'one is fine and one is dropped',
      { saw: [both, ...reaches('pod'), at(dropped)], rules: join(judged('allow', A), judged('allow')) },
      'partly-reachable observed 2',
    ],
    [
      'one is fine and of the other nothing is known',
      { saw: [both, ...reaches('pod')], rules: join(judged('allow', A), judged('unknown')) },
      'reachable confirmed 2',
    ],
    [
      'one is fine by the rules alone',
      { saw: [both], rules: join(judged('allow', A), judged('unknown')) },
      'not-known null 2',
    ],
    [
      'one is fine and one fails under unknown rules',
      { saw: [both, ...reaches('pod'), at(dropped)], rules: join(judged('allow', A), judged('unknown')) },
      'partly-reachable confirmed 2',
    ],
    [
      'both are refused',
      { saw: [both, at(refused, A), at(refused)], rules: join(judged('allow', A), judged('allow')) },
      'refused-by-host confirmed 2',
    ],
    [
      'one is refused and one is dropped: the nearer to the pod',
      { saw: [both, at(refused, A), at(dropped)], rules: join(judged('allow', A), judged('allow')) },
      'dropped-unexplained observed 2',
    ],
    [
      'one of the other family does not count',
      {
        saw: [saw('pod', 'dns', answers(A, V6)), ...reaches('pod')],
        rules: join(judged('allow', A), judged('allow', V6)),
      },
      'reachable confirmed 1',
    ],
    [
      'none of the pod’s family, and nobody tried',
      { saw: [saw('pod', 'dns', answers(V6))], rules: join(judged('allow', V6)) },
      'no-common-address-family predicted 1',
    ],
    [
      'none of the pod’s family, and it fails',
      { saw: [saw('pod', 'dns', answers(V6)), at({ kind: 'no-route' }, V6)], rules: join(judged('allow', V6)) },
      'no-common-address-family confirmed 1',
    ],
    [
      'none of the pod’s family, and it answers all the same',
      { saw: [saw('pod', 'dns', answers(V6)), ...reaches('pod', V6)], rules: join(judged('allow', V6)) },
      'reachable confirmed 1',
    ],
    [
      'the pod’s own addresses are not known',
      { saw: [saw('pod', 'dns', answers(V6))], rules: join(judged('allow', V6)), target: { addresses: [] } },
      'reachable predicted 1',
    ],
  ])('%s', (_, given, wanted) => {
    expect(of(given)).toBe(wanted);
  });

  const said = (given: Given) => concludeVerdict(facts(given)).cause.summary;
  test('its sentence says what was seen where', () => {
    const TWO = {
      saw: [both, at(dropped, A), at(refused), saw('node', 'tcp', dropped)],
      rules: join(judged('allow', A), judged('allow')),
    };
    expect(
      said({ ...TWO, saw: [both, ...reaches('pod'), at(dropped), saw('node', 'tcp', dropped, { address: B })] }),
    ).toContain(
      `fails at others: ${B} from the pod: no answer to the SYN within 3000 ms, from the node: no answer to the SYN within 3000 ms`,
    );
    expect(
      said({
        saw: [
          both,
          ...reaches('pod').slice(0, 1),
          ...reaches('pod', B).slice(0, 1),
          saw('pod', 'tls', tlsFails('expired')),
          saw('pod', 'tls', tlsFails('expired'), { address: B }),
        ],
        rules: TWO.rules,
      }),
    ).toMatch(/fails: expired\.$/);
    expect(said({ rules: [...rules({ destination: 'unknown' })] })).toContain(
      'nothing was seen from the pod, and what the rules say is not known: CiliumNetworkPolicy payments/l7 is not evaluated',
    );
    expect(said({ rules: [...rules({ destination: 'unknown' })], saw: [both, at(dropped, A)] })).toContain(
      `the pod fails (${A} from the pod: no answer to the SYN within 3000 ms)`,
    );
    expect(said({ rules: rules('allow').slice(1), saw: [saw('pod', 'dns', answers(A))] })).toContain(
      'the rules could not be judged',
    );
    expect(said({ saw: [saw('pod', 'dns', answers(V6))], rules: join(judged('allow', V6)) })).toContain(
      `no route to: ${V6} (the pod's own: 10.0.0.7)`,
    );
  });
  test('TLS that fails for the node alone is told where the pod was not looked from', () => {
    expect(said({ saw: [saw('node', 'tls', tlsFails('expired'))] })).toMatch(/fails: expired\.$/);
  });
  test('a status that turns the caller away stays the host’s', () => {
    expect(concludeVerdict(facts({ saw: [...works('pod').slice(0, 4), saw('pod', 'http', status(403))] })).code).toBe(
      'reachable',
    );
  });
});

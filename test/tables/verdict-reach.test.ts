/** What one outcome of a probe means: how far a connection got, and what a lookup says. */
import { describe, expect, test } from 'vitest';
import { describeLookup, isInHostsFile, lookupFrom, lookupOver } from '../../src/diagnose/lookup.ts';
import { describeReach, isFailing, type Reach, reachOf } from '../../src/diagnose/reach.ts';
import { answersFor, resolveHost } from '../../src/diagnose/resolved-host.ts';
import type { Layer, Observation, Outcome } from '../../src/model.ts';
import type { ClusterState } from '../../src/policy/model.ts';
import {
  A,
  answers,
  B,
  connected,
  dnsSilent,
  dropped,
  facts,
  HOST,
  noRecords,
  noRoute,
  notRun,
  nxdomain,
  prohibited,
  refused,
  saw,
  servfail,
  silent,
  status,
  tlsFails,
} from './verdict-builders.ts';

const at = (layer: Layer, outcome: Outcome, more: Partial<Observation> = {}) => saw('pod', layer, outcome, more);
const tcp = (outcome: Outcome) => at('tcp', outcome);
const tls = (outcome: Outcome) => at('tls', outcome);
const http = (outcome: Outcome) => at('http', outcome);
const RESET: Outcome = { kind: 'reset' };
const EPERM: Outcome = { kind: 'local-error', errno: 'EPERM' };

type Seen = readonly Observation[];

describe('how far a connection got', () => {
  test.each<readonly [rule: string, seen: Seen, wanted: Partial<Reach>, text: string]>([
    ['nothing was tried', [], { kind: 'not-looked' }, 'not looked at: no probe of this address ran'],
    ['no tool was there', [tcp(notRun)], { kind: 'not-looked' }, 'not looked at: no tool'],
    [
      'the outermost layer that ran decides',
      [tcp(connected), tls(connected), http(status(200))],
      { kind: 'connected', layer: 'http' },
      'answers with status 200',
    ],
    [
      'a layer that did not run says nothing',
      [tcp(connected), tls(notRun), http(notRun)],
      { kind: 'connected', layer: 'tcp' },
      'connects',
    ],
    ['one of two tries got through', [tcp(dropped), tcp(connected)], { kind: 'connected', layer: 'tcp' }, 'connects'],
    ['a drop', [tcp(dropped)], { kind: 'blocked', how: 'dropped' }, 'no answer to the SYN within 3000 ms'],
    [
      'a tool that says silence of the connect means a drop',
      [tcp(silent('tcp'))],
      { kind: 'blocked', how: 'dropped' },
      'no answer to the SYN within 3000 ms',
    ],
    [
      'silence behind the connect',
      [tcp(silent('http'))],
      { kind: 'connected', after: 'silence', waitedMs: 3000 },
      'accepts, then is silent for 3000 ms',
    ],
    [
      'silence of the TLS hello',
      [tcp(connected), tls(silent('tls'))],
      { kind: 'connected', layer: 'tls', after: 'silence' },
      'accepts, then is silent for 3000 ms',
    ],
    [
      'silence of TLS, where it waited for the connect',
      [tls(silent('tcp'))],
      { kind: 'connected', layer: 'tls', after: 'silence' },
      'accepts, then is silent for 3000 ms',
    ],
    [
      'silence of a second connect, where a first one got through',
      [tcp(silent('tcp')), tcp(connected)],
      { kind: 'connected', after: 'silence' },
      'accepts, then is silent for 3000 ms',
    ],
    [
      'silence over UDP',
      [at('tcp', silent('tcp'), { protocol: 'UDP' })],
      { kind: 'inconclusive', by: 'udp-silence' },
      'no answer over UDP within 3000 ms, which says nothing',
    ],
    ['a RST', [tcp(refused)], { kind: 'blocked', how: 'refused' }, 'refused (RST)'],
    [
      'an ICMP error',
      [tcp(prohibited)],
      { kind: 'blocked', how: 'unreachable' },
      'an ICMP error answered (EHOSTUNREACH, code 13)',
    ],
    [
      'an ICMP error of which the code is not known',
      [tcp({ kind: 'unreachable', errno: 'EHOSTUNREACH', codes: [] })],
      { kind: 'blocked' },
      'an ICMP error answered (EHOSTUNREACH)',
    ],
    ['no route', [tcp(noRoute)], { kind: 'blocked', how: 'no-route' }, 'no route'],
    ['a local error', [tcp(EPERM)], { kind: 'blocked', how: 'local-error' }, 'local error EPERM'],
    [
      'a reset after the connect',
      [tcp(connected), http(RESET)],
      { kind: 'connected', after: 'reset' },
      'accepts, then resets',
    ],
    [
      'a reset in the TLS hello',
      [tcp(connected), tls(RESET)],
      { kind: 'tls-failed', why: 'reset' },
      'TLS fails (reset)',
    ],
    [
      'a bad certificate',
      [tcp(connected), tls(tlsFails('expired'))],
      { kind: 'tls-failed', why: 'expired' },
      'TLS fails (expired)',
    ],
    [
      'a name that was not resolved',
      [tcp(nxdomain)],
      { kind: 'not-looked' },
      'not looked at: the name was not resolved',
    ],
    [
      'a second connect is dropped after the first got through: the way is open',
      [tcp(connected), tls(dropped)],
      { kind: 'connected', layer: 'tcp', after: 'silence', waitedMs: 3000 },
      'accepts, then is silent for 3000 ms',
    ],
    [
      'a second connect is refused after the first got through',
      [tcp(connected), tls(refused)],
      { kind: 'connected', after: 'silence', waitedMs: 0 },
      'accepts, then is silent for 0 ms',
    ],
    [
      'a connect of another layer is refused, and no first one got through',
      [tcp(notRun), tls(refused)],
      { kind: 'blocked', how: 'refused' },
      'refused (RST)',
    ],
  ])('%s', (_, seen, wanted, text) => {
    const reach = reachOf(seen, false);
    expect(reach).toMatchObject(wanted);
    expect(describeReach(reach)).toBe(text);
    expect(isFailing(reach)).toBe(wanted.kind === 'blocked' || wanted.kind === 'tls-failed');
  });

  test.each<readonly [rule: string, seen: Seen, wanted: Partial<Reach>, text: string]>([
    [
      'an accepted connect is the sidecar’s',
      [tcp(connected)],
      { kind: 'inconclusive', by: 'sidecar' },
      'the sidecar accepted the connection, and nothing answered behind it',
    ],
    ['a finished TLS handshake is the host’s', [tcp(connected), tls(connected)], { kind: 'connected' }, 'connects'],
    [
      'also where HTTP is silent after it',
      [tcp(connected), tls(connected), http(silent('http'))],
      { kind: 'connected', after: 'silence' },
      'accepts, then is silent for 3000 ms',
    ],
    ['a status of the host', [http(status(404))], { kind: 'connected', status: 404 }, 'answers with status 404'],
    [
      'a status that the sidecar gives by itself',
      [http(status(503))],
      { kind: 'inconclusive', by: 'sidecar' },
      'status 503, which the sidecar gives when it cannot reach the host',
    ],
    [
      'the same status behind TLS is the host’s',
      [tls(connected), http(status(503))],
      { kind: 'connected', status: 503 },
      'answers with status 503',
    ],
    [
      'a hello that is reset',
      [tls(RESET)],
      { kind: 'inconclusive', by: 'sidecar' },
      'the sidecar ended the connection in the TLS hello (reset)',
    ],
    [
      'a hello that is closed',
      [tls(tlsFails('closed'))],
      { kind: 'inconclusive', by: 'sidecar' },
      'the sidecar ended the connection in the TLS hello (closed)',
    ],
    ['a bad certificate is the host’s', [tls(tlsFails('expired'))], { kind: 'tls-failed' }, 'TLS fails (expired)'],
    ['a drop stays one', [tcp(dropped)], { kind: 'blocked' }, 'no answer to the SYN within 3000 ms'],
  ])('with a sidecar: %s', (_, seen, wanted, text) => {
    const reach = reachOf(seen, true);
    expect(reach).toMatchObject(wanted);
    expect(describeReach(reach)).toBe(text);
    expect(isFailing(reach)).toBe(reach.kind !== 'connected');
  });

  test('silence of UDP is no failure', () => {
    expect(isFailing(reachOf([at('tcp', silent('tcp'), { protocol: 'UDP' })], false))).toBe(false);
    expect(isFailing(reachOf([], false))).toBe(false);
  });
});

describe('what a lookup says', () => {
  const dns = (outcome: Outcome, more: Partial<Observation> = {}) => saw('pod', 'dns', outcome, more);
  const lookup = (...seen: Seen) => lookupFrom(facts({ saw: seen }), 'pod', HOST);
  test.each<readonly [rule: string, outcome: Outcome, kind: string, text: string]>([
    ['an answer', answers(A, B), 'answered', `resolves to ${A}, ${B}`],
    ['NOERROR without addresses', answers(), 'empty', 'exists and has no address records'],
    ['no records', noRecords, 'empty', 'exists and has no address records'],
    ['NXDOMAIN', nxdomain, 'negative', 'gets NXDOMAIN'],
    ['silence', dnsSilent, 'unanswered', 'gets no answer within 3000 ms'],
    ['silence over TCP', dropped, 'unanswered', 'gets no answer within 3000 ms'],
    ['silence of a tool that waits for datagrams', silent('dns'), 'unanswered', 'gets no answer within 3000 ms'],
    ['a RST', refused, 'unanswered', 'is refused by the nameserver (no DNS answer)'],
    ['an ICMP error', prohibited, 'unanswered', 'meets an ICMP error (EHOSTUNREACH)'],
    ['no route', noRoute, 'unanswered', 'finds no route to the nameserver'],
    ['a local error', EPERM, 'unanswered', 'fails with EPERM'],
    ['a reset', RESET, 'unanswered', 'is reset'],
    ['a bare connect tells nothing of the name', connected, 'not-looked', 'was not asked: only a connection was tried'],
    ['a status tells nothing of the name', status(200), 'not-looked', 'was not asked: only a connection was tried'],
    ['TLS tells nothing of the name', tlsFails('expired'), 'not-looked', 'was not asked: only a connection was tried'],
    ['no tool', notRun, 'not-looked', 'was not asked: no tool'],
  ])('%s', (_, outcome, kind, text) => {
    const found = lookup(dns(outcome));
    expect(found.kind).toBe(kind);
    expect(describeLookup(found)).toBe(text);
  });
  test.each<readonly [rule: string, seen: Seen, text: string]>([
    ['nothing ran', [], 'was not asked: no lookup ran'],
    ['an answer counts before a no', [dns(nxdomain), dns(answers(A))], `resolves to ${A}`],
    ['a no counts before silence', [dns(dnsSilent), dns(servfail)], 'gets SERVFAIL'],
    [
      'UDP counts, whatever TCP says',
      [dns(answers(A), { protocol: 'TCP' }), dns(dnsSilent)],
      'gets no answer within 3000 ms',
    ],
    ['TCP counts where UDP was not asked', [dns(answers(A), { protocol: 'TCP' }), dns(notRun)], `resolves to ${A}`],
    ['case and a dot at the end are no difference', [dns(answers(A), { name: 'API.Stripe.com.' })], `resolves to ${A}`],
    ['a dot within is one', [dns(answers(A), { name: 'apistripe.com' })], 'was not asked: no lookup ran'],
    ['another name tells nothing', [dns(answers(A), { name: 'example.com' })], 'was not asked: no lookup ran'],
    ['that of a sibling tells nothing', [dns(answers(A), { sibling: 'billing-2' })], 'was not asked: no lookup ran'],
    ['that of another vantage tells nothing', [saw('node', 'dns', answers(A))], 'was not asked: no lookup ran'],
  ])('%s', (_, seen, text) => {
    expect(describeLookup(lookup(...seen))).toBe(text);
  });
  test('one that names no name is of the question’s own', () => {
    const { name: _, ...nameless } = dns(answers(A));
    const given = facts({ saw: [nameless] });
    expect(lookupOver(given, 'pod', HOST, 'UDP').kind).toBe('answered');
    expect(lookupOver(given, 'pod', 'proxy.example', 'UDP').kind).toBe('not-looked');
  });
  test('/etc/hosts of the pod may have the name', () => {
    expect(isInHostsFile(facts({ saw: [dns(answers(A), { address: '/etc/hosts' })] }), HOST)).toBe(true);
    expect(isInHostsFile(facts({ saw: [dns(answers(A))] }), HOST)).toBe(false);
    expect(isInHostsFile(facts({ saw: [saw('node', 'dns', answers(A), { address: '/etc/hosts' })] }), HOST)).toBe(
      false,
    );
  });
});

describe('what the host is', () => {
  const service = (externalName: string | null) => ({ clusterAddresses: ['10.96.0.80'], externalName });
  const cluster = {
    services: new Map([
      ['shop/web', service(null)],
      ['payments/own', service(null)],
      ['payments/away', service('a.example')],
    ]),
  } as unknown as ClusterState;
  const { target, question } = facts();
  const hostOf = (name: string, seen: Seen = []) => {
    const destination = { ...question.destination, host: { kind: 'name', name } as const };
    return resolveHost({ ...question, destination }, target, cluster, seen);
  };
  const WEB = { kind: 'service', service: 'shop/web', addresses: ['10.96.0.80'] };
  const outside = (name: string) => ({ kind: 'name', name, addresses: [], resolvedBy: 'none' });
  test.each<readonly [name: string, wanted: object]>([
    ['own', { kind: 'service', service: 'payments/own', addresses: ['10.96.0.80'] }],
    ['web.shop', WEB],
    ['web.shop.svc', WEB],
    ['web.shop.svc.cluster.local', WEB],
    ['web.shop.example.com', outside('web.shop.example.com')],
    ['web', outside('web')],
    ['away', outside('away')],
    ['api.stripe.com', outside('api.stripe.com')],
  ])('%s', (name, wanted) => {
    expect(hostOf(name)).toEqual(wanted);
  });
  test('an address is itself', () => {
    const destination = { ...question.destination, host: { kind: 'address', address: A, family: 'IPv4' } as const };
    expect(resolveHost({ ...question, destination }, target, cluster, [])).toEqual({ kind: 'address', address: A });
  });
  test.each<readonly [rule: string, seen: Seen, wanted: object]>([
    [
      'the pod’s own answers come first',
      [saw('control', 'dns', answers(B)), saw('pod', 'dns', answers(A))],
      { addresses: [A], resolvedBy: 'pod' },
    ],
    [
      'the control pod’s stand in',
      [saw('node', 'dns', answers(B)), saw('control', 'dns', answers(A))],
      { addresses: [A], resolvedBy: 'control' },
    ],
    [
      'each address once',
      [saw('pod', 'dns', answers(A, B)), saw('pod', 'dns', answers(A), { protocol: 'TCP' })],
      { addresses: [A, B], resolvedBy: 'pod' },
    ],
    [
      'an empty answer is none',
      [saw('pod', 'dns', answers()), saw('node', 'dns', answers(A))],
      { addresses: [A], resolvedBy: 'node' },
    ],
    ['a sibling’s is none', [saw('pod', 'dns', answers(A), { sibling: 'b' })], { addresses: [], resolvedBy: 'none' }],
    [
      'that of another name is none',
      [saw('pod', 'dns', answers(A), { name: 'x' })],
      { addresses: [], resolvedBy: 'none' },
    ],
  ])('its addresses: %s', (_, seen, wanted) => {
    expect(hostOf(HOST, seen)).toMatchObject(wanted);
    expect(answersFor(HOST, seen)).toMatchObject(wanted);
  });
});

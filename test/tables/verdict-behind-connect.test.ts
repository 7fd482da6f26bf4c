import { describe } from 'vitest';
import { connected, dropped, fails, notRun, saw, silent, status, tlsFails, works } from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

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
      'a second connection that is dropped after the first was accepted is the host falling silent',
      { saw: [...fails('pod', connected), saw('pod', 'tls', dropped)] },
      { code: 'reachable', confidence: 'confirmed', findings: ['no-answer'] },
    ],
    [
      'layers that no tool could try take nothing away',
      { saw: [...fails('pod', connected), saw('pod', 'tls', notRun), saw('pod', 'http', notRun)] },
      { code: 'reachable', confidence: 'confirmed' },
    ],
  ]);
});

import { describe } from 'vitest';
import { connected, DENY_ALL, refused, rules, saw, silent } from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

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

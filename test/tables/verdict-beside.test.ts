import { describe } from 'vitest';
import {
  connected,
  DENY_ALL,
  dropped,
  fails,
  HOST,
  OLD,
  rules,
  saw,
  status,
  tlsFails,
  works,
} from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const POD_DROPPED = 'From the pod, 203.0.113.43: no answer to the SYN within 3000 ms.';
const ONLY_DESTINATION_DENIED = rules({ destination: 'deny' });

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
      'a rule by name whose lookup is denied: still the rule by name that nothing feeds',
      {
        saw: [saw('pod', 'dns', { kind: 'resolver-timeout', waitedMs: 3000 }), ...works('node')],
        rules: rules({ destination: 'deny', dns: 'deny' }),
        unlearned,
      },
      { code: 'fqdn-not-learned', confidence: 'confirmed', policies: ['NetworkPolicy payments/deny-all-egress'] },
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

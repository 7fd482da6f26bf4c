import { describe } from 'vitest';
import { dropped, fails, flow, refused, rules, works } from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const NODE_AND_CONTROL = [...works('control'), ...works('node')];
const CONTRAST =
  'The control pod and the node get through to the same addresses, so the host and the network beyond the node work.';
const POD_DROPPED = 'From the pod, 203.0.113.43: no answer to the SYN within 3000 ms.';

describe('prediction unknown', () => {
  const unknown = rules({ destination: 'unknown' });
  verdictTable([
    [
      'unknown and connected is reachable, as observed',
      { saw: works('pod'), rules: unknown },
      { code: 'reachable', confidence: 'observed', findings: ['other'], says: ['CiliumNetworkPolicy payments/l7'] },
    ],
    [
      'unknown and nothing seen is not known',
      { rules: unknown },
      { code: 'not-known', confidence: null, explains: [], scope: 'not checked' },
    ],
    [
      'unknown, and the node alone was seen to fail, is not known',
      { saw: fails('node', dropped), rules: unknown },
      { code: 'not-known', confidence: null },
    ],
    [
      'unknown and dropped from the pod alone: lost there, and the unread rule is named',
      { saw: [...fails('pod', dropped), ...NODE_AND_CONTROL], rules: unknown },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['other'],
        says: ['CiliumNetworkPolicy payments/l7'],
        explains: [POD_DROPPED, CONTRAST],
      },
    ],
    [
      'unknown and dropped while nobody else looked is not known',
      { saw: fails('pod', dropped), rules: unknown },
      { code: 'not-known', confidence: null },
    ],
    [
      'unknown and dropped from the node too is blocked beyond the node',
      { saw: [...fails('pod', dropped), ...fails('node', dropped)], rules: unknown },
      { code: 'blocked-beyond-node', confidence: 'observed', findings: ['other'] },
    ],
    [
      'unknown and refused from the node too is the host refusing',
      { saw: [...fails('pod', refused), ...fails('node', refused)], rules: unknown },
      { code: 'refused-by-host', confidence: 'observed', findings: ['other'] },
    ],
    [
      'unknown and refused while nobody else looked is not known: engines reject with a RST',
      { saw: fails('pod', refused), rules: unknown },
      { code: 'not-known', confidence: null },
    ],
    [
      'an allow with something unread in it is no allow',
      { rules: [flow('destination', 'allow', { unknowns: ['AdminNetworkPolicy x'] }), ...rules('allow').slice(1)] },
      { code: 'not-known', confidence: null },
    ],
    ['nothing judged and nothing seen is not known', { rules: [] }, { code: 'not-known', confidence: null }],
    [
      'a control whose own rules are unknown proves nothing by failing',
      {
        saw: [...fails('pod', dropped), ...fails('control', dropped)],
        rules: rules({ destination: 'unknown', control: 'unknown' }),
      },
      { code: 'not-known', confidence: null },
    ],
    [
      'a control whose own rules are unknown proves the way by connecting',
      {
        saw: [...fails('pod', dropped), ...works('control')],
        rules: rules({ destination: 'unknown', control: 'unknown' }),
      },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['other'] },
    ],
  ]);
});

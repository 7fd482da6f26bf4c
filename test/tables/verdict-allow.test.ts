import { describe } from 'vitest';
import { cutOff, dropped, fails, prohibited, reaches, refused, saw, works } from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

const NODE_AND_CONTROL = [...works('control'), ...works('node')];
const CONTRAST =
  'The control pod and the node get through to the same addresses, so the host and the network beyond the node work.';
const POD_DROPPED = 'From the pod, 203.0.113.43: no answer to the SYN within 3000 ms.';
const LOOKUP_DROPPED = 'From the pod, the lookup of api.stripe.com over UDP gets no answer within 3000 ms.';

describe('predicted allow', () => {
  verdictTable([
    [
      'allowed and connected is reachable',
      { saw: [...works('pod'), ...NODE_AND_CONTROL] },
      {
        code: 'reachable',
        confidence: 'confirmed',
        explains: [],
        scope: 'nothing',
        summary: 'api.stripe.com:443 answers payments/billing-pod.',
      },
    ],
    ['allowed and no probe ran is reachable by prediction alone', {}, { code: 'reachable', confidence: 'predicted' }],
    [
      'allowed and dropped from the pod alone is a drop that no rule explains',
      { saw: [...fails('pod', dropped), ...NODE_AND_CONTROL] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        explains: [POD_DROPPED, CONTRAST],
        findings: ['observed-differs-from-predicted'],
        scope: 'external only',
        says: ['the rules allow 203.0.113.43; observed: no answer'],
      },
    ],
    [
      'a drop that no rule explains accounts for the silent lookup too',
      { saw: [...cutOff('pod'), ...NODE_AND_CONTROL] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        scope: 'everything',
        explains: [LOOKUP_DROPPED, 'From the pod, kubernetes.default cannot be reached either.', POD_DROPPED, CONTRAST],
        findings: [
          'observed-differs-from-predicted',
          'observed-differs-from-predicted',
          'observed-differs-from-predicted',
        ],
      },
    ],
    [
      'allowed, and dropped from pod, control and node alike is blocked beyond the node',
      { saw: [...fails('pod', dropped), ...fails('control', dropped), ...fails('node', dropped)] },
      {
        code: 'blocked-beyond-node',
        confidence: 'confirmed',
        scope: 'external only',
        explains: [
          POD_DROPPED,
          'From the control pod, 203.0.113.43: no answer to the SYN within 3000 ms.',
          'From the node, 203.0.113.43: no answer to the SYN within 3000 ms.',
        ],
        summary:
          'api.stripe.com:443 is cut off beyond the node: 203.0.113.43 from the pod: no answer to the SYN within 3000 ms, from the control: no answer to the SYN within 3000 ms, from the node: no answer to the SYN within 3000 ms.',
      },
    ],
    [
      'an ICMP prohibition from pod and node is blocked beyond the node',
      { saw: [...fails('pod', prohibited), ...fails('node', prohibited)] },
      { code: 'blocked-beyond-node', confidence: 'confirmed' },
    ],
    [
      'an ICMP prohibition from the pod alone is a drop that no rule explains',
      { saw: [...fails('pod', prohibited), ...works('node')] },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'beyond the node, a host that answers elsewhere is up',
      { saw: [...fails('pod', dropped), ...fails('node', dropped), ...reaches('outside')] },
      {
        code: 'blocked-beyond-node',
        confidence: 'confirmed',
        explains: [
          POD_DROPPED,
          'From the node, 203.0.113.43: no answer to the SYN within 3000 ms.',
          'From elsewhere the host answers: the service is up, and the way from this cluster is not.',
        ],
      },
    ],
    [
      'beyond the node, a host that fails elsewhere too may be down',
      { saw: [...fails('pod', dropped), ...fails('node', dropped), saw('outside', 'tcp', dropped)] },
      {
        code: 'blocked-beyond-node',
        confidence: 'confirmed',
        findings: ['vantage-differs'],
        says: ['the host itself may be down'],
      },
    ],
    [
      'dropped from the pod while nobody else looked is not blamed on anything beyond the node',
      { saw: fails('pod', dropped) },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'dropped from both pods while the node connects is the pod network',
      { saw: [...fails('pod', dropped), ...fails('control', dropped), ...works('node')] },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'vantage-differs'],
        says: ['pods of this node as such are cut'],
      },
    ],
    [
      'a RST to pod and node is the host refusing',
      { saw: [...fails('pod', refused), ...fails('node', refused)] },
      {
        code: 'refused-by-host',
        confidence: 'confirmed',
        scope: 'this destination only',
        explains: ['From the pod, 203.0.113.43: refused (RST).', 'From the node, 203.0.113.43: refused (RST).'],
      },
    ],
    [
      'a RST to the pod, and nobody else looked, is the host refusing',
      { saw: fails('pod', refused) },
      { code: 'refused-by-host', confidence: 'confirmed' },
    ],
    [
      'a RST to the pod alone is not the host',
      { saw: [...fails('pod', refused), ...works('node')] },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'a drop for the pod where the node gets a RST is lost before the host',
      { saw: [...fails('pod', dropped), ...fails('node', refused)] },
      { code: 'dropped-unexplained', confidence: 'observed', findings: ['observed-differs-from-predicted'] },
    ],
    [
      'no probe from the pod, and the node is dropped: the pod waits for the same',
      { saw: fails('node', dropped) },
      { code: 'blocked-beyond-node', confidence: 'predicted' },
    ],
    [
      'no probe from the pod, and the node is refused: the pod waits for the same',
      { saw: fails('node', refused) },
      { code: 'refused-by-host', confidence: 'predicted' },
    ],
  ]);
});

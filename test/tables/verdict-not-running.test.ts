import { describe } from 'vitest';
import { rules } from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

describe('a pod that does not run', () => {
  const target = { state: { kind: 'not-running', reason: 'CrashLoopBackOff', message: 'back-off 5m' } } as const;
  verdictTable([
    [
      'it is the verdict, and the denial waits behind it',
      { target, rules: rules('deny') },
      {
        code: 'pod-not-running',
        confidence: 'observed',
        findings: ['still-fails-after-fix'],
        says: ['Once it runs: NetworkPolicy payments/deny-all-egress'],
        summary: 'payments/billing-pod is not running (CrashLoopBackOff: back-off 5m).',
      },
    ],
    [
      'it is the verdict, and the allowance is told beside it',
      { target },
      { code: 'pod-not-running', confidence: 'observed', findings: ['other'], says: ['Once it runs: the rules allow'] },
    ],
    [
      'it is the verdict, and what is not known is told beside it',
      { target, rules: rules('unknown') },
      { code: 'pod-not-running', confidence: 'observed', findings: ['other', 'other'] },
    ],
  ]);
});

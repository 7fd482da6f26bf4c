import { concluded, diagnosisOf, notLooked, podOf, type Story } from '../story.ts';

export const story: Story = {
  title: 'a pod that crash-loops',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'api.stripe.com',
      port: 443,
      addresses: ['203.0.113.43'],
    },
    {
      observations: [],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('pod-not-running', 'observed', {
        summary: 'billing-7c9d5b6f4-hx2lp does not run: CrashLoopBackOff',
        layer: null,
      }),
      noFixBecause: 'The pod has to run first.',
      target: {
        ...podOf('payments', 'billing-7c9d5b6f4-hx2lp', 'billing'),
        state: {
          kind: 'not-running',
          reason: 'CrashLoopBackOff',
          message: 'back-off 5m0s restarting failed container',
        },
      },
      vantages: [
        notLooked('pod', 'the pod does not run'),
        notLooked('control', 'the pod does not run'),
        notLooked('node', 'the pod does not run'),
      ],
    },
  ),
};

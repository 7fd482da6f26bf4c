import { concluded, connected, diagnosisOf, notRun, rcode, type Story, saw } from '../story.ts';

export const story: Story = {
  title: 'a name that nobody knows',
  diagnosis: diagnosisOf(
    {
      namespace: 'payments',
      pod: 'billing-7c9d5b6f4-hx2lp',
      app: 'billing',
      host: 'api.strype.example',
      port: 443,
      addresses: [],
    },
    {
      observations: [
        saw('pod', 'dns', null, rcode('api.strype.example', 'NXDOMAIN'), 7),
        saw('pod', 'cluster', '10.96.0.1:443', connected, 2),
        saw('pod', 'tcp', null, notRun('there is no address'), 0),
        saw('control', 'dns', null, rcode('api.strype.example', 'NXDOMAIN'), 6),
        saw('node', 'dns', null, rcode('api.strype.example', 'NXDOMAIN'), 5),
      ],
      prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
      verdict: concluded('name-not-resolved', 'confirmed', {
        summary: "api.strype.example does not resolve: NXDOMAIN; the control pod's lookup answers NXDOMAIN too",
        layer: 'dns',
      }),
      noFixBecause: 'No policy is the cause.',
    },
  ),
};

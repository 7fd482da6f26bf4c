import { describe } from 'vitest';
import { connected, DENY_ALL, fails, OLD, refused, rules, saw, status, tlsFails, works } from './verdict-builders.ts';
import { verdictTable } from './verdict-rows.ts';

describe('sidecars', () => {
  const mesh = { target: { sidecars: ['istio-proxy'] } };
  verdictTable([
    [
      'a connect that the sidecar accepts says nothing of the host',
      { ...mesh, saw: [...fails('pod', connected)], rules: rules({ destination: 'unknown' }) },
      { code: 'not-known', confidence: null, findings: ['sidecar', 'sidecar'] },
    ],
    [
      'with a sidecar, TLS is what counts as connected',
      { ...mesh, saw: works('pod') },
      { code: 'reachable', confidence: 'confirmed', findings: ['sidecar'] },
    ],
    [
      'denied, and the sidecar ends the hello: the denial is confirmed',
      {
        ...mesh,
        saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('reset')), ...works('node')],
        rules: rules({ destination: 'deny' }),
      },
      { code: 'denied-by-policy', confidence: 'confirmed', policies: [DENY_ALL], findings: ['sidecar', 'sidecar'] },
    ],
    [
      "status 503 before any TLS is the sidecar's own",
      {
        ...mesh,
        application: 'http',
        saw: [...fails('pod', connected), saw('pod', 'http', status(503)), ...works('node')],
      },
      {
        code: 'dropped-unexplained',
        confidence: 'observed',
        findings: ['observed-differs-from-predicted', 'sidecar', 'sidecar'],
      },
    ],
    [
      'a mesh rule denies',
      {
        ...mesh,
        saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('reset')), ...works('node')],
        rules: rules({ destination: 'deny', by: ['Sidecar payments/default'] }),
        culprit: () => ({ ...OLD, layer: 'mesh' }),
      },
      {
        code: 'denied-by-mesh',
        confidence: 'confirmed',
        policies: ['Sidecar payments/default'],
        findings: ['sidecar', 'sidecar'],
      },
    ],
    [
      'a host that refuses pod and node is refused through a sidecar too',
      { ...mesh, saw: [...fails('pod', connected), saw('pod', 'tls', tlsFails('closed')), ...fails('node', refused)] },
      { code: 'refused-by-host', confidence: 'confirmed', findings: ['sidecar', 'sidecar'] },
    ],
  ]);
});

/**
 * What a story is made of. Each folder beside this file is one: `story.ts` says what was asked, seen and concluded, the
 * goldens are what a person then reads. The builders' defaults are the runbook scenario: default/deny-all-egress.
 */
import type { Diagnosis, Observation, Outcome, PolicyTrace, Vantage, VantageReport } from '../../src/model.ts';

export type Story = {
  /** The story in one sentence. */
  readonly title: string;
  readonly diagnosis: Diagnosis;
};

type Changes = Partial<{ -readonly [Key in keyof Diagnosis]: Diagnosis[Key] }>;

/** One observation; `at` is `address:port`, or null for dns. */
export function saw(
  vantage: Vantage,
  layer: Observation['layer'],
  at: string | null,
  outcome: Outcome,
  ms: number,
): Observation {
  const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(at ?? '') ?? [];
  const where = address === undefined ? {} : { address, port: Number(port) };
  return { vantage, layer, via: 'direct', protocol: layer === 'dns' ? 'UDP' : 'TCP', outcome, ms, ...where };
}

export const connected: Outcome = { kind: 'connected', certificate: null };
export const dropped: Outcome = { kind: 'syn-dropped', waitedMs: 3000 };
export const silent: Outcome = { kind: 'resolver-timeout', waitedMs: 3000 };
export const notRun = (why: string): Outcome => ({ kind: 'not-run', why });
export const status = (code: number): Outcome => ({ kind: 'http-status', status: code });
export const answered = (asked: string, ...addresses: string[]): Outcome => ({
  kind: 'resolver-answered',
  rcode: 'NOERROR',
  asked,
  addresses,
});
export const rcode = (asked: string, code: string): Outcome => ({
  kind: 'resolver-answered',
  rcode: code,
  asked,
  addresses: [],
});

/** The three vantages of an ordinary run in the given pod. */
export function looked(pod: string): readonly VantageReport[] {
  const report = (vantage: Vantage, ranIn: string, startupMs: number): VantageReport => ({
    vantage,
    status: 'probed',
    method: vantage === 'pod' ? 'ephemeral-container' : null,
    ranIn,
    why: '',
    startupMs,
    tools: ['curl 8.5.0', 'dig 9.18.24', 'openssl 3.1.4'],
  });
  return [
    report('pod', `${pod}/egress-probe-7k2pd`, 910),
    report('control', 'egress/egress-control-7k2pd', 1240),
    report('node', 'egress/egress-node-7k2pd', 880),
  ];
}

/** A vantage that did not run. */
export function notLooked(vantage: Vantage, why: string): VantageReport {
  return { vantage, status: 'not-run', method: null, ranIn: null, why, startupMs: 0, tools: [] };
}

/** A policy's line in the trace. */
export function traced(policy: string, part: Partial<PolicyTrace>): PolicyTrace {
  return {
    policy,
    tier: 'network-policy',
    side: 'egress',
    selects: 'yes',
    why: 'podSelector app=firewall-test matches its labels',
    effect: 'none',
    decides: true,
    rules: [],
    ...part,
  };
}

/** The pod `namespace/name` on node lab-control-plane, with one label `app`. */
export function podOf(namespace: string, pod: string, app: string): Diagnosis['target'] {
  return {
    namespace,
    pod,
    uid: '4f1c5a52-3a0e-4a55-9d2c-7b9d3a9c1e11',
    labels: { app },
    namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
    node: 'lab-control-plane',
    owner: null,
    serviceAccount: 'default',
    hostNetwork: false,
    addresses: ['10.244.0.37'],
    state: { kind: 'running', ready: true },
    dns: {
      policy: 'ClusterFirst',
      config: null,
      resolvConf: { nameservers: ['10.96.0.10'], searches: [`${namespace}.svc.cluster.local`], ndots: 5 },
    },
    container: app,
    proxy: { kind: 'none' },
    sidecars: [],
    siblings: [],
  };
}

/** A question about `host:port` from `namespace/pod`, https on 443 and plain http on any other port. */
function asked(namespace: string, pod: string, host: string, port: number): Diagnosis['question'] {
  return {
    pod: { text: `${namespace}/${pod}`, namespace, by: { kind: 'pod', name: pod } },
    destination: {
      text: `${host}:${port}`,
      host: { kind: 'name', name: host },
      port,
      protocol: 'TCP',
      application: port === 443 ? 'https' : 'http',
      path: '/',
    },
    cluster: 'lab',
    vantages: ['pod', 'control', 'node'],
    podMethods: ['ephemeral-container', 'twin-pod', 'exec'],
    timeoutMs: 3000,
    siblings: 0,
  };
}

/** A whole diagnosis of `namespace/pod -> host:port` in which nothing was seen or concluded yet, changed by `changes`. */
export function diagnosisOf(
  ends: { namespace: string; pod: string; app: string; host: string; port: number; addresses: readonly string[] },
  changes: Changes,
): Diagnosis {
  const { namespace, pod, app, host, port, addresses } = ends;
  return {
    schema: 'egress/v1',
    question: asked(namespace, pod, host, port),
    target: podOf(namespace, pod, app),
    destination: {
      text: `${host}:${port}`,
      port,
      protocol: 'TCP',
      host: { kind: 'name', name: host, addresses, resolvedBy: addresses.length === 0 ? 'none' : 'pod' },
    },
    engine: { name: 'cilium', version: '1.15.6', evidence: 'image of DaemonSet kube-system/cilium' },
    vantages: looked(pod),
    observations: [],
    prediction: { decision: 'allow', by: [], why: 'no policy selects the pod for egress', trace: [], flows: [] },
    coverage: [
      { kind: 'NetworkPolicy.networking.k8s.io', status: 'evaluated', objects: 1 },
      { kind: 'CiliumNetworkPolicy.cilium.io', status: 'absent', objects: 0 },
    ],
    problems: [],
    verdict: {
      code: 'not-known',
      confidence: null,
      cause: { summary: 'Nothing was concluded', layer: null, policies: [], scope: 'nothing', side: null },
      explains: [],
      findings: [],
    },
    fix: null,
    noFixBecause: null,
    notLookedAt: [{ what: 'cloud firewall rules', why: 'no cloud account is configured' }],
    byHand: [
      {
        what: 'the same request from the pod',
        command: `kubectl exec -n ${namespace} ${pod} -- wget -qO- --timeout=3 ${port === 443 ? 'https' : 'http'}://${host}`,
      },
    ],
    timing: { totalMs: 4460, startupMs: 1240, probesMs: 3060 },
    askedAt: '2026-11-21T02:14:07Z',
    ...changes,
  };
}

/** A verdict without findings; `changes` adds what the story needs. */
export function concluded(
  code: Diagnosis['verdict']['code'],
  confidence: Diagnosis['verdict']['confidence'],
  cause: Partial<Diagnosis['verdict']['cause']> & { summary: string },
  more: Partial<Pick<Diagnosis['verdict'], 'explains' | 'findings'>> = {},
): Diagnosis['verdict'] {
  return {
    code,
    confidence,
    cause: { layer: 'tcp', policies: [], scope: 'nothing', side: null, ...cause },
    explains: [],
    findings: [],
    ...more,
  };
}

/** Builders for the verdict's tables: facts of one question in which a row names only what it is about. */
import type { CulpritFacts, VerdictFacts } from '../../src/diagnose/facts.ts';
import type {
  Decision,
  FlowPrediction,
  FlowPurpose,
  Layer,
  Observation,
  Outcome,
  PolicyTrace,
  Protocol,
  ProxySettings,
  ResolvedHost,
  Target,
  TlsFailure,
  Vantage,
} from '../../src/model.ts';

export const HOST = 'api.stripe.com';
export const A = '203.0.113.43';
export const B = '203.0.113.44';
export const V6 = '2001:db8::43';
export const DENY_ALL = 'NetworkPolicy payments/deny-all-egress';
export const OTHER = 'NetworkPolicy payments/no-dns';
const WAIT = 3000;

// ---------------------------------------------------------------- outcomes

export const connected: Outcome = { kind: 'connected', certificate: null };
export const dropped: Outcome = { kind: 'syn-dropped', waitedMs: WAIT };
export const refused: Outcome = { kind: 'refused' };
export const prohibited: Outcome = { kind: 'unreachable', errno: 'EHOSTUNREACH', codes: [13] };
export const noRoute: Outcome = { kind: 'no-route' };
export const nxdomain: Outcome = { kind: 'resolver-answered', rcode: 'NXDOMAIN', asked: HOST, addresses: [] };
export const servfail: Outcome = { kind: 'resolver-answered', rcode: 'SERVFAIL', asked: HOST, addresses: [] };
export const refusedName: Outcome = { kind: 'resolver-answered', rcode: 'REFUSED', asked: HOST, addresses: [] };
export const noRecords: Outcome = { kind: 'no-records', families: ['IPv4', 'IPv6'] };
export const dnsSilent: Outcome = { kind: 'resolver-timeout', waitedMs: WAIT };
export const notRun: Outcome = { kind: 'not-run', why: 'no tool' };
export const silent = (layer: Layer): Outcome => ({ kind: 'no-answer', layer, waitedMs: WAIT });
export const status = (code: number): Outcome => ({ kind: 'http-status', status: code });
export const answers = (...addresses: readonly string[]): Outcome => ({
  kind: 'resolver-answered',
  rcode: 'NOERROR',
  asked: HOST,
  addresses,
});
export const tlsFails = (why: TlsFailure): Outcome => ({ kind: 'tls-failed', why, detail: '', certificate: null });

// ---------------------------------------------------------------- observed

/** Reads: `saw('pod', 'tcp', dropped, { address: B })`. */
export function saw(vantage: Vantage, layer: Layer, outcome: Outcome, more: Partial<Observation> = {}): Observation {
  const place =
    layer === 'dns' ? { name: HOST, protocol: 'UDP' as const } : { address: A, port: 443, protocol: 'TCP' as const };
  return { vantage, layer, via: 'direct', outcome, ms: 5, ...place, ...more };
}

/** The whole way works: name, connect, TLS, 200. */
export function works(vantage: Vantage, address = A): readonly Observation[] {
  return [
    saw(vantage, 'dns', answers(address)),
    saw(vantage, 'cluster', connected, { address: '10.96.0.1' }),
    ...reaches(vantage, address),
  ];
}

/** Connect, TLS and 200 at one address. */
export function reaches(vantage: Vantage, address = A): readonly Observation[] {
  return [
    saw(vantage, 'tcp', connected, { address }),
    saw(vantage, 'tls', connected, { address }),
    saw(vantage, 'http', status(200), { address }),
  ];
}

/** The name resolves, the cluster answers, and at tcp the outcome given. */
export function fails(vantage: Vantage, outcome: Outcome, address = A): readonly Observation[] {
  return [
    saw(vantage, 'dns', answers(address)),
    saw(vantage, 'cluster', connected, { address: '10.96.0.1' }),
    saw(vantage, 'tcp', outcome, { address }),
  ];
}

/** DNS, cluster and connect are all dropped: a pod under deny-all. */
export function cutOff(vantage: Vantage, address = A): readonly Observation[] {
  return [
    saw(vantage, 'dns', dnsSilent),
    saw(vantage, 'cluster', dropped, { address: '10.96.0.1' }),
    saw(vantage, 'tcp', dropped, { address }),
  ];
}

export function proxied(layer: Layer, outcome: Outcome, vantage: Vantage = 'pod'): Observation {
  return saw(vantage, layer, outcome, { via: 'proxy', address: '203.0.113.90', port: 3128 });
}

// ---------------------------------------------------------------- predicted

/** One flow. A denied one is denied by DENY_ALL, which has no egress rules, unless told otherwise. */
export function flow(purpose: FlowPurpose, decision: Decision, more: Partial<FlowPrediction> = {}): FlowPrediction {
  const by = more.by ?? (decision === 'deny' ? [DENY_ALL] : []);
  return {
    purpose,
    from: purpose.startsWith('control') ? 'egress/control' : 'payments/billing-pod',
    to: A,
    address: purpose === 'destination' || purpose === 'control-destination' ? A : '10.96.0.10',
    port: 443,
    protocol: 'TCP',
    decision,
    side: decision === 'deny' ? 'egress' : null,
    why: decision,
    trace: by.map(policy => emptyEgress(policy)),
    unknowns: decision === 'unknown' ? ['CiliumNetworkPolicy payments/l7 is not evaluated'] : [],
    assumptions: [],
    ...more,
    by,
  };
}

export function emptyEgress(policy: string): PolicyTrace {
  return {
    policy,
    tier: 'network-policy',
    side: 'egress',
    selects: 'yes',
    why: 'app=billing',
    effect: 'none',
    decides: true,
    rules: [],
  };
}

const lookups = (
  purpose: 'dns' | 'control-dns',
  decision: Decision,
  by?: readonly string[],
): readonly FlowPrediction[] =>
  (['UDP', 'TCP'] as const).map((protocol: Protocol) =>
    flow(purpose, decision, { protocol, port: 53, ...(by === undefined ? {} : { by }) }),
  );

/** What the rules say of everything at once: `rules('deny')`, or by purpose: `rules({ destination: 'allow', dns: 'deny' })`. */
export function rules(
  all:
    | Decision
    | { destination?: Decision; dns?: Decision; cluster?: Decision; control?: Decision; by?: readonly string[] },
): readonly FlowPrediction[] {
  const said = typeof all === 'string' ? { destination: all, dns: all, cluster: all } : all;
  const {
    destination = 'allow',
    dns = 'allow',
    cluster = 'allow',
    control = 'allow',
    by,
  } = { control: undefined, by: undefined, ...said };
  const named = (decision: Decision): Partial<FlowPrediction> =>
    decision === 'deny' && by !== undefined ? { by } : {};
  return [
    flow('destination', destination, named(destination)),
    ...lookups('dns', dns, dns === 'deny' ? by : undefined),
    flow('cluster', cluster, { address: '10.96.0.1', ...named(cluster) }),
    flow('control-destination', control ?? 'allow'),
    ...lookups('control-dns', control ?? 'allow'),
  ];
}

// ---------------------------------------------------------------- the facts

export const PROXY: ProxySettings = {
  kind: 'set',
  uses: { variable: 'HTTPS_PROXY', host: 'proxy.example', port: 3128, scheme: 'http' },
  variables: { HTTPS_PROXY: 'http://proxy.example:3128' },
  exemptedBy: null,
};

const TARGET: Target = {
  namespace: 'payments',
  pod: 'billing-pod',
  uid: 'u',
  labels: { app: 'billing' },
  namespaceLabels: {},
  node: 'node-1',
  owner: null,
  serviceAccount: 'default',
  hostNetwork: false,
  addresses: ['10.0.0.7'],
  state: { kind: 'running', ready: true },
  dns: { policy: 'ClusterFirst', config: null, resolvConf: { nameservers: ['10.96.0.10'], searches: [], ndots: 5 } },
  container: 'billing',
  proxy: { kind: 'none' },
  sidecars: [],
  siblings: [],
};

export const OLD: CulpritFacts = {
  layer: 'policy',
  selectsPods: 3,
  createdAt: '2026-01-01T00:00:00Z',
  changedAt: null,
  managedBy: ['kubectl-client-side-apply'],
};

export type Given = {
  readonly saw?: readonly Observation[];
  readonly rules?: readonly FlowPrediction[];
  readonly target?: Partial<Target>;
  readonly hostKind?: 'name' | 'address';
  readonly application?: 'https' | 'http' | 'none';
  readonly protocol?: 'TCP' | 'UDP';
} & Partial<Omit<VerdictFacts, 'target' | 'observations' | 'prediction' | 'question'>>;

/** Facts of `payments/billing-pod` -> `api.stripe.com:443`, all rules allowing and nothing seen, changed as given. */
export function facts(given: Given = {}): VerdictFacts {
  const {
    saw: observations = [],
    rules: flows = rules('allow'),
    target = {},
    hostKind = 'name',
    application = 'https',
    protocol = 'TCP',
    ...rest
  } = given;
  const resolvedHost: ResolvedHost =
    hostKind === 'address' ? { kind: 'address', address: A } : { kind: 'name', name: HOST, ...resolved(observations) };
  return {
    question: {
      pod: { text: 'billing-pod', namespace: null, by: { kind: 'pod', name: 'billing-pod' } },
      destination: {
        text: HOST,
        host: hostKind === 'address' ? { kind: 'address', address: A, family: 'IPv4' } : { kind: 'name', name: HOST },
        port: 443,
        protocol,
        application,
        path: '/',
      },
      cluster: 'lab',
      vantages: ['pod', 'control', 'node'],
      podMethods: ['ephemeral-container', 'twin-pod', 'exec'],
      timeoutMs: WAIT,
      siblings: 0,
    },
    target: { ...TARGET, ...target },
    host: resolvedHost,
    engine: { name: 'cilium', version: '1.15.6', evidence: 'DaemonSet kube-system/cilium' },
    vantages: [],
    observations,
    prediction: { decision: 'allow', by: [], why: '', trace: [], flows },
    coverage: [],
    problems: [],
    changedMeanwhile: [],
    askedAt: '2026-11-21T08:00:00Z',
    culprit: () => OLD,
    internet: null,
    unlearned: null,
    allowlist: null,
    ...rest,
  };
}

/** As the pipeline does: the pod's answers first, then the control pod's, then the node's; the lone address else. */
function resolved(observations: readonly Observation[]): {
  addresses: readonly string[];
  resolvedBy: Vantage | 'none';
} {
  for (const vantage of ['pod', 'control', 'node'] as const) {
    const addresses = observations.flatMap(seen =>
      seen.layer === 'dns' &&
      seen.vantage === vantage &&
      seen.sibling === undefined &&
      seen.name === HOST &&
      seen.outcome.kind === 'resolver-answered'
        ? seen.outcome.addresses
        : [],
    );
    if (addresses.length > 0) return { addresses: [...new Set(addresses)], resolvedBy: vantage };
  }
  return { addresses: [], resolvedBy: 'none' };
}

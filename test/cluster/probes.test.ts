/** Probes run from every kind of pod, and a right or an image that is missing costs a vantage and nothing more. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withCleanup } from '../../src/cluster/cleanup.ts';
import type { ApiClient } from '../../src/cluster/client.ts';
import { DEFAULT_PROBE_IMAGE } from '../../src/cluster/image.ts';
import { type Observed, observe } from '../../src/cluster/observe.ts';
import { prepare } from '../../src/cluster/prepare.ts';
import type { Observation, PodMethod, Question, Target, Vantage } from '../../src/model.ts';
import { readTranscript } from '../../src/probe/read.ts';
import { core, create, dropNamespace, namespace, pod, waitForPods } from './cluster.ts';
import { client, clientOf, eventually, podsOfOurs, proberRules, readTarget, testNamespace } from './probe-cluster.ts';

const NS = testNamespace('probes');
const STRICT = testNamespace('probes-strict');
const OWN = testNamespace('probes-own');
const PROBER = 'prober';
const POWERLESS = 'powerless';

type Look = Observed & { readonly observations: readonly Observation[] };
type Options = {
  readonly host?: string;
  readonly methods?: readonly PodMethod[];
  readonly vantages?: readonly Vantage[];
  readonly image?: string;
  readonly refuseRanges?: readonly string[];
  readonly siblings?: number;
  readonly as?: ApiClient;
};

function questionOf(options: Options): Question {
  const host = options.host ?? 'api.stripe.com';
  return {
    pod: { text: 'p', namespace: null, by: { kind: 'pod', name: 'p' } },
    destination: {
      text: host,
      host: { kind: 'name', name: host },
      port: 443,
      protocol: 'TCP',
      application: 'https',
      path: '/',
    },
    cluster: 'test',
    vantages: options.vantages ?? ['pod', 'control', 'node'],
    podMethods: options.methods ?? ['ephemeral-container', 'twin-pod', 'exec'],
    timeoutMs: 3_000,
    siblings: options.siblings ?? 0,
  };
}

/** Looks once, as the program does. */
async function look(target: Target, options: Options = {}): Promise<Look> {
  const as = options.as ?? client();
  const reader = client();
  const settings = {
    image: options.image ?? DEFAULT_PROBE_IMAGE,
    refuseRanges: options.refuseRanges ?? [],
    outside: false,
    startupLimitMs: 30_000,
  };
  const question = questionOf(options);
  try {
    const observed = await withCleanup(cleanup => {
      const { vantages, timeoutMs } = question;
      const preparation = prepare({ reader, prober: as, namespace: OWN }, settings, cleanup, {
        node: target.node,
        vantages,
        timeoutMs,
      });
      return observe(preparation, question, target, settings);
    });
    const observations = observed.transcripts.flatMap(
      transcript =>
        readTranscript(transcript, { jobs: transcript.jobs ?? [], timeoutMs: question.timeoutMs }).observations,
    );
    return { ...observed, observations };
  } finally {
    await reader.close();
    if (options.as === undefined) await as.close();
  }
}

/** `vantage: method layer outcome, ...` for the layers of the connection, e.g. `pod: tcp connected, tls connected, http 200`. */
function connection(seen: Look, vantage: Vantage): string {
  const own = seen.observations.filter(each => each.vantage === vantage && each.sibling === undefined);
  const words = own
    .filter(({ layer }) => layer === 'tcp' || layer === 'tls' || layer === 'http')
    .map(({ layer, outcome }) => `${layer} ${outcome.kind === 'http-status' ? outcome.status : outcome.kind}`);
  return words.join(', ');
}

const REACHED = 'tcp connected, tls connected, http 200';
const methodOf = (seen: Look) => seen.transcripts.find(({ vantage }) => vantage === 'pod')?.method;

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  runAsUser: 1000,
  seccompProfile: { type: 'RuntimeDefault' },
};

beforeAll(async () => {
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await create(
    namespace(NS),
    namespace(OWN),
    namespace(STRICT, restricted),
    pod(NS, 'tools'),
    pod(NS, 'plain', { image: 'busybox:1.36' }),
    pod(NS, 'distroless', { image: 'lab.example/distroless:1', container: { command: undefined } }),
    pod(NS, 'nonroot', { container: { securityContext: { runAsUser: 1000, runAsNonRoot: true } } }),
    pod(NS, 'readonly', { container: { securityContext: { readOnlyRootFilesystem: true } } }),
    pod(NS, 'host', { spec: { hostNetwork: true } }),
    pod(STRICT, 'strict', { image: 'busybox:1.36', container: { securityContext: RESTRICTED } }),
  );
  await Promise.all([NS, STRICT].map(waitForPods));
});

afterAll(async () => {
  await Promise.all([NS, STRICT, OWN].map(dropNamespace));
  expect((await podsOfOurs()).filter(name => [NS, STRICT, OWN].some(ours => name.startsWith(`${ours}/`)))).toEqual([]);
});

describe('every kind of pod can be looked from', () => {
  const rows: readonly (readonly [string, string, string, PodMethod])[] = [
    ['a container without shell or tools', NS, 'distroless', 'ephemeral-container'],
    ['a container without shell or tools', NS, 'distroless', 'twin-pod'],
    ['a namespace with PodSecurity restricted', STRICT, 'strict', 'ephemeral-container'],
    ['a namespace with PodSecurity restricted', STRICT, 'strict', 'twin-pod'],
    ['a pod that is not root', NS, 'nonroot', 'exec'],
    ['a read-only root', NS, 'readonly', 'ephemeral-container'],
    ['a read-only root', NS, 'readonly', 'exec'],
    ['a pod in the network of its node', NS, 'host', 'ephemeral-container'],
  ];
  it.each(rows)('%s (%s/%s) by %s', async (_kind, ns, name, method) => {
    const seen = await look(await readTarget(ns, name, { container: 'app' }), { methods: [method] });
    expect(seen.notRun).toEqual([]);
    expect(methodOf(seen)).toBe(method);
    for (const vantage of ['pod', 'control', 'node'] as const)
      expect(`${vantage}: ${connection(seen, vantage)}`).toBe(`${vantage}: ${REACHED}`);
  });

  it('a dropped SYN is seen as such from all three', async () => {
    const seen = await look(await readTarget(NS, 'tools'), { host: 'blackhole.example' });
    for (const vantage of ['pod', 'control', 'node'] as const)
      expect(connection(seen, vantage)).toMatch(/^tcp syn-dropped/);
    expect(seen.controlPod).toMatchObject({
      kind: 'Pod',
      metadata: { namespace: OWN },
      status: { podIP: expect.any(String) },
    });
  });
});

describe('methods are tried in the order asked, and each refusal is told', () => {
  it('an image that cannot be pulled: the pods fail, the container itself is entered', async () => {
    const seen = await look(await readTarget(NS, 'plain', { container: 'app' }), {
      image: 'lab.example/no-such-image:1',
    });
    expect(methodOf(seen)).toBe('exec');
    const refused = seen.transcripts.find(({ vantage }) => vantage === 'pod')?.refused ?? [];
    expect(refused.map(({ method }) => method)).toEqual(['ephemeral-container', 'twin-pod']);
    // The second: a registry's name that nobody answers for can take longer than the limit.
    for (const { why } of refused) {
      expect(why).toMatch(
        /does not run: (ErrImagePull|ImagePullBackOff)|did not run within \d+ s \(ContainerCreating\)/,
      );
    }
    expect(seen.notRun.map(({ vantage }) => vantage).sort()).toEqual(['control', 'node']);
    // What an ephemeral container could not pull must not be taken for one that runs.
    const again = await look(await readTarget(NS, 'plain', { container: 'app' }), {
      methods: ['ephemeral-container'],
      vantages: ['pod'],
    });
    expect(connection(again, 'pod')).toBe(REACHED);
  });

  it('no shell in the container', async () => {
    const seen = await look(await readTarget(NS, 'distroless', { container: 'app' }), {
      methods: ['exec'],
      vantages: ['pod'],
    });
    expect(seen.transcripts).toEqual([]);
    expect(seen.notRun[0]).toMatchObject({
      vantage: 'pod',
      why: expect.stringMatching(/^exec: no shell could be run in container app of distroless: /),
    });
  });

  it('an ephemeral container that still runs is used again: one serves all probes', async () => {
    const target = await readTarget(NS, 'tools');
    const first = await look(target, { methods: ['ephemeral-container'], vantages: ['pod'] });
    const second = await look(target, { methods: ['ephemeral-container'], vantages: ['pod'] });
    expect(second.transcripts[0]?.ranIn).toBe(first.transcripts[0]?.ranIn);
    const spec = await core.readNamespacedPod({ namespace: NS, name: 'tools' });
    expect(spec.spec?.ephemeralContainers).toHaveLength(1);
  });

  it('a pod that was replaced by one of the same name is not entered', async () => {
    const target = { ...(await readTarget(NS, 'tools')), uid: '00000000-0000-0000-0000-000000000000' };
    const seen = await look(target, { methods: ['ephemeral-container'], vantages: ['pod'] });
    expect(seen.notRun).toEqual([
      { vantage: 'pod', why: 'ephemeral-container: the pod was replaced by another of the same name meanwhile' },
    ]);
  });
});

describe('an address that must not be probed', () => {
  it('is not, also when a name leads to it, and the reason is told', async () => {
    const seen = await look(await readTarget(NS, 'tools'), { vantages: ['pod'], refuseRanges: ['203.0.113.43/32'] });
    const tcp = seen.observations.filter(({ layer }) => layer === 'tcp');
    expect(tcp.map(({ outcome }) => outcome)).toEqual([
      {
        kind: 'not-run',
        why: 'not tried: 203.0.113.43 is inside 203.0.113.43/32, which this installation refuses to probe.',
      },
    ]);
  });
});

describe('rights', () => {
  beforeAll(() => proberRules.install(PROBER, POWERLESS, OWN, [NS]));

  it('those of infra/kubernetes/base/prober-role.yaml are enough for every method, and none is too many', async () => {
    const prober = await clientOf(OWN, PROBER);
    const target = await readTarget(NS, 'nonroot', { container: 'app' });
    for (const method of ['ephemeral-container', 'twin-pod', 'exec'] as const) {
      const seen = await look(target, { methods: [method], as: prober });
      expect(seen.notRun).toEqual([]);
      expect(connection(seen, 'pod')).toBe(REACHED);
    }
    await prober.close();
    expect(proberRules.unused(prober.calls, OWN, NS)).toEqual([]);
  });

  it('none at all: each vantage says which rule it lacks, and nothing crashes', async () => {
    const seen = await look(await readTarget(NS, 'nonroot', { container: 'app' }), {
      as: await clientOf(OWN, POWERLESS),
    });
    expect(seen.transcripts).toEqual([]);
    const why = Object.fromEntries(seen.notRun.map(each => [each.vantage, each.why]));
    expect(why.control).toContain(
      `needs a Role in ${OWN} with apiGroups: [""], resources: ["pods"], verbs: ["create"]`,
    );
    expect(why.node).toContain(`needs a Role in ${OWN} with apiGroups: [""], resources: ["pods"], verbs: ["create"]`);
    expect(why.pod).toContain(
      `ephemeral-container: no permission: needs a Role in ${NS} with apiGroups: [""], resources: ["pods"], verbs: ["get"]`,
    );
    expect(why.pod).toContain(`exec: exec in nonroot/app is forbidden`);
    expect(why.pod).toContain(`resources: ["pods/exec"], verbs: ["get", "create"]`);
  });
});

/** Evicts every other pod of the node: only where the cluster runs nothing else. */
describe.runIf(process.env.CLUSTER_IS_OURS_ALONE === '1')('a node with taints that nothing tolerates', () => {
  it('control and node pods and the twin run there all the same', async () => {
    const target = await readTarget(NS, 'tolerant').catch(async () => {
      await create(pod(NS, 'tolerant', { spec: { tolerations: [{ operator: 'Exists' }] } }));
      await waitForPods(NS);
      return readTarget(NS, 'tolerant');
    });
    const name = target.node ?? '';
    const taint = (taints: object[]) =>
      core.patchNode({ name, body: [{ op: 'add', path: '/spec/taints', value: taints }] });
    await taint(['NoSchedule', 'NoExecute'].map(effect => ({ key: 'egress.test/taint', effect })));
    try {
      expect(await eventually(async () => (await core.listNamespacedPod({ namespace: NS })).items.length === 1)).toBe(
        true,
      );
      const seen = await look(target, { host: 'blackhole.example', methods: ['twin-pod'] });
      expect(seen.notRun).toEqual([]);
    } finally {
      await taint([]);
    }
  });
});

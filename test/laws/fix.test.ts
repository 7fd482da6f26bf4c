import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalOf } from '../../src/diagnose/address-sets.ts';
import { proposeFix } from '../../src/diagnose/fix.ts';
import { computeChange } from '../../src/diagnose/fix-change.ts';
import type { KubernetesObject } from '../../src/evidence.ts';
import type { Engine, FlowSet } from '../../src/model.ts';
import { readClusterState } from '../../src/policy/cluster-state.ts';
import { predictFlows } from '../../src/policy/evaluate.ts';
import type { ClusterState, FlowRequest, RuleBook } from '../../src/policy/model.ts';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import {
  CALICO,
  CILIUM,
  DNS_RULE,
  inputOf,
  namespace,
  netpol,
  node,
  object,
  pod,
  STRIPE,
  UNKNOWN,
} from '../fakes/fix-scenes.ts';

// ---------------------------------------------------------------- worlds

const keys = ['app', 'tier'];
const values = ['a', 'b'];
const labels = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values), { noNullPrototype: true });
const namespaces = ['payments', 'shop'];
const engines = fc.constantFrom<Engine>(CILIUM, CALICO, UNKNOWN);

/** Small addresses on purpose, so that blocks, pods and probes meet at their ends. */
const blocks = fc.constantFrom(
  '0.0.0.0/0',
  '10.244.0.0/24',
  '10.244.0.4/30',
  '203.0.113.0/24',
  '203.0.113.43/32',
  '203.0.113.40/29',
  '192.0.2.0/24',
  '::/0',
  '2001:db8::/120',
);
const inside = fc.constantFrom(
  '10.244.0.4/31',
  '203.0.113.42/31',
  '203.0.113.43/32',
  '192.0.2.10/32',
  '2001:db8::2/127',
);
const addresses = [
  '203.0.113.41',
  '203.0.113.42',
  STRIPE,
  '203.0.113.44',
  '203.0.113.255',
  '203.0.114.0',
  '192.0.2.10',
  '8.8.8.8',
  '10.244.0.200',
  '2001:db8::1',
  '2001:db8::ff',
  '2001:db8::100',
];

const selector = fc.oneof(
  fc.constant({}),
  labels.map(matchLabels => ({ matchLabels })),
  fc
    .record({ key: fc.constantFrom(...keys), operator: fc.constantFrom('Exists', 'DoesNotExist') })
    .map(each => ({ matchExpressions: [each] })),
  fc
    .record({ key: fc.constantFrom(...keys), operator: fc.constantFrom('In', 'NotIn'), values: fc.constant(['a']) })
    .map(each => ({ matchExpressions: [each] })),
);
const peer = fc.oneof(
  fc.record({ cidr: blocks, except: fc.array(inside, { maxLength: 1 }) }).map(ipBlock => ({ ipBlock })),
  selector.map(podSelector => ({ podSelector })),
  fc
    .tuple(
      selector,
      fc.constantFrom({}, ...namespaces.map(name => ({ matchLabels: { 'kubernetes.io/metadata.name': name } }))),
    )
    .map(([podSelector, namespaceSelector]) => ({ podSelector, namespaceSelector })),
);
const port = fc.oneof(
  fc.record({ protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'), port: fc.constantFrom(1, 53, 80, 443, 65535) }),
  fc.constant({ protocol: 'TCP', port: 440, endPort: 445 }),
  fc.constant({ protocol: 'TCP', port: 'web' }),
  fc.constant({ protocol: 'UDP' }),
);
const optional = <T>(key: string, list: fc.Arbitrary<readonly T[]>) =>
  fc.option(list, { nil: undefined }).map(value => (value === undefined ? {} : { [key]: value }));
const rules = (direction: 'to' | 'from') =>
  fc.array(
    fc
      .tuple(
        optional(direction, fc.array(peer, { minLength: 1, maxLength: 2 })),
        optional('ports', fc.array(port, { minLength: 1, maxLength: 2 })),
      )
      .map(([peers, ports]) => ({ ...peers, ...ports })),
    { maxLength: 2 },
  );

const calicoEntity = fc.oneof(
  fc.constant({}),
  fc.array(blocks, { minLength: 1, maxLength: 2 }).map(nets => ({ nets })),
  fc.record({ nets: fc.tuple(blocks), notNets: fc.tuple(inside) }),
  fc.constantFrom("app == 'a'", "tier != 'a'", '!has(app)', 'all()', "role == 'set'").map(selector => ({ selector })),
  fc.constantFrom("app == 'b'", "role == 'set'").map(notSelector => ({ notSelector })),
  fc
    .constantFrom('all()', 'global()', "projectcalico.org/name == 'shop'")
    .map(namespaceSelector => ({ namespaceSelector })),
);
const calicoRule = fc
  .record({
    action: fc.constantFrom('Allow', 'Deny', 'Pass', 'Log'),
    source: calicoEntity,
    destination: calicoEntity,
    ports: fc.constantFrom({}, { ports: [443, '80:90'] }, { notPorts: [80] }, { ports: ['web'] }),
  })
  .map(({ action, source, destination, ports }) => ({
    action,
    source,
    destination: { ...destination, ...ports },
    ...(Object.keys(ports).length > 0 && { protocol: 'TCP' }),
  }));
/** Of Calico, in its own order; other engines do not know it. */
const calicoPolicy = (name: string): fc.Arbitrary<KubernetesObject> =>
  fc
    .record({
      where: fc.constantFrom(...namespaces, null),
      order: fc.constantFrom(1, 5, 2000, null),
      selector: fc.constantFrom('all()', "app == 'a'", '!has(tier)'),
      egress: fc.array(calicoRule, { maxLength: 2 }),
      ingress: fc.array(calicoRule, { maxLength: 2 }),
      types: fc.constantFrom(['Egress'], ['Ingress'], ['Ingress', 'Egress']),
    })
    .map(({ where, ...spec }) =>
      where === null
        ? object('projectcalico.org/v3', 'GlobalNetworkPolicy', name, { spec })
        : object('projectcalico.org/v3', 'NetworkPolicy', `${where}/${name}`, { spec }),
    );

const policy = (name: string): fc.Arbitrary<KubernetesObject> =>
  fc.oneof({ weight: 2, arbitrary: kubernetesPolicy(name) }, { weight: 1, arbitrary: calicoPolicy(name) });
const kubernetesPolicy = (name: string): fc.Arbitrary<KubernetesObject> =>
  fc
    .tuple(
      fc.constantFrom(...namespaces),
      selector,
      fc.option(rules('to'), { nil: undefined, freq: 4 }),
      fc.option(rules('from'), { nil: undefined, freq: 1 }),
    )
    .map(([where, podSelector, egress, ingress]) =>
      netpol(`${where}/${name}`, podSelector, {
        ...(egress !== undefined && { egress }),
        ...(ingress !== undefined && { ingress }),
      }),
    );
const policies = (prefix: string, most: number) =>
  fc.nat(most).chain(count => fc.tuple(...Array.from({ length: count }, (_, index) => policy(`${prefix}${index}`))));

const pods = fc
  .array(
    fc.record({
      where: fc.constantFrom(...namespaces),
      labels,
      web: fc.constantFrom(80, 443, null),
      dual: fc.boolean(),
      host: fc.nat(9),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map(list =>
    list.map(({ where, labels: own, web, dual, host }, index) => {
      const containers = [{ name: 'app', ports: web === null ? [] : [{ name: 'web', containerPort: web }] }];
      const isHost = host === 0;
      const ips = isHost ? '192.0.2.10' : `10.244.0.${index + 3}${dual ? ` 2001:db8::${index + 1}` : ''}`;
      return pod(`${where}/p${index}`, ips, own, { containers, ...(isHost && { hostNetwork: true }) });
    }),
  );

const WORLD = [
  node('node-a', '192.0.2.10', '10.244.0.0/24'),
  ...namespaces.map(name => namespace(name)),
  object(
    'projectcalico.org/v3',
    'GlobalNetworkSet',
    'set',
    { spec: { nets: ['203.0.113.40/29', '10.244.0.4/31'] } },
    { labels: { role: 'set' } },
  ),
];

// ---------------------------------------------------------------- asking one flow

type Ask = {
  readonly from: string;
  readonly to: FlowRequest['to'];
  readonly port: number | null;
  readonly protocol: FlowRequest['protocol'];
};

const RANK = { deny: 0, unknown: 1, allow: 2 } as const;

function rankOf(book: RuleBook, cluster: ClusterState, ask: Ask): number {
  const [flow] = predictFlows(book, cluster, {
    ...ask,
    icmpType: ask.protocol === 'ICMP' ? 8 : null,
    query: null,
    scope: 'both',
  });
  if (flow === undefined) throw new Error('a request gave no flow');
  return RANK[flow.decision];
}

const ASKED_PORTS = [
  ...[1, 53, 80, 441, 443, 446, 65535].map(port => ({ port, protocol: 'TCP' as const })),
  ...[1, 53, 65535].map(port => ({ port, protocol: 'UDP' as const })),
  { port: 443, protocol: 'SCTP' as const },
  { port: null, protocol: 'ICMP' as const },
];

/** Each pod to each other pod and to addresses at every end of a block, on ports at every end of a range. */
function everyAsk(cluster: ClusterState): readonly Ask[] {
  const sources = [...cluster.pods.keys()];
  return sources.flatMap(from => {
    const targets: FlowRequest['to'][] = [
      ...sources
        .filter(each => each !== from && cluster.pods.get(each)?.hostNetwork === false)
        .map(each => ({ kind: 'pod' as const, pod: each })),
      ...addresses
        .filter(each => !cluster.podsByAddress.has(each))
        .map(address => ({ kind: 'address' as const, address })),
    ];
    return targets.flatMap(to => ASKED_PORTS.map(ports => ({ from, to, ...ports })));
  });
}

function lists(sets: readonly FlowSet[], ask: Ask, cluster: ClusterState): boolean {
  return sets.some(
    set =>
      set.pods.includes(ask.from) &&
      set.destinations.some(each => holdsDestination(each, ask.to, cluster)) &&
      set.ports.some(each => holdsPort(each, ask)),
  );
}

function holdsDestination(text: string, to: FlowRequest['to'], cluster: ClusterState): boolean {
  if (to.kind === 'pod') {
    const address = cluster.pods.get(to.pod)?.addresses[0] ?? '';
    return text === `pod:${to.pod}` || (!text.startsWith('pod:') && holdsAddress(text, address));
  }
  return to.kind === 'address' && !text.startsWith('pod:') && holdsAddress(text, to.address);
}

function holdsAddress(range: string, address: string): boolean {
  const [from = '', to = from] = range.split('-');
  const [first, last, one] = [intervalOf(from), intervalOf(to), intervalOf(address)];
  return (
    first !== null &&
    last !== null &&
    one !== null &&
    first.family === one.family &&
    first.first <= one.first &&
    one.last <= last.last
  );
}

function holdsPort(text: string, ask: Ask): boolean {
  if (ask.port === null) return text.startsWith('ICMP');
  const [range = '', protocol] = text.split('/');
  const [first = '', last = first] = range.split('-');
  return protocol === ask.protocol && Number(first) <= ask.port && ask.port <= Number(last);
}

/** A pod sends no packet of a family that it has no address of; the evaluator would judge it all the same. */
function isPossible({ from, to }: Ask, cluster: ClusterState): boolean {
  const own = cluster.pods.get(from)?.addresses ?? [];
  const address =
    to.kind === 'address' ? to.address : to.kind === 'pod' ? (cluster.pods.get(to.pod)?.addresses[0] ?? '') : '';
  return own.some(each => each.includes(':') === address.includes(':'));
}

/** Thousands of flows for each of many worlds; a laptop needs a few seconds, a busy machine more. */
const SLOW_MS = 120_000;

// ---------------------------------------------------------------- laws

describe('the computed change', () => {
  it(
    'lists exactly the flows whose decision changes, whatever the change',
    () => {
      fc.assert(
        fc.property(
          pods,
          policies('kept', 3),
          policies('gone', 1),
          policies('new', 2),
          engines,
          (somePods, kept, gone, added, engine) => {
            const objects = [...WORLD, ...somePods];
            const { cluster } = readClusterState(objects, {});
            // What cannot be evaluated at all is no rule that changes.
            const fits = ({ apiVersion }: KubernetesObject) =>
              engine.name !== 'unknown' || apiVersion !== 'projectcalico.org/v3';
            const before = readRuleBook([...objects, ...[...kept, ...gone].filter(fits)], { engine });
            const after = readRuleBook([...objects, ...[...kept, ...added].filter(fits)], { engine });
            const change = computeChange(before, after, cluster);
            for (const ask of everyAsk(cluster)) {
              if (!isPossible(ask, cluster)) continue;
              const [was, is] = [rankOf(before, cluster, ask), rankOf(after, cluster, ask)];
              const told = {
                allowed: lists(change.newlyAllowed, ask, cluster),
                denied: lists(change.newlyDenied, ask, cluster),
              };
              expect({ ask, ...told }).toEqual({ ask, allowed: is > was, denied: is < was });
            }
          },
        ),
        { numRuns: 80 },
      );
    },
    SLOW_MS,
  );
});

describe('a proposed fix', () => {
  const question = fc.record({
    objects: fc
      .tuple(pods, policies('np', 3), fc.boolean())
      .map(([some, list, dns]) => [
        ...some,
        ...list,
        ...(dns ? [netpol('payments/dns', {}, { egress: [DNS_RULE] })] : [netpol('payments/deny', {}, { egress: [] })]),
      ]),
    host: fc.constantFrom('api.stripe.com', STRIPE, 'service:shop/web', '10.244.0.8'),
    port: fc.constantFrom(80, 443),
    dns: fc.constantFrom(
      { 'api.stripe.com': [STRIPE] },
      { 'api.stripe.com': [STRIPE, '8.8.8.8', '2001:db8::1'] },
      { 'api.stripe.com': ['172.30.0.1'] },
    ),
    engine: engines,
  });

  it(
    'flips the prediction, shuts nothing, opens nothing that it does not list, and leaves every policy as it was',
    () => {
      let fixes = 0;
      fc.assert(
        fc.property(question, asked => {
          const input = inputOf(asked);
          const proposal = proposeFix(input);
          if (proposal.kind === 'no-fix') return;
          fixes += 1;
          const { fix } = proposal;
          expect(fix.proof).toMatchObject({ before: 'deny', after: 'allow', newlyDenied: [] });
          const identity = (each: Readonly<Record<string, unknown>>) =>
            JSON.stringify([each.kind, Object(each.metadata).namespace, Object(each.metadata).name]);
          const existing = new Set(input.objects.map(identity));
          expect(fix.manifests.filter(each => existing.has(identity(each)))).toEqual([]);
          const after = readRuleBook([...input.objects, ...fix.manifests], { engine: input.engine });
          expect(after.problems).toEqual(input.book.problems);
          for (const ask of everyAsk(input.cluster)) {
            if (!isPossible(ask, input.cluster)) continue;
            const [was, is] = [rankOf(input.book, input.cluster, ask), rankOf(after, input.cluster, ask)];
            expect({ ask, shut: is < was, opened: is > was }).toEqual({
              ask,
              shut: false,
              opened: lists(fix.newlyAllowed, ask, input.cluster),
            });
          }
        }),
        { numRuns: 60 },
      );
      expect(fixes).toBeGreaterThan(10);
    },
    SLOW_MS,
  );

  it(
    'opens less with one more exception, never more',
    () => {
      fc.assert(
        fc.property(
          fc.constantFrom('203.0.113.0/24', '8.0.0.0/8', '0.0.0.0/1', '203.0.113.43/32'),
          engines,
          (exception, engine) => {
            const input = inputOf({ objects: [netpol('payments/deny', {}, { egress: [] })], engine });
            const proposal = proposeFix(input);
            if (proposal.kind === 'no-fix') throw new Error(proposal.why);
            const narrower = JSON.parse(
              JSON.stringify(proposal.fix.manifests).replace('"except":[', `"except":["${exception}",`),
            );
            const change = computeChange(
              input.book,
              readRuleBook([...input.objects, ...narrower], { engine }),
              input.cluster,
            );
            for (const ask of everyAsk(input.cluster)) {
              if (lists(change.newlyAllowed, ask, input.cluster))
                expect(lists(proposal.fix.newlyAllowed, ask, input.cluster)).toBe(true);
              if (ask.to.kind === 'address' && holdsAddress(exception, ask.to.address))
                expect(lists(change.newlyAllowed, ask, input.cluster)).toBe(false);
            }
          },
        ),
        { numRuns: 20 },
      );
    },
    SLOW_MS,
  );
});

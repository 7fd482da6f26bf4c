/** Random CiliumNetworkPolicies and CiliumClusterwideNetworkPolicies that the API server takes. */
import fc from 'fast-check';
import type { Engine } from '../../src/model.ts';
import { defined } from './network-policies.ts';
import { block, labelSelector, POD_LABELS, range, subjectSelector } from './selectors.ts';
import { type FarName, SERVICE, type World } from './world.ts';

type Arbitrary<T> = fc.Arbitrary<T>;
type Part = Readonly<Record<string, unknown>>;

/** What a policy may speak of. */
export type Scene = {
  readonly world: World;
  readonly names: readonly FarName[];
  /** Who enforces; Cilium's kinds are made for Cilium alone. */
  readonly engine: Engine['name'];
};

const NAMESPACE_KEY = 'k8s:io.kubernetes.pod.namespace';

/** Keys as people write them: bare, with a source, with any source. */
function sourced(key: string): Arbitrary<string> {
  return fc.constantFrom(key, key, `k8s:${key}`, `any:${key}`);
}

const podSelector = labelSelector(POD_LABELS, sourced);

/** One CiliumNetworkPolicy of either namespace, without its name. */
export function ciliumNetworkPolicy(scene: Scene): Arbitrary<Part> {
  return fc
    .tuple(fc.constantFrom(scene.world.a, scene.world.b), subjectSelector(sourced), sections(scene), fc.boolean())
    .map(([namespace, endpointSelector, rest, several]) => ({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { namespace },
      ...(several ? { specs: [{ endpointSelector, ...rest }] } : { spec: { endpointSelector, ...rest } }),
    }));
}

/** One CiliumClusterwideNetworkPolicy, without its name. It selects pods of the world alone: others use the cluster too. */
export function ciliumClusterwideNetworkPolicy(scene: Scene): Arbitrary<Part> {
  const own = { key: NAMESPACE_KEY, operator: 'In', values: [scene.world.a, scene.world.b] };
  return fc.tuple(subjectSelector(sourced), sections(scene)).map(([selector, rest]) => {
    const { matchExpressions = [], ...labels } = selector as { readonly matchExpressions?: readonly object[] };
    return {
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumClusterwideNetworkPolicy',
      metadata: {},
      spec: { endpointSelector: { ...labels, matchExpressions: [...matchExpressions, own] }, ...rest },
    };
  });
}

/** Egress, ingress and what is denied: absent, empty or some rules each; at least one section is there. */
function sections(scene: Scene): Arbitrary<Part> {
  const maybe = (weight: number, rules: Arbitrary<readonly Part[]>): Arbitrary<readonly Part[] | undefined> =>
    fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary: rules });
  return fc
    .record({
      egress: maybe(
        8,
        fc.oneof({ weight: 4, arbitrary: list(egressRule(scene)) }, { weight: 1, arbitrary: namesWithLookups(scene) }),
      ),
      egressDeny: maybe(3, list(denyRule('to', scene))),
      ingress: maybe(3, list(ingressRule(scene))),
      ingressDeny: maybe(1, list(denyRule('from', scene))),
    })
    .map(defined)
    .filter(part => Object.keys(part).length > 0);
}

function list(rule: Arbitrary<Part>): Arbitrary<readonly Part[]> {
  return fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.constant([{}]) },
    { weight: 8, arbitrary: fc.array(rule, { minLength: 1, maxLength: 3 }) },
  );
}

function egressRule(scene: Scene): Arbitrary<Part> {
  return fc.oneof(
    { weight: 6, arbitrary: withPorts(peers('to', scene)) },
    { weight: 2, arbitrary: withPorts(toNames(scene)) },
    { weight: 3, arbitrary: dnsRule(scene) },
    { weight: 1, arbitrary: fc.tuple(peers('to', scene), icmps).map(([to, rest]) => ({ ...to, icmps: rest })) },
    { weight: 1, arbitrary: withPorts(toServices(scene)) },
  );
}

function ingressRule(scene: Scene): Arbitrary<Part> {
  return withPorts(peers('from', scene));
}

function denyRule(side: 'to' | 'from', scene: Scene): Arbitrary<Part> {
  return withPorts(peers(side, scene));
}

function withPorts(peer: Arbitrary<Part>): Arbitrary<Part> {
  return fc
    .tuple(peer, fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 3, arbitrary: toPorts }))
    .map(([chosen, ports]) => defined({ ...chosen, toPorts: ports }));
}

/** One way to name the other end, or none. Cilium takes one way in a rule. */
function peers(side: 'to' | 'from', { world }: Scene): Arbitrary<Part> {
  const endpoints = fc.array(peerSelector(world), { maxLength: 2 });
  const entities = fc.uniqueArray(
    fc.constantFrom(
      'world',
      'world',
      'cluster',
      'cluster',
      'host',
      'all',
      'remote-node',
      'kube-apiserver',
      'init',
      'unmanaged',
      'health',
      'ingress',
    ),
    { minLength: 1, maxLength: 2 },
  );
  return fc.oneof(
    { weight: 5, arbitrary: endpoints.map(chosen => ({ [`${side}Endpoints`]: chosen })) },
    {
      weight: 2,
      arbitrary: fc.uniqueArray(range, { minLength: 1, maxLength: 2 }).map(chosen => ({ [`${side}CIDR`]: chosen })),
    },
    {
      weight: 3,
      arbitrary: fc.array(block, { minLength: 1, maxLength: 2 }).map(chosen => ({ [`${side}CIDRSet`]: chosen })),
    },
    { weight: 3, arbitrary: entities.map(chosen => ({ [`${side}Entities`]: chosen })) },
    { weight: 1, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(requires(side), endpoints)
        .map(([must, chosen]) => ({ ...must, [`${side}Endpoints`]: chosen })),
    },
  );
}

/** What peers must have as well; policies of the same pods are bound by it too. */
function requires(side: 'to' | 'from'): Arbitrary<Part> {
  const all = labelSelector(POD_LABELS, key => fc.constant(`k8s:${key}`));
  return fc.array(all, { minLength: 1, maxLength: 1 }).map(chosen => ({ [`${side}Requires`]: chosen }));
}

/** Pods of the policy's own namespace, of a named one, of one with a label, or with any. */
function peerSelector(world: World): Arbitrary<Part> {
  const labels = fc.constantFrom<Readonly<Record<string, string>>>(
    {},
    {},
    { [NAMESPACE_KEY]: world.a },
    { [NAMESPACE_KEY]: world.b },
    { 'io.kubernetes.pod.namespace': world.b },
    { [NAMESPACE_KEY]: 'kube-system', 'k8s-app': 'kube-dns' },
    { 'k8s:io.cilium.k8s.namespace.labels.env': 'prod' },
    { 'io.cilium.k8s.namespace.labels.env': 'dev' },
    { 'k8s:io.cilium.k8s.policy.serviceaccount': 'default' },
  );
  const exists = fc.constantFrom<readonly object[]>(
    [],
    [],
    [{ key: NAMESPACE_KEY, operator: 'Exists' }],
    [{ key: NAMESPACE_KEY, operator: 'NotIn', values: [world.a] }],
  );
  return fc.tuple(podSelector, labels, exists).map(([selector, more, expressions]) => {
    const { matchLabels = {}, matchExpressions = [] } = selector as {
      readonly matchLabels?: Readonly<Record<string, string>>;
      readonly matchExpressions?: readonly object[];
    };
    // The DNS server has none of the pods' labels.
    const own = Object.hasOwn(more, 'k8s-app') ? {} : matchLabels;
    return defined({
      matchLabels: nonEmpty({ ...own, ...more }),
      matchExpressions: nonEmpty([...matchExpressions, ...expressions]),
    });
  });
}

function nonEmpty<T extends object>(part: T): T | undefined {
  return Object.keys(part).length > 0 ? part : undefined;
}

/** Names of this set, other names, and patterns of which some match. */
function toNames({ names }: Scene): Arbitrary<Part> {
  const hosts = names.map(name => name.host);
  const domain = hosts[0]?.split('.').slice(1).join('.') ?? '';
  const one = names[0]?.service ?? '';
  const run = one.slice('one'.length);
  const choice = fc.oneof(
    fc.constantFrom(...hosts, `none${run}.${domain}`).map(matchName => ({ matchName })),
    fc
      .constantFrom(
        `*${run}.${domain}`,
        `${one}.*.svc.cluster.local`,
        `*${run}.svc.cluster.local`,
        `t*${run}.${domain}`,
      )
      .map(matchPattern => ({ matchPattern })),
  );
  return fc.array(choice, { minLength: 1, maxLength: 2 }).map(toFQDNs => ({ toFQDNs }));
}

/** A rule by name is of use only where lookups pass the proxy. */
function namesWithLookups(scene: Scene): Arbitrary<readonly Part[]> {
  return fc
    .tuple(dnsRule(scene), withPorts(toNames(scene)), fc.array(egressRule(scene), { maxLength: 1 }))
    .map(([lookups, names, others]) => [lookups, names, ...others]);
}

/** Lookups through the proxy: of every name, of this set's, of others. */
function dnsRule({ names }: Scene): Arbitrary<Part> {
  const hosts = names.map(name => name.host);
  const domain = hosts[0]?.split('.').slice(1).join('.') ?? '';
  const asked = fc.oneof(
    {
      weight: 3,
      arbitrary: fc
        .constantFrom('*', '*', `*.${domain}`, '*.default.svc.cluster.local', '*.example')
        .map(matchPattern => ({ matchPattern })),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('kubernetes.default.svc.cluster.local', ...hosts).map(matchName => ({ matchName })),
    },
  );
  return fc
    .tuple(fc.array(asked, { minLength: 1, maxLength: 2 }), fc.constantFrom('ANY', 'ANY', 'UDP', 'TCP'))
    .map(([dns, protocol]) => ({
      toEndpoints: [{ matchLabels: { [NAMESPACE_KEY]: 'kube-system', 'k8s-app': 'kube-dns' } }],
      toPorts: [{ ports: [{ port: '53', protocol }], rules: { dns } }],
    }));
}

/** A Service with a selector and one without. */
function toServices({ world, names }: Scene): Arbitrary<Part> {
  const service = (serviceName: string): Part => ({ k8sService: { serviceName, namespace: world.a } });
  return fc
    .constantFrom(service(SERVICE.name), ...names.map(name => service(name.service)))
    .map(one => ({ toServices: [one] }));
}

const icmps: Arbitrary<readonly Part[]> = fc
  .constantFrom<number | undefined>(8, 8, 0)
  .map(type => [{ fields: [{ family: 'IPv4', type }] }]);

const toPorts: Arbitrary<readonly Part[]> = fc.array(
  fc
    .array(
      fc
        .tuple(
          fc.constantFrom(
            '8080',
            '8080',
            '8081',
            '443',
            '443',
            '80',
            '53',
            '9090',
            '10250',
            '6443',
            '0',
            'http',
            'echo',
          ),
          fc.constantFrom(undefined, 'TCP', 'TCP', 'UDP', 'ANY'),
        )
        .map(([port, protocol]) => defined({ port, protocol })),
      { minLength: 1, maxLength: 3 },
    )
    .map(ports => ({ ports })),
  { minLength: 1, maxLength: 2 },
);

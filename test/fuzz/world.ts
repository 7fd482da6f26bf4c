/** The small fixed world in which random policies are tried: two namespaces of pods, made once. */

/** The names of its namespaces: two for random policies, and one that they leave alone. */
export type World = { readonly a: string; readonly b: string; readonly aside: string };

/** A pod that both sends and serves; `ns` is the letter of its namespace. */
export type Actor = {
  readonly ns: keyof World;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
};

/** Labels that selectors can tell apart, and some that pods of both namespaces share. */
export const ACTORS: readonly Actor[] = [
  { ns: 'a', name: 'web', labels: { app: 'web', tier: 'front' } },
  { ns: 'a', name: 'db', labels: { app: 'db', tier: 'back', legacy: 'old' } },
  { ns: 'b', name: 'api', labels: { app: 'api', tier: 'front' } },
  { ns: 'b', name: 'cache', labels: { app: 'web', tier: 'back' } },
  { ns: 'b', name: 'job', labels: { app: 'job' } },
];

/** Tells when the agent has realised what was applied; no random policy selects it. */
export const SENTINEL: Actor = { ns: 'aside', name: 'sentinel', labels: { sentinel: 'yes' } };

/** A Service with one endpoint, on another port than the pod's, by the name of that port. */
export const SERVICE = { ns: 'a', name: 'front', port: 80, backend: 'web' } as const;

/** What pods serve; a TCP port without a server answers with a reset, which tells as much. */
export const TCP_PORT = 8080;
export const UDP_PORT = 8081;
export const CLOSED_PORT = 9090;

const NAMESPACE_LABELS = { a: { env: 'prod', team: 'pay' }, b: { env: 'dev' }, aside: {} } as const;

/** The world whose namespaces begin with `prefix`. */
export function worldOf(prefix: string): World {
  return { a: `${prefix}-a`, b: `${prefix}-b`, aside: `${prefix}-aside` };
}

/** Namespaces, pods and the Service of a world, in the order in which they are made. */
export function worldManifests(world: World): readonly object[] {
  const spaces = (['a', 'b', 'aside'] as const).map(letter => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: world[letter], labels: NAMESPACE_LABELS[letter] },
  }));
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: world[SERVICE.ns], name: SERVICE.name },
    spec: {
      selector: { app: SERVICE.backend },
      ports: [{ port: SERVICE.port, protocol: 'TCP', targetPort: 'http' }],
    },
  };
  return [...spaces, ...[...ACTORS, SENTINEL].map(actor => podOf(world, actor)), service];
}

function podOf(world: World, actor: Actor): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: world[actor.ns], name: actor.name, labels: actor.labels },
    spec: {
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name: 'client',
          image: 'nicolaka/netshoot:v0.13',
          command: ['sleep', '86400'],
        },
        {
          name: 'server',
          image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
          args: ['netexec', `--http-port=${TCP_PORT}`, `--udp-port=${UDP_PORT}`],
          ports: [
            { name: 'http', containerPort: TCP_PORT, protocol: 'TCP' },
            { name: 'echo', containerPort: UDP_PORT, protocol: 'UDP' },
          ],
        },
      ],
    },
  };
}

/** A name of one set alone, so that no earlier set's lookup has taught the agent its address. */
export type FarName = { readonly service: string; readonly host: string; readonly address: string };

/** A headless Service without a selector: its name resolves to an address outside of the cluster. */
export function nameManifests(world: World, name: FarName): readonly object[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: world.a, name: name.service },
      spec: { clusterIP: 'None', ports: [{ port: 443, protocol: 'TCP' }] },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace: world.a,
        name: name.service,
        labels: { 'kubernetes.io/service-name': name.service },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: [name.address], conditions: { ready: true } }],
      ports: [{ port: 443, protocol: 'TCP' }],
    },
  ];
}

/** The two names that the set `seed` of the run `run` may speak of. */
export function farNames(world: World, run: string, seed: number): readonly FarName[] {
  return [
    ['one', '203.0.113.60'],
    ['two', '203.0.113.61'],
  ].map(([word, address]) => {
    const service = `${word}-${run}-${seed}`;
    return { service, host: `${service}.${world.a}.svc.cluster.local`, address: address ?? '' };
  });
}

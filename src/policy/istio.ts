/**
 * Istio's outbound rules as a layer of their own: with outboundTrafficPolicy REGISTRY_ONLY a proxy lets out connections to
 * the hosts that it knows and nothing else (https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/).
 * A pod without a proxy knows nothing of all this. One policy stands for each Sidecar in each namespace, or for the mesh's
 * own settings where there is none.
 */
import type { Problem } from '../model.ts';
import { type MeshConfig, readMeshConfig } from './istio-config.ts';
import { type MeshEntry, readEntry, rulesOfEntry } from './istio-entry.ts';
import { readSidecar, type SidecarConfig } from './istio-sidecar.ts';
import { readMeta } from './meta.ts';
import type { Expression, Policy, Rule } from './model.ts';
import { type Contribution, NOTHING, type Place, type Reader, type ReaderContext } from './reader.ts';
import { type Json, listAt, memberOf, type Notebook, namespacedRef, referenceText, textAt } from './reading.ts';

const GROUP = 'networking.istio.io';
const VERSIONS = ['v1', 'v1beta1', 'v1alpha3'];

/** Reads Sidecar and ServiceEntry, and the mesh's settings; also where a pod has a proxy and neither exists. */
export const ISTIO_READER: Reader = {
  owns: [
    { group: GROUP, kind: 'Sidecar', versions: VERSIONS },
    { group: GROUP, kind: 'ServiceEntry', versions: VERSIONS },
  ],
  supports: [],
  also: context => context.objectsOf('', 'Pod').some(hasProxy),
  read: readMesh,
};

const PLACE: Place = { layer: 'mesh', tier: 'mesh', order: 0, combine: 'first-match', endOfTier: 'deny' };

/** Kinds of the mesh that are not read, told with every answer that its rules give. */
const NOT_READ =
  'VirtualService, DestinationRule, EnvoyFilter and exclusions made when the mesh was installed are not evaluated';

/** A first look, before pods are read: the exact one is `proxyOf`. */
function hasProxy(pod: Json): boolean {
  if (textAt(pod, 'metadata', 'annotations', 'ambient.istio.io/redirection') === 'enabled') return true;
  const containers = [...listAt(pod, 'spec', 'containers'), ...listAt(pod, 'spec', 'initContainers')];
  return containers.some(container => memberOf(container, 'name') === 'istio-proxy');
}

type Mesh = {
  readonly config: MeshConfig;
  readonly configProblems: readonly string[];
  readonly sidecars: readonly SidecarConfig[];
  readonly entries: readonly MeshEntry[];
};

function readMesh(context: ReaderContext): Contribution {
  const notebook: Notebook = { problems: [] };
  const config = readMeshConfig(context, notebook);
  const mesh: Mesh = {
    config,
    configProblems: notebook.problems,
    sidecars: context.objectsOf(GROUP, 'Sidecar').map(readSidecar),
    entries: context.objectsOf(GROUP, 'ServiceEntry').map(object => readEntry(object, config)),
  };
  const namespaces = new Set([
    ...mesh.sidecars.map(({ ref }) => ref.namespace),
    ...context
      .objectsOf('', 'Pod')
      .filter(hasProxy)
      .map(pod => namespacedRef('Pod', pod).namespace),
  ]);
  const policies = [...namespaces].flatMap(namespace => policiesOf(namespace, mesh));
  return {
    ...NOTHING,
    policies: policies.map(policy => ({ place: PLACE, order: 0, tie: referenceText(policy.ref), policy })),
    problems: problemsOf(mesh),
  };
}

function problemsOf({ config, configProblems, sidecars, entries }: Mesh): readonly Problem[] {
  return [
    ...configProblems.map(why => ({ object: `ConfigMap ${config.namespace}/${config.name}`, why })),
    ...sidecars.flatMap(({ ref, problems }) => problems.map(why => ({ object: referenceText(ref), why }))),
    ...entries.flatMap(({ namespace, name, problems }) =>
      problems.map(why => ({ object: `ServiceEntry ${namespace}/${name}`, why })),
    ),
  ];
}

/**
 * "Preference will be given to the resource with a workloadSelector that selects this workload"; else the namespace's own
 * Sidecar without one, else the root namespace's, else the mesh's settings alone. Two that select the same pod: "The
 * behavior of the system is undefined".
 */
function policiesOf(namespace: string, mesh: Mesh): readonly Policy[] {
  const own = mesh.sidecars.filter(({ ref }) => ref.namespace === namespace);
  const selecting = own.flatMap(sidecar => (sidecar.selects === null ? [] : [{ sidecar, selects: sidecar.selects }]));
  const defaults = defaultsIn(namespace, mesh);
  const none = (of: readonly { readonly selects: Expression }[]): readonly Expression[] =>
    of.map(({ selects }) => ({ op: 'not', of: selects }));
  const chosen = selecting.map(({ sidecar, selects }) => {
    const others = none(selecting.filter(each => each.sidecar !== sidecar));
    return policyOf(sidecar, namespace, mesh, [selects, ...unless(others, 'two Sidecars select the pod')]);
  });
  const ofDefault = defaults.map(sidecar =>
    policyOf(sidecar, namespace, mesh, [
      ...none(selecting),
      ...unless(
        defaults.length > 1 ? [{ op: 'any', of: [] }] : [],
        'the namespace has two Sidecars without a selector',
      ),
    ]),
  );
  const plain = defaults.length > 0 ? [] : [policyOf(null, namespace, mesh, none(selecting))];
  return [...chosen, ...ofDefault, ...plain.filter(policy => policy.egress.length > 0), ...ambient(namespace, mesh)];
}

function defaultsIn(namespace: string, { sidecars, config }: Mesh): readonly SidecarConfig[] {
  const within = (name: string) => sidecars.filter(({ ref, selects }) => ref.namespace === name && selects === null);
  const own = within(namespace);
  return own.length > 0 ? own : within(config.rootNamespace);
}

/** Certain where all of these hold; else not known, for this reason. */
function unless(conditions: readonly Expression[], why: string): readonly Expression[] {
  if (conditions.length === 0) return [];
  return [
    {
      op: 'any',
      of: [
        { op: 'all', of: conditions },
        { op: 'unreadable', why },
      ],
    },
  ];
}

/** The policy of one Sidecar, or (null) of the mesh's settings, for the pods of a namespace. */
function policyOf(
  sidecar: SidecarConfig | null,
  namespace: string,
  mesh: Mesh,
  conditions: readonly Expression[],
): Policy {
  const { config } = mesh;
  return {
    ref: sidecar?.ref ?? { kind: 'ConfigMap', namespace: config.namespace, name: config.name },
    subject: {
      namespaces: { kind: 'named', names: [namespace] },
      pods: { view: 'kubernetes', expression: { op: 'all', of: conditions } },
      serviceAccounts: null,
      hostNetwork: 'left-to-engine',
      proxy: 'sidecar',
    },
    isolates: { egress: true, ingress: false },
    egress: egressRules(sidecar, namespace, mesh),
    ingress: sidecar?.ingress ?? 'absent',
    problems: sidecar?.problems ?? mesh.configProblems,
    meta: readMeta(sidecar?.object ?? {}),
  };
}

/** Empty: the mesh's settings let everything out. */
function egressRules(sidecar: SidecarConfig | null, namespace: string, mesh: Mesh): readonly Rule[] {
  const { config } = mesh;
  const mode = modeOf(sidecar, namespace, mesh);
  const all: Rule = rule(0, 'ALLOW_ANY', 'accept', [{ kind: 'everyone' }], []);
  if (mode.kind === 'known' && mode.mode === 'ALLOW_ANY') return sidecar === null ? [] : [all];
  const hosts = sidecar?.hosts ?? null;
  const rules: Rule[] = [
    { ...rule(0, 'past the proxy', 'accept', [{ kind: 'past-proxy' }], []), implied: true },
    rule(
      1,
      'Services of the cluster',
      'accept',
      [{ kind: 'mesh-services', namespace, hosts, exportTo: config.exportTo }],
      [NOT_READ],
    ),
  ];
  for (const entry of mesh.entries)
    rules.push(...rulesOfEntry(entry, { namespace, hosts }, rules.length).map(withNote));
  if (mode.kind === 'known') return rules;
  const open = rule(rules.length, 'outboundTrafficPolicy', 'deny', [{ kind: 'unreadable', why: mode.why }], []);
  return [...rules, open, { ...all, index: rules.length + 1 }];
}

function withNote(each: Rule): Rule {
  return { ...each, notes: [...each.notes, NOT_READ] };
}

/**
 * A Sidecar without outboundTrafficPolicy "inherits the system detected defaults from the namespace-wide or the global
 * default Sidecar", by the text; the mesh's own counts too. Where they differ, which of them wins is not told.
 */
function modeOf(sidecar: SidecarConfig | null, namespace: string, mesh: Mesh): MeshConfig['mode'] {
  if (sidecar === null) return mesh.config.mode;
  if (sidecar.mode !== null) return sidecar.mode;
  const wide = [namespace, mesh.config.rootNamespace].flatMap(name =>
    mesh.sidecars.filter(each => each.ref.namespace === name && each.selects === null),
  );
  const modes = [mesh.config.mode, ...wide.flatMap(({ mode }) => (mode === null ? [] : [mode]))];
  const [first = mesh.config.mode] = modes;
  const open = modes.find(each => each.kind === 'not-known');
  if (open !== undefined) return open;
  if (modes.every(each => each.kind === 'known' && first.kind === 'known' && each.mode === first.mode)) return first;
  return { kind: 'not-known', why: `which outboundTrafficPolicy ${referenceText(sidecar.ref)} inherits is not known` };
}

/** Sidecars say nothing to ztunnel; whether it keeps to a mesh-wide REGISTRY_ONLY is not documented. */
function ambient(namespace: string, mesh: Mesh): readonly Policy[] {
  const { mode } = mesh.config;
  if (mode.kind === 'known' && mode.mode === 'ALLOW_ANY') return [];
  const why =
    mode.kind === 'known'
      ? 'whether the ambient mode keeps to outboundTrafficPolicy REGISTRY_ONLY is not known'
      : mode.why;
  const policy = policyOf(null, namespace, mesh, []);
  const rules = [
    rule(0, 'outboundTrafficPolicy', 'deny', [{ kind: 'unreadable', why }], []),
    rule(1, 'ALLOW_ANY', 'accept', [{ kind: 'everyone' }], []),
  ];
  return [{ ...policy, subject: { ...policy.subject, proxy: 'ambient' }, egress: rules }];
}

function rule(
  index: number,
  name: string,
  action: Rule['action'],
  anyOf: Rule['fields'][number]['anyOf'],
  notes: readonly string[],
): Rule {
  return { index, name, action, fields: [{ name: 'to', negated: false, anyOf }], notes };
}

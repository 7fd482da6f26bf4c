/**
 * The mesh's own settings, as far as they let traffic out: the ConfigMap `istio` of the control plane
 * (https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig).
 */
import type { ReaderContext } from './reader.ts';
import { type Json, listAt, type Notebook, namespacedRef, quoted, textAt } from './reading.ts';
import { readDocuments } from './yaml-text.ts';

/** What happens to connections to hosts that the mesh does not know. */
export type OutboundMode = 'ALLOW_ANY' | 'REGISTRY_ONLY';

/** The mesh's settings. `mode` is a text where it is not known: why not. */
export type MeshConfig = {
  readonly name: string;
  readonly namespace: string;
  readonly mode:
    | { readonly kind: 'known'; readonly mode: OutboundMode }
    | { readonly kind: 'not-known'; readonly why: string };
  /** Where a Sidecar counts for every namespace. */
  readonly rootNamespace: string;
  /** What a ServiceEntry without exportTo is exported to. */
  readonly exportTo: readonly string[];
};

const CONTROL_PLANE = 'istio-system';
/** Which revision of the control plane a namespace or a pod asks for, or a pod was given. */
const REVISION = 'istio.io/rev';

/**
 * Reads the ConfigMaps `istio` and `istio-REVISION`. None: the mode is not known, since the default ALLOW_ANY may have been
 * changed. Several that differ, or a revision in use without settings of its own among them: not known, since which
 * revision a proxy follows is not read. https://istio.io/latest/docs/setup/upgrade/canary/
 */
export function readMeshConfig(context: ReaderContext, notebook: Notebook): MeshConfig {
  const maps = context.objectsOf('', 'ConfigMap').filter(isMeshConfig);
  const configs = maps.map(map => readOne(map, notebook));
  const [config] = configs;
  const fallback = { name: 'istio', namespace: CONTROL_PLANE, rootNamespace: CONTROL_PLANE, exportTo: ['*'] };
  if (config === undefined)
    return {
      ...fallback,
      mode: notKnown(`ConfigMap ${CONTROL_PLANE}/istio was not read, and it says what the mesh does`),
    };
  const unread = revisionsOf(context).find(revision => !configs.some(({ name }) => name === mapOf(revision)));
  if (unread !== undefined)
    return {
      ...config,
      mode: notKnown(`ConfigMap ${config.namespace}/${mapOf(unread)} of revision ${unread} was not read`),
    };
  const text = (each: MeshConfig) => JSON.stringify([each.mode, each.rootNamespace, each.exportTo]);
  if (configs.every(each => text(each) === text(config))) return config;
  return { ...config, mode: notKnown('the revisions of the mesh have different settings') };
}

/** The namespaces of the mesh's own configuration: where its control plane is by default, and what its settings name. */
export function meshRoots(context: ReaderContext): ReadonlySet<string> {
  const maps = context.objectsOf('', 'ConfigMap').filter(isMeshConfig);
  return new Set([CONTROL_PLANE, ...maps.map(map => readOne(map, { problems: [] }).rootNamespace)]);
}

/** The default revision's settings have no suffix. */
function mapOf(revision: string): string {
  return revision === 'default' ? 'istio' : `istio-${revision}`;
}

/** The revisions that namespaces and pods name; a tag counts as one, since what it stands for is not read. */
function revisionsOf(context: ReaderContext): readonly string[] {
  const named = [...context.objectsOf('', 'Namespace'), ...context.objectsOf('', 'Pod')].flatMap(object => [
    textAt(object, 'metadata', 'labels', REVISION) ?? '',
    textAt(object, 'metadata', 'annotations', REVISION) ?? '',
  ]);
  return [...new Set(named.filter(revision => revision !== ''))];
}

function isMeshConfig(object: Json): boolean {
  return /^istio(-|$)/.test(textAt(object, 'metadata', 'name') ?? '') && textAt(object, 'data', 'mesh') !== null;
}

function readOne(object: Json, notebook: Notebook): MeshConfig {
  const { namespace, name } = namespacedRef('ConfigMap', object);
  const reading = readDocuments(textAt(object, 'data', 'mesh') ?? '');
  const mesh = reading.kind === 'unreadable' ? null : reading.values[0];
  const exportTo = listAt(mesh, 'defaultServiceExportTo').filter(each => typeof each === 'string');
  const base = {
    name,
    namespace,
    rootNamespace: textAt(mesh, 'rootNamespace') || namespace,
    exportTo: exportTo.length === 0 ? ['*'] : exportTo,
  };
  if (reading.kind === 'unreadable') {
    const why = `data.mesh of ConfigMap ${namespace}/${name} is no YAML: ${reading.why}`;
    notebook.problems.push(why);
    return { ...base, mode: notKnown(why) };
  }
  const policy = readMode(mesh, `ConfigMap ${namespace}/${name}`, notebook);
  return { ...base, mode: policy ?? { kind: 'known', mode: 'ALLOW_ANY' } };
}

/** `outboundTrafficPolicy.mode`; null: absent. Present without a mode that is known: not known. */
export function readMode(value: unknown, where: string, notebook: Notebook): MeshConfig['mode'] | null {
  if (typeof value !== 'object' || value === null || !('outboundTrafficPolicy' in value)) return null;
  const { outboundTrafficPolicy } = value;
  if (outboundTrafficPolicy === null || outboundTrafficPolicy === undefined) return null;
  const mode = textAt(outboundTrafficPolicy, 'mode');
  if (mode === 'ALLOW_ANY' || mode === 'REGISTRY_ONLY') return { kind: 'known', mode };
  const why = `${where}: outboundTrafficPolicy ${quoted(outboundTrafficPolicy)} has no mode that is known`;
  notebook.problems.push(why);
  return notKnown(why);
}

function notKnown(why: string): MeshConfig['mode'] {
  return { kind: 'not-known', why };
}

/**
 * Cuts objects down to the fields that are used, by allow-list: whatever is not named here never reaches a bundle, a
 * log or a chat. No environment values, no annotations but those that policies or proxies are steered by, no Secrets.
 * Pure.
 */
import type { KubernetesObject } from '../evidence.ts';
import { readDocuments } from '../policy/yaml-text.ts';
import { asList, asRecord, dropAbsent, type JsonRecord, textsOf } from './json.ts';
import { isPolicyKind, isTellingKind } from './policy-kinds.ts';
import { projectPod } from './project-pod.ts';

/** Annotations that steer policies, sidecars or addresses, or that name the owner of a change. By prefix. */
const ANNOTATIONS = [
  'policy.cilium.io/',
  'io.cilium.',
  'network.cilium.io/',
  'projectcalico.org/',
  'cni.projectcalico.org/podIP',
  'k8s.v1.cni.cncf.io/networks',
  'traffic.sidecar.istio.io/',
  'sidecar.istio.io/inject',
  'sidecar.istio.io/interceptionMode',
  'sidecar.istio.io/status-port',
  'ambient.istio.io/',
  'istio.io/rev',
  'networking.istio.io/exportTo',
  'config.linkerd.io/skip-',
  'linkerd.io/inject',
  'vpc.amazonaws.com/pod-eni',
  'kubectl.kubernetes.io/default-container',
  'net.beta.kubernetes.io/network-policy',
  'argocd.argoproj.io/tracking-id',
  'argocd.argoproj.io/instance',
  'kustomize.toolkit.fluxcd.io/',
  'helm.toolkit.fluxcd.io/',
  'meta.helm.sh/release-',
  'openshift.io/node-selector',
];

const CALICO_METADATA = 'projectcalico.org/metadata';

/**
 * Cuts one object down; null: a kind that is never kept (Secret, or any that nothing here reads). Policies and what they
 * refer to keep all but their status, since what a reader does not understand it must still see.
 */
export function projectObject(object: KubernetesObject): KubernetesObject | null {
  const { apiVersion, kind } = object;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const project = BUILT_IN[`${group}/${kind}`];
  if (project !== undefined)
    return { apiVersion, kind, metadata: projectMetadata(object.metadata), ...project(object) };
  if (!isPolicyKind(group, kind) && !isTellingKind(group, kind)) return null;
  return { apiVersion, kind, metadata: projectPolicyMetadata(object.metadata), ...allButStatus(object) };
}

/** What is kept beside the metadata, by `group/Kind`. */
const BUILT_IN: Readonly<Record<string, (object: KubernetesObject) => JsonRecord>> = {
  '/Pod': projectPod,
  '/Namespace': () => ({}),
  '/ServiceAccount': () => ({}),
  '/Node': projectNode,
  '/Service': projectService,
  '/ConfigMap': object => ({ data: projectConfig(object.data) }),
  'discovery.k8s.io/EndpointSlice': projectEndpointSlice,
  'apps/DaemonSet': projectDaemonSet,
  'cilium.io/CiliumNode': projectCiliumNode,
  'eks.amazonaws.com/NodeClass': object => ({
    spec: dropAbsent({ networkPolicy: asRecord(object.spec).networkPolicy }),
  }),
};

/** What identifies an object, its labels, and who controls it. */
function projectMetadata(metadata: JsonRecord): JsonRecord {
  return dropAbsent({
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    creationTimestamp: metadata.creationTimestamp,
    deletionTimestamp: metadata.deletionTimestamp,
    labels: emptyAsAbsent({ ...textsOf(metadata.labels), ...calicoLabels(metadata.annotations) }),
    annotations: emptyAsAbsent(projectAnnotations(metadata.annotations)),
    ownerReferences: emptyAsAbsent(asList(metadata.ownerReferences).map(projectOwner)),
  });
}

/** A policy's metadata also tells when and by whom it was changed; what they changed is left out. */
function projectPolicyMetadata(metadata: JsonRecord): JsonRecord {
  return dropAbsent({
    ...projectMetadata(metadata),
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    managedFields: emptyAsAbsent(asList(metadata.managedFields).map(projectManager)),
  });
}

/**
 * Calico's storage API keeps an object's real labels as JSON in an annotation, beside others that may hold anything.
 * https://github.com/projectcalico/calico/blob/master/libcalico-go/lib/backend/k8s/resources/resources.go
 */
function calicoLabels(annotations: unknown): Readonly<Record<string, string>> {
  const text = asRecord(annotations)[CALICO_METADATA];
  if (typeof text !== 'string') return {};
  try {
    return textsOf(asRecord(JSON.parse(text)).labels);
  } catch {
    return {};
  }
}

function projectAnnotations(annotations: unknown): Readonly<Record<string, string>> {
  const kept = Object.entries(textsOf(annotations)).filter(
    ([key]) => key !== CALICO_METADATA && ANNOTATIONS.some(prefix => key.startsWith(prefix)),
  );
  return Object.fromEntries(kept);
}

function projectOwner(owner: unknown): JsonRecord {
  const { apiVersion, kind, name, uid, controller } = asRecord(owner);
  return dropAbsent({ apiVersion, kind, name, uid, controller });
}

function projectManager(entry: unknown): JsonRecord {
  const { manager, operation, time, subresource } = asRecord(entry);
  return dropAbsent({ manager, operation, time, subresource });
}

function allButStatus(object: KubernetesObject): JsonRecord {
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, status: _status, ...rest } = object;
  return rest;
}

function projectNode(object: KubernetesObject): JsonRecord {
  const { podCIDR, podCIDRs } = asRecord(object.spec);
  return { spec: dropAbsent({ podCIDR, podCIDRs }), status: { addresses: asList(asRecord(object.status).addresses) } };
}

function projectService(object: KubernetesObject): JsonRecord {
  const {
    type,
    clusterIP,
    clusterIPs,
    ipFamilies,
    ports,
    selector,
    externalName,
    externalIPs,
    externalTrafficPolicy,
    internalTrafficPolicy,
  } = asRecord(object.spec);
  const publishNotReadyAddresses = asRecord(object.spec).publishNotReadyAddresses;
  const spec = { type, clusterIP, clusterIPs, ipFamilies, ports, selector, externalName, externalIPs };
  const balancer = asList(asRecord(asRecord(object.status).loadBalancer).ingress).map(entry => {
    const { ip, hostname } = asRecord(entry);
    return dropAbsent({ ip, hostname });
  });
  return {
    spec: dropAbsent({ ...spec, externalTrafficPolicy, internalTrafficPolicy, publishNotReadyAddresses }),
    ...(balancer.length === 0 ? {} : { status: { loadBalancer: { ingress: balancer } } }),
  };
}

function projectEndpointSlice(object: KubernetesObject): JsonRecord {
  return dropAbsent({
    addressType: object.addressType,
    endpoints: asList(object.endpoints).map(projectEndpoint),
    ports: object.ports,
  });
}

function projectEndpoint(endpoint: unknown): JsonRecord {
  const { addresses, conditions, nodeName, targetRef } = asRecord(endpoint);
  const { kind, namespace, name } = asRecord(targetRef);
  return dropAbsent({
    addresses,
    conditions,
    nodeName,
    targetRef: emptyAsAbsent(dropAbsent({ kind, namespace, name })),
  });
}

/** Switches of network plugins that say whether, and how, they enforce policies. An argument may hold anything else. */
const PLUGIN_SWITCH = /^--(enable-network-policy|run-firewall)(=(true|false))?$/;
/** The only variable of a DaemonSet that is kept, and only as one of these words. */
const PLUGIN_MODE = { name: 'NETWORK_POLICY_ENFORCING_MODE', values: ['standard', 'strict'] };

/** Names and images tell which engine runs, and these switches what it does. */
function projectDaemonSet(object: KubernetesObject): JsonRecord {
  const pod = asRecord(asRecord(asRecord(object.spec).template).spec);
  const images = (field: string): readonly JsonRecord[] => asList(pod[field]).map(projectPluginContainer);
  const { desiredNumberScheduled, numberReady } = asRecord(object.status);
  return {
    spec: { template: { spec: { containers: images('containers'), initContainers: images('initContainers') } } },
    status: dropAbsent({ desiredNumberScheduled, numberReady }),
  };
}

function projectPluginContainer(container: unknown): JsonRecord {
  const { name, image, args, command, env } = asRecord(container);
  const switches = (words: unknown) =>
    Array.isArray(words) ? words.filter(word => typeof word === 'string' && PLUGIN_SWITCH.test(word)) : undefined;
  const modes = asList(env).flatMap(each => {
    const { name: key, value } = asRecord(each);
    return key === PLUGIN_MODE.name && PLUGIN_MODE.values.some(known => known === value) ? [{ name: key, value }] : [];
  });
  return dropAbsent({
    name,
    image,
    args: switches(args),
    command: emptyAsAbsent(switches(command) ?? []),
    env: emptyAsAbsent(modes),
  });
}

/** Settings of engines that change what a policy does. A ConfigMap may hold anything else, so by name. */
const SETTINGS =
  /^(enable-policy|enable-k8s-(cluster-network-policy|networkpolicy)|policy-|tofqdns-|dnsproxy-|enable-l7-proxy|enable-node-selector-labels|enable-ipv[46]|enable-host-firewall|labels$|label-prefix-file|cluster-(name|id|pool-ipv[46]-cidr)|ipv4-native-routing-cidr|ipam|routing-mode|tunnel|enable-ipv4-masquerade|enable-network-policy-controller|enable-endpoint-routes|cni-exclusive|cni-chaining-mode|egress-masquerade-interfaces|enable-cilium-(clusterwide-)?network-policy|enable-(admin|cluster)-network-policy)/;

/** Istio's settings are one YAML text, of which these are kept. */
const MESH_SETTINGS = ['outboundTrafficPolicy', 'rootNamespace', 'defaultServiceExportTo'];

function projectConfig(data: unknown): Readonly<Record<string, string>> {
  const texts = textsOf(data);
  const kept = Object.entries(texts).filter(([key]) => SETTINGS.test(key));
  const mesh = Object.hasOwn(texts, 'mesh') ? projectMesh(String(texts.mesh)) : null;
  return Object.fromEntries(mesh === null ? kept : [...kept, ['mesh', mesh]]);
}

/** null: no YAML, of which nothing can be told to be harmless. */
function projectMesh(text: string): string | null {
  const reading = readDocuments(text);
  if (reading.kind === 'unreadable') return null;
  const settings = asRecord(reading.values[0]);
  return JSON.stringify(
    Object.fromEntries(MESH_SETTINGS.flatMap(key => (key in settings ? [[key, settings[key]]] : []))),
  );
}

function projectCiliumNode(object: KubernetesObject): JsonRecord {
  const { addresses, ipam } = asRecord(object.spec);
  return { spec: dropAbsent({ addresses, ipam: { podCIDRs: asList(asRecord(ipam).podCIDRs) } }) };
}

function emptyAsAbsent<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

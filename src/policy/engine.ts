/** What enforces policies in a cluster: read from `NAME@VERSION`, or found in the cluster's own objects. */
import type { Engine } from '../model.ts';
import { type Identity, identityOf, listAt, memberOf, textAt } from './reading.ts';

/** An engine, or why the text names none. */
export type EngineReading =
  | { readonly kind: 'engine'; readonly engine: Engine }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Engines by name, as `--engine` and case files give them. */
const ENGINE_NAMES = [
  'cilium',
  'calico',
  'antrea',
  'ovn-kubernetes',
  'aws-vpc-cni',
  'azure-npm',
  'gke-dataplane-v2',
  'kube-router',
  'none',
  'unknown',
] as const satisfies readonly Engine['name'][];

const VERSION = /^v?(\d+\.\d+(?:\.\d+)?)(?:[-+].*)?$/;

/** Reads `cilium@1.15.19` or `calico` (version not known). */
export function readEngineOption(text: string): EngineReading {
  const at = text.indexOf('@');
  const name = ENGINE_NAMES.find(each => each === (at < 0 ? text : text.slice(0, at)));
  if (name === undefined)
    return { kind: 'unreadable', why: `"${text}" names no engine; known: ${ENGINE_NAMES.join(', ')}` };
  if (at < 0) return { kind: 'engine', engine: { name, version: null, evidence: 'given' } };
  const version = versionIn(text.slice(at + 1));
  if (version === null) return { kind: 'unreadable', why: `"${text.slice(at + 1)}" is no version like 1.15.19` };
  return { kind: 'engine', engine: { name, version, evidence: 'given' } };
}

/** `1.15.19` of `v1.15.19-rc.1@sha256:...`; null: no version, e.g. `latest`. */
function versionIn(tag: string): string | null {
  return VERSION.exec(tag.split('@')[0] ?? '')?.[1] ?? null;
}

/** An agent is known by the last part of its image's name, and where that is a common word by its DaemonSet. */
const AGENTS: readonly { readonly engine: Engine['name']; readonly image: RegExp; readonly daemonSet: RegExp }[] = [
  { engine: 'gke-dataplane-v2', image: /^cilium$/, daemonSet: /^anetd$/ },
  { engine: 'cilium', image: /^(mirrored-cilium-)?cilium(-ci|-dev)?$/, daemonSet: /./ },
  { engine: 'calico', image: /^node$/, daemonSet: /calico|canal/ },
  { engine: 'calico', image: /^(mirrored-)?calico-node$/, daemonSet: /./ },
  { engine: 'calico', image: /^hardened-calico$/, daemonSet: /calico|canal/ },
  { engine: 'antrea', image: /^antrea-(agent|ubuntu|ubi)/, daemonSet: /antrea/ },
  { engine: 'ovn-kubernetes', image: /./, daemonSet: /^ovnkube-node/ },
  { engine: 'azure-npm', image: /^azure-npm$/, daemonSet: /./ },
  { engine: 'aws-vpc-cni', image: /^aws-network-policy-agent$/, daemonSet: /./ },
  { engine: 'kube-router', image: /^kube-router$/, daemonSet: /./ },
];

/**
 * DaemonSets of plugins without a name here. Where one runs, objects of another engine are left-overs, or something else
 * enforces them: neither is known.
 */
const OTHER_PLUGINS = /^(kube-flannel|weave-net|kindnet|kube-ovn-cni|romana-agent|contiv-netplugin)/;

/** API groups that only one engine serves. */
const GROUPS: readonly { readonly engine: Engine['name']; readonly group: RegExp }[] = [
  { engine: 'cilium', group: /^cilium\.io$/ },
  { engine: 'calico', group: /(^|\.)projectcalico\.org$/ },
  { engine: 'antrea', group: /^(crd|controlplane)\.antrea\.io$/ },
  { engine: 'ovn-kubernetes', group: /^k8s\.ovn\.org$/ },
];

/**
 * Finds the engine: from the image of its agent's DaemonSet, else from objects that only it serves (its version is then
 * not known). Two engines, none, or a plugin that has no name here: `unknown`, and `evidence` says what was seen.
 */
export function detectEngine(objects: readonly unknown[]): Engine {
  const items = objects.flatMap(object => {
    const identity = identityOf(object);
    return identity === null ? [] : [{ object, identity }];
  });
  const agents = items.flatMap(({ object, identity }) =>
    identity.kind === 'DaemonSet' ? agentOf(object, identity) : [],
  );
  const byAgent = onlyOne(agents);
  if (byAgent !== null) return byAgent;
  const other = items.find(({ identity }) => identity.kind === 'DaemonSet' && OTHER_PLUGINS.test(identity.name ?? ''));
  if (other !== undefined) {
    const { namespace, name } = other.identity;
    const evidence = `DaemonSet ${namespace ?? 'default'}/${name}: what it enforces is not known here`;
    return { name: 'unknown', version: null, evidence };
  }
  return (
    onlyOne(items.flatMap(({ identity }) => ownerOfGroup(identity))) ?? {
      name: 'unknown',
      version: null,
      evidence: 'no network plugin was recognised',
    }
  );
}

function agentOf(object: unknown, identity: Identity): readonly Engine[] {
  for (const container of listAt(object, 'spec', 'template', 'spec', 'containers')) {
    const image = textAt(container, 'image');
    if (image === null) continue;
    const { name, tag } = splitImage(image);
    const agent = AGENTS.find(each => each.image.test(name) && each.daemonSet.test(identity.name ?? ''));
    if (agent === undefined || !isPolicyEnabled(agent.engine, container)) continue;
    return [
      {
        name: agent.engine,
        version: versionIn(tag),
        evidence: `image ${image} of DaemonSet ${identity.namespace ?? 'default'}/${identity.name}`,
      },
    ];
  }
  return [];
}

/**
 * The agent of the AWS plugin runs everywhere and enforces only with this argument (told by nobody: it is taken to);
 * kube-router is often there for its routes alone (https://github.com/cloudnativelabs/kube-router/blob/master/docs/user-guide.md).
 */
function isPolicyEnabled(engine: Engine['name'], container: unknown): boolean {
  const words = [...listAt(container, 'command'), ...listAt(container, 'args')];
  if (engine === 'kube-router') return !words.includes('--run-firewall=false');
  if (engine !== 'aws-vpc-cni' || memberOf(container, 'args') === undefined) return true;
  return words.includes('--enable-network-policy=true') || words.includes('--enable-network-policy');
}

/** `repo/path/name:tag@digest`; a port in the repository's host is no tag. */
function splitImage(image: string): { readonly name: string; readonly tag: string } {
  const last = (image.split('@')[0] ?? '').split('/').at(-1) ?? '';
  const [name = '', tag = ''] = last.split(':');
  return { name, tag };
}

function ownerOfGroup(identity: Identity): readonly Engine[] {
  const found = GROUPS.find(each => each.group.test(identity.group));
  return found === undefined ? [] : [{ name: found.engine, version: null, evidence: `objects of ${identity.group}` }];
}

function onlyOne(found: readonly Engine[]): Engine | null {
  const [first] = found;
  if (first === undefined) return null;
  const names = [...new Set(found.map(each => each.name))];
  if (names.length === 1) return first;
  return {
    name: 'unknown',
    version: null,
    evidence: `more than one network plugin: ${[...new Set(found.map(each => each.evidence))].join('; ')}`,
  };
}

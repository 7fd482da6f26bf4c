/** Names for the form's type-ahead: those that this person may ask about, and no others. */
import { readPodRequest } from '../pod-request.ts';
import { permissionOf } from '../settings/permission.ts';
import type { Suggest, Typed } from '../slack/options.ts';
import { groupsOf } from './groups.ts';
import type { Work } from './work.ts';

/** What it needs of a worker's world. */
export type SuggestPorts = Pick<Work, 'settings' | 'ownTeam'> & {
  readonly ports: Pick<Work['ports'], 'slack' | 'store' | 'now' | 'log' | 'clusters'>;
};

type May = (cluster: string, namespace: string) => boolean;

/**
 * Makes it. Nobody learns the name of what he may not ask about. A pod that could be meant as it is typed is always among the
 * names: labels and owners are no pods, and a cluster may be silent.
 */
export function suggester(work: SuggestPorts): Suggest {
  return async typed => {
    const may = await mayOf(work, typed);
    switch (typed.field) {
      case 'cluster':
        return clustersFor(work, typed, may);
      case 'namespace':
        return namespacesFor(work, typed, may);
      case 'pod':
        return podsFor(work, typed, may);
      default:
        return typed.field satisfies never;
    }
  };
}

async function mayOf({ settings, ports, ownTeam }: SuggestPorts, { asker, channel }: Typed): Promise<May> {
  const { team, user } = asker;
  const named = settings.grants.flatMap(grant => grant.groups);
  const [groups, own] = await Promise.all([groupsOf(ports, user, named), ownTeam()]);
  const wish = { team, user, groups, channel, probe: false };
  return (cluster, namespace) => permissionOf(settings, { ...wish, cluster, namespace }, own).kind === 'allowed';
}

/** Clusters in which at least one namespace is granted, as far as that can be told without asking them. */
function clustersFor({ settings }: SuggestPorts, { text }: Typed, may: May): readonly string[] {
  const examples = settings.grants.flatMap(grant => grant.namespaces.map(pattern => pattern.replaceAll('*', 'x')));
  return settings.clusters
    .map(({ name }) => name)
    .filter(name => name.includes(text) && examples.some(namespace => may(name, namespace)));
}

/** The cluster that is meant: the form's, the channel's, or the only one. Empty: it is not known yet. */
function clusterOf({ settings }: SuggestPorts, { cluster, channel }: Typed): string | null {
  const own = settings.channels.find(({ id }) => id === channel)?.cluster;
  return cluster ?? own ?? (settings.clusters.length === 1 ? (settings.clusters[0]?.name ?? null) : null);
}

async function namespacesFor(work: SuggestPorts, typed: Typed, may: May): Promise<readonly string[]> {
  const cluster = clusterOf(work, typed);
  if (cluster === null) return [];
  const names = await work.ports.clusters.suggestNamespaces(cluster, typed.text);
  return names.filter(name => may(cluster, name));
}

async function podsFor(work: SuggestPorts, typed: Typed, may: May): Promise<readonly string[]> {
  const asTyped = readPodRequest(typed.text, null).kind === 'request' ? [typed.text] : [];
  const cluster = clusterOf(work, typed);
  if (cluster === null) return asTyped;
  const { settings, ports } = work;
  const namespace =
    typed.namespace ??
    settings.channels.find(({ id }) => id === typed.channel)?.namespaces.find(name => !name.includes('*')) ??
    null;
  if (namespace === null || !may(cluster, namespace)) return asTyped;
  try {
    const names = await ports.clusters.suggestPods(cluster, namespace, typed.text);
    return [...new Set([...names, ...asTyped])];
  } catch (error) {
    ports.log({ event: 'no-suggestions', cluster, why: String(error) });
    return asTyped;
  }
}

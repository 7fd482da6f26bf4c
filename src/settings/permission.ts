/** Who may ask about what: default is deny. Pure; the user's groups are looked up by whoever calls. */
import type { ChannelSettings, Grant, Settings } from './settings.ts';

/** Who wants to know what, where. */
export type Wish = {
  readonly team: string;
  readonly user: string;
  /** Ids of those user groups of the settings that the user is in. */
  readonly groups: readonly string[];
  readonly channel: string;
  /** null: not said, so the channel's, or the only one. */
  readonly cluster: string | null;
  /** null: not said, so the channel's default. */
  readonly namespace: string | null;
  readonly probe: boolean;
};

/** Whether they may. */
export type Permission =
  /** `probe` false although it was wished: only predictions are allowed, and the answer says so. */
  | {
      readonly kind: 'allowed';
      readonly cluster: string;
      readonly namespace: string;
      readonly probe: boolean;
    }
  /** Neither the question nor the channel says it. `known`: what could be said; clusters only. */
  | { readonly kind: 'incomplete'; readonly missing: 'cluster' | 'namespace'; readonly known: readonly string[] }
  | Refusal;

/** No, why, and the exact line of the configuration file that would allow it, under which key. */
export type Refusal = {
  readonly kind: 'refused';
  readonly why: string;
  readonly remedy: { readonly under: string; readonly line: string };
};

/**
 * Decides one question. `ownTeam`: the workspace of the bot, which may ask when the settings name none. In a channel of the
 * settings only what it names may be asked about; elsewhere (direct messages, new incident channels) the grants alone decide.
 */
export function permissionOf(settings: Settings, wish: Wish, ownTeam: string): Permission {
  const teams = settings.teams.length > 0 ? settings.teams : [ownTeam];
  if (!teams.includes(wish.team)) {
    return refused(
      'Your workspace is none of those that may ask.',
      '(top level)',
      `teams: [${[...teams, wish.team].join(', ')}]`,
    );
  }
  const channel = settings.channels.find(({ id }) => id === wish.channel) ?? null;
  const names = settings.clusters.map(({ name }) => name);
  const cluster = wish.cluster ?? channel?.cluster ?? (names.length === 1 ? names[0] : undefined);
  if (cluster === undefined || !names.includes(cluster))
    return { kind: 'incomplete', missing: 'cluster', known: names };
  const namespace = wish.namespace ?? channel?.namespaces.find(name => !name.includes('*'));
  if (namespace === undefined) return { kind: 'incomplete', missing: 'namespace', known: [] };
  const place = { cluster, namespace };
  return (channel === null ? null : refusalOfChannel(channel, place)) ?? byGrant(settings, wish, place);
}

type AskedPlace = { readonly cluster: string; readonly namespace: string };

function refusalOfChannel(channel: ChannelSettings, { cluster, namespace }: AskedPlace): Refusal | null {
  if (channel.cluster !== cluster) {
    return refused(
      `This channel is for the cluster ${channel.cluster} alone.`,
      'channels',
      `- {id: ${channel.id}, cluster: ${cluster}, namespaces: [${quoted(namespace)}]}`,
    );
  }
  if (channel.namespaces.some(pattern => matchesPattern(pattern, namespace))) return null;
  const namespaces = [...channel.namespaces, namespace].map(quoted).join(', ');
  return refused(
    `This channel may not ask about the namespace ${namespace}.`,
    'channels',
    `- {id: ${channel.id}, cluster: ${cluster}, namespaces: [${namespaces}]}`,
  );
}

function byGrant(settings: Settings, wish: Wish, { cluster, namespace }: AskedPlace): Permission {
  const covering = settings.grants.filter(
    grant =>
      isFor(grant, wish) &&
      grant.clusters.some(name => name === '*' || name === cluster) &&
      grant.namespaces.some(pattern => matchesPattern(pattern, namespace)),
  );
  if (covering.length > 0) {
    const probe = wish.probe && covering.some(grant => grant.probe);
    return { kind: 'allowed', cluster, namespace, probe };
  }
  return refused(
    `You may not ask about the namespace ${namespace} of the cluster ${cluster}.`,
    'grants',
    `- {users: [${wish.user}], clusters: [${cluster}], namespaces: [${quoted(namespace)}], probe: ${wish.probe}}`,
  );
}

function isFor(grant: Grant, { user, groups }: Wish): boolean {
  return grant.users.includes(user) || grant.groups.some(group => groups.includes(group));
}

/** Reports whether a name is of a pattern: `team-*` matches `team-a` and not `my-team-a`. A star stands for any characters or none. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === name;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let from = first.length;
  for (const part of rest) {
    const at = name.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}

/** YAML takes a star at the start for an alias, and a name of digits for a number. What somebody typed stays one text. */
function quoted(name: string): string {
  return /^[a-z][a-z0-9-]*$/.test(name) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(name)
    ? name
    : JSON.stringify(name);
}

function refused(why: string, under: string, line: string): Refusal {
  return { kind: 'refused', why, remedy: { under, line } };
}

/** Whether this person may ask this here, and what exactly the cluster is asked then. */
import { readPodRequest } from '../pod-request.ts';
import type { Asked, Asker, Place } from '../queue/job.ts';
import type { Refusal } from '../render/slack/notices.ts';
import { type Permission, permissionOf, type Wish } from '../settings/permission.ts';
import { groupsOf } from './groups.ts';
import type { ClusterQuestion } from './ports.ts';
import type { Work } from './work.ts';

/** Who asks what where. */
export type Request = { readonly asked: Asked; readonly asker: Asker; readonly place: Pick<Place, 'channel'> };

/** A question whose namespace is known. */
export type SettledQuestion = ClusterQuestion & { readonly namespace: string };

/** Whether they may. */
export type Authorization =
  /** `others`: where else the pod may be looked for when nobody named a namespace; null: one was named. */
  | { readonly kind: 'may'; readonly question: SettledQuestion; readonly others: Elsewhere | null }
  /** No namespace was named and there is no default: the pod has to be looked for first. */
  | { readonly kind: 'search'; readonly question: ClusterQuestion; readonly others: Elsewhere }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The same question of another namespace, or null when this person may not ask about it here. */
export type Elsewhere = (namespace: string) => SettledQuestion | null;

/** Decides. Whoever may not probe gets predictions; the bot's own jobs may ask about everything. */
export async function authorize(work: Work, { asked, asker, place }: Request): Promise<Authorization> {
  const reading = readPodRequest(asked.pod, asked.namespace);
  const namespace = reading.kind === 'request' ? reading.request.namespace : asked.namespace;
  const decide = await decider(work, { asked, asker, place });
  const elsewhere: Elsewhere = other => {
    const allowed = decide(other);
    return allowed.kind === 'allowed' ? questionOf(asked, allowed) : null;
  };
  const permission = decide(namespace);
  switch (permission.kind) {
    case 'allowed':
      return {
        kind: 'may',
        question: questionOf(asked, permission),
        others: namespace === null ? elsewhere : null,
      };
    case 'incomplete':
      return incomplete(work, { asked, place }, permission, elsewhere);
    case 'refused':
      return { kind: 'refused', refusal: refusalOf(permission) };
    default:
      return permission satisfies never;
  }
}

type Decide = (namespace: string | null) => Permission;

async function decider(work: Work, { asked, asker, place }: Request): Promise<Decide> {
  const { settings, ports } = work;
  if (asker.kind === 'system') return namespace => ownJob(work, { asked, place }, namespace);
  const { team, user } = asker;
  const named = settings.grants.flatMap(grant => grant.groups);
  const [groups, ownTeam] = await Promise.all([groupsOf(ports, user, named), work.ownTeam()]);
  const wish: Omit<Wish, 'namespace'> = {
    team,
    user,
    groups,
    channel: place.channel,
    cluster: asked.cluster,
    probe: asked.probe,
  };
  return namespace => permissionOf(settings, { ...wish, namespace }, ownTeam);
}

function ownJob({ settings }: Work, { asked, place }: Omit<Request, 'asker'>, namespace: string | null): Permission {
  const channel = settings.channels.find(({ id }) => id === place.channel);
  const known = settings.clusters.map(({ name }) => name);
  const cluster = asked.cluster ?? channel?.cluster ?? (known.length === 1 ? known[0] : undefined);
  if (cluster === undefined || !known.includes(cluster)) return { kind: 'incomplete', missing: 'cluster', known };
  const named = namespace ?? channel?.namespaces.find(name => !name.includes('*'));
  if (named === undefined) return { kind: 'incomplete', missing: 'namespace', known: [] };
  return { kind: 'allowed', cluster, namespace: named, probe: asked.probe };
}

function questionOf(
  asked: Asked,
  { cluster, namespace, probe }: Extract<Permission, { kind: 'allowed' }>,
): SettledQuestion {
  return { cluster, namespace, pod: asked.pod, host: asked.host, probe };
}

function incomplete(
  { settings }: Work,
  { asked, place }: Omit<Request, 'asker'>,
  { missing, known }: Extract<Permission, { kind: 'incomplete' }>,
  others: Elsewhere,
): Authorization {
  if (missing === 'namespace') {
    const channel = settings.channels.find(({ id }) => id === place.channel);
    const cluster = asked.cluster ?? channel?.cluster ?? settings.clusters[0]?.name ?? '';
    const { pod, host, probe } = asked;
    return { kind: 'search', question: { cluster, namespace: null, pod, host, probe }, others };
  }
  const what =
    asked.cluster === null ? 'It is not said which cluster is meant.' : `There is no cluster ${asked.cluster} here.`;
  const refusal: Refusal = {
    what,
    cause: `Configured: ${known.join(', ')}; this channel has no default.`,
    remedy: `Say which, as in /egress ${asked.pod} ${asked.host} --cluster ${known[0] ?? 'NAME'}`,
    linesToAdd: null,
  };
  return { kind: 'refused', refusal };
}

function refusalOf({ why, remedy }: Extract<Permission, { kind: 'refused' }>): Refusal {
  return {
    what: why,
    cause: 'Only what the configuration allows may be asked.',
    remedy: `Ask who runs the bot to add this line to its configuration, ${remedy.under === '(top level)' ? 'at the top level' : `under ${remedy.under}`}:`,
    linesToAdd: remedy.line,
  };
}

/** Alert -> the question that it is, or why it is none. Pure: the rules of the configuration decide, nothing is guessed. */
import { readDestination, writeDestination } from '../destination.ts';
import { readPodRequest } from '../pod-request.ts';
import type { Asked } from '../queue/job.ts';
import type { PageRule, PagingSettings } from '../settings/paging.ts';
import type { Settings } from '../settings/settings.ts';
import type { Alert } from './alert.ts';
import { matchesGlob, matchPattern, type TemplateSources, writeTemplate } from './template.ts';
import { workloadOf } from './workload.ts';

/** What an alert comes to. */
export type Mapping =
  /** `cause`: the same for alerts that one answer is for: cluster, namespace, workload, host and port. */
  | {
      readonly kind: 'ask';
      readonly rule: string;
      readonly asked: Asked;
      readonly channel: string;
      readonly cause: string;
    }
  /** A rule is for it (null: none is, and `others` says that it is answered), but it does not hold what is needed. */
  | {
      readonly kind: 'unmapped';
      readonly rule: string | null;
      readonly why: string;
      readonly remedy: string;
      readonly channel: string;
    }
  /** It is no egress question, or one of our own pages coming back. */
  | { readonly kind: 'other'; readonly why: string };

/** Everything that we page has a key that begins so, and is not asked about again. */
export const OWN_KEY = 'egress:';

/** Maps one alert. */
export function mapAlert(
  alert: Alert,
  paging: PagingSettings,
  settings: Pick<Settings, 'clusters' | 'channels'>,
): Mapping {
  if (alert.incident.origin?.startsWith(OWN_KEY)) return { kind: 'other', why: 'It is a page of our own.' };
  const rule = paging.rules.find(({ when }) => isFor(when, alert));
  if (rule !== undefined) return byRule(alert, rule, { paging, settings });
  if (paging.others === 'log') return { kind: 'other', why: 'No rule of the configuration is for it.' };
  return {
    kind: 'unmapped',
    rule: null,
    why: 'No rule of the configuration is for this alert.',
    remedy: 'If it is an egress question, add a rule under paging.rules; if not, set paging.others to log.',
    channel: paging.channel,
  };
}

function isFor({ sources, service, labels, text }: PageRule['when'], alert: Alert): boolean {
  return (
    (sources.length === 0 || sources.includes(alert.incident.source)) &&
    (service === null || (alert.service !== null && matchesGlob(service, alert.service))) &&
    (text === null || matchesGlob(text, alert.title) || matchesGlob(text, alert.text)) &&
    Object.entries(labels).every(
      ([name, glob]) => Object.hasOwn(alert.labels, name) && matchesGlob(glob, alert.labels[name] ?? ''),
    )
  );
}

type Around = { readonly paging: PagingSettings; readonly settings: Pick<Settings, 'clusters' | 'channels'> };

function byRule(alert: Alert, rule: PageRule, { paging, settings }: Around): Mapping {
  const finds = rule.find.map(pattern => matchPattern(pattern, alert.text)).find(found => found !== null) ?? {};
  const sources: TemplateSources = { ...alert, finds };
  const write = (field: 'pod' | 'host' | 'namespace' | 'cluster'): string | null =>
    rule[field].map(template => writeTemplate(template, sources)).find(value => value !== null) ?? null;
  const channel =
    rule.channel.flatMap(template => channelOf(writeTemplate(template, sources)) ?? []).at(0) ?? paging.channel;
  const unmapped = (why: string, remedy: string): Mapping => ({
    kind: 'unmapped',
    rule: rule.name,
    why,
    remedy,
    channel,
  });
  const [pod, host, namespace, named] = [write('pod'), write('host'), write('namespace'), write('cluster')];
  if (pod === null || host === null) {
    const missing = [pod === null ? 'pod' : null, host === null ? 'host' : null].filter(field => field !== null);
    const looked = missing.flatMap(field => rule[field as 'pod' | 'host']).join(', ');
    return unmapped(
      `Rule "${rule.name}" finds no ${missing.join(' and no ')} in it (looked for ${looked}).`,
      `Add what is missing to the alert, or another way to find it to the rule; it has the labels ${list(alert.labels)}, the annotations ${list(alert.annotations)}.`,
    );
  }
  const request = readPodRequest(pod, namespace);
  const destination = readDestination(host);
  for (const reading of [request, destination]) {
    if (reading.kind === 'refused')
      return unmapped(`${reading.fault.what} ${reading.fault.cause}`, reading.fault.remedy);
  }
  const cluster = clusterOf(named, channel, settings);
  if (cluster === null) {
    const known = settings.clusters.map(({ name }) => name).join(', ');
    return unmapped(
      named === null ? 'It is not said which cluster is meant.' : `There is no cluster ${named} in the configuration.`,
      `Known are ${known}: name one of them under \`cluster\` of the rule "${rule.name}".`,
    );
  }
  if (request.kind === 'refused' || destination.kind === 'refused') throw new Error('refused, and gone on with');
  const where = request.request.namespace ?? namespace ?? '';
  return {
    kind: 'ask',
    rule: rule.name,
    asked: { pod, host, namespace, cluster, probe: true },
    channel,
    cause: JSON.stringify([cluster, where, workloadOf(request.request), writeDestination(destination.destination)]),
  };
}

/** An id of a channel, or the one in a link to it, as incident tools write. https://docs.slack.dev/interactivity/deep-linking */
function channelOf(text: string | null): string | null {
  return (
    /^([CG][A-Z0-9]{5,})$/.exec(text ?? '')?.[1] ??
    /[/?&](?:archives\/|channel=|id=)([CG][A-Z0-9]{5,})(?![A-Za-z0-9])/.exec(text ?? '')?.[1] ??
    null
  );
}

/** The named one, that of the channel, or the only one; null: none of them, or one that is not known. */
function clusterOf(named: string | null, channel: string, { clusters, channels }: Around['settings']): string | null {
  const only = clusters.length === 1 ? (clusters[0]?.name ?? null) : null;
  const name = named ?? channels.find(({ id }) => id === channel)?.cluster ?? only;
  return clusters.some(cluster => cluster.name === name) ? name : null;
}

function list(entries: Readonly<Record<string, string>>): string {
  return (
    Object.keys(entries)
      .toSorted((a, b) => (a < b ? -1 : 1))
      .join(', ') || '(none)'
  );
}

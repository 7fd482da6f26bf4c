/** Watched flows that could never be looked at, or that would tell a channel what it may not know. */
import { readDestination } from '../destination.ts';
import type { Fault } from '../faults.ts';
import { readPodRequest } from '../pod-request.ts';
import { matchesPattern } from './permission.ts';
import type { Place } from './read-settings.ts';
import type { Settings } from './settings.ts';
import type { WatchSettings } from './watch.ts';

/** All of them. That names are given once, and clusters exist, is the cross-check's. */
export function checkWatch(
  watch: readonly WatchSettings[],
  { clusters, channels }: Pick<Settings, 'clusters' | 'channels'>,
  place: Place,
): readonly Fault[] {
  return watch.flatMap((each, index) => {
    const at = (field: keyof WatchSettings): string => place(['watch', index, field]);
    const pod = readPodRequest(each.pod, each.namespace);
    const host = readDestination(each.host);
    return [
      ...(pod.kind === 'refused' ? [fault(at('pod'), `${pod.fault.what} ${pod.fault.cause}`, pod.fault.remedy)] : []),
      ...(pod.kind === 'request' && pod.request.namespace !== each.namespace
        ? [fault(at('pod'), `It names another namespace than ${each.namespace}.`, 'Say the namespace once.')]
        : []),
      ...(host.kind === 'refused'
        ? [fault(at('host'), `${host.fault.what} ${host.fault.cause}`, host.fault.remedy)]
        : []),
      // A cluster that is not there is a fault of its own.
      ...(clusters.some(({ name }) => name === each.cluster) ? outsideOfChannel(each, channels, at('channel')) : []),
    ];
  });
}

/** A channel of the configuration hears of what may be asked about in it, and of nothing else. */
function outsideOfChannel(
  { channel, cluster, namespace }: WatchSettings,
  channels: Settings['channels'],
  at: string,
): readonly Fault[] {
  const settings = channels.find(({ id }) => id === channel);
  if (settings === undefined) return [];
  if (settings.cluster !== cluster) {
    return [fault(at, `This channel is for the cluster ${settings.cluster} alone.`, 'Take another channel.')];
  }
  if (settings.namespaces.some(pattern => matchesPattern(pattern, namespace))) return [];
  const remedy = `Take another channel, or add ${namespace} to its namespaces under channels.`;
  return [fault(at, `This channel may not ask about the namespace ${namespace}.`, remedy)];
}

function fault(at: string, cause: string, remedy: string): Fault {
  return { code: 'bad-config', what: `The configuration cannot be used: ${at}.`, cause, remedy };
}

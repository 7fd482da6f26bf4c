/** Who may ask where under load. */
import type { Settings } from '../../src/settings/settings.ts';

/** One person asks everything: whose questions they are does not matter to the load. */
export const ASKER = 'U0ADA';

/** Ids of so many channels. */
export function channelIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `C0LOAD${String(index).padStart(4, '0')}`);
}

/** The configuration that lets this person ask in all of them. */
export function loadSettings(channels: number): Settings {
  return {
    clusters: [{ name: 'prod', access: { kind: 'kubeconfig', context: null, asBot: false } }],
    channels: channelIds(channels).map(id => ({ id, cluster: 'prod', namespaces: ['*'] })),
    grants: [{ users: [ASKER], groups: [], clusters: ['prod'], namespaces: ['*'], probe: true }],
    teams: [],
    subjectAccessReview: null,
  };
}

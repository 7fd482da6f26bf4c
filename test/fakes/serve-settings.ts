/** Who may ask what in the tests of the one process. */
import type { Settings } from '../../src/settings/settings.ts';
import { ADA, CHANNEL } from './slack-app.ts';

export const SERVE_SETTINGS: Settings = {
  clusters: [{ name: 'prod', access: { kind: 'kubeconfig', context: null, asBot: false } }],
  channels: [{ id: CHANNEL, cluster: 'prod', namespaces: ['*'] }],
  grants: [{ users: [ADA], groups: [], clusters: ['prod'], namespaces: ['*'], probe: true }],
  teams: [],
  subjectAccessReview: null,
};

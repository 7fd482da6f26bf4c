/** `onOptions`: the names that the form offers while somebody types. It needs the cluster, so it is no part of `onCommand`. */
import { teamsOf } from '../cloud/environment.ts';
import { slackFunction } from '../cloud/slack-function.ts';
import { registerOptions } from '../slack/options.ts';
import { suggester } from '../work/suggest.ts';
import { apiUrl, cloudClusters, cloudPorts, installation, slackIdentity, slackTokens } from './worker.ts';

/** Answers a request of API Gateway (payload version 2.0). */
export const onOptions = slackFunction({
  secret: slackTokens,
  identity: slackIdentity,
  apiUrl,
  teams: teamsOf(process.env),
  now: Date.now,
  listen: (app, botToken, log) => {
    const installed = installation();
    const { ports, ownTeam } = cloudPorts(botToken, cloudClusters(installed, log), log);
    registerOptions(app, { suggest: suggester({ settings: installed.settings, ports, ownTeam }), log });
  },
});

/** Settings of the engine itself that change what rules match, as its ConfigMap has them. */
import type { Engine } from '../model.ts';
import { isCiliumConfig } from './cilium-config.ts';
import { readIdentitySetting } from './cilium-identity.ts';
import { type ConfiguredEngine, compareVersions } from './departures.ts';
import { textAt } from './reading.ts';

/** The first version of Cilium that knows `policy-cidr-match-mode`. */
const SINCE = '1.15.0';

/**
 * Adds what Cilium's ConfigMap says. "Optionally, you can direct the policy engine to select nodes by CIDR / ipBlock. This
 * requires you to configure Cilium with --policy-cidr-match-mode=nodes"; agents then tell all other nodes apart by address
 * (https://docs.cilium.io/en/stable/security/policy/language/#selecting-nodes-with-cidr-ipblock). Not read: as it is by default.
 */
export function configured(engine: Engine, objects: readonly unknown[]): ConfiguredEngine {
  if (engine.name !== 'cilium' || (engine.version !== null && compareVersions(engine.version, SINCE) < 0))
    return engine;
  const configs = objects.filter(isCiliumConfig);
  const modes = configs.map(each => textAt(each, 'data', 'policy-cidr-match-mode') ?? '');
  const matches = modes.some(mode => mode.split(/[\s,]+/).includes('nodes'));
  const haveLabels = configs.some(each => textAt(each, 'data', 'enable-node-selector-labels') === 'true');
  const identitySetting = readIdentitySetting(configs[0]);
  return {
    ...engine,
    ...(matches && { cidrsMatchNodes: true }),
    ...(haveLabels && { nodesHaveLabels: true }),
    ...(identitySetting !== null && { identitySetting }),
  };
}

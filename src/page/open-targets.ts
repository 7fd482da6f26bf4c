/** The targets of the configuration, with their secrets; every secret that is missing is told at once. */
import type { Fault } from '../faults.ts';
import type { PagingSettings, TargetSettings } from '../settings/paging.ts';
import type { SecretOf } from './authenticate.ts';
import type { CallPorts } from './call.ts';
import { opsgenieTarget } from './opsgenie-target.ts';
import { pagerDutyTarget } from './pagerduty-target.ts';
import type { Target } from './target.ts';
import { webhookTarget } from './webhook-target.ts';

/** Makes the targets. Whether the secrets are there is `faultsOfSecrets`'s. */
export function openTargets(settings: PagingSettings, secretOf: SecretOf, ports: CallPorts): readonly Target[] {
  return settings.targets.map(target => {
    switch (target.kind) {
      case 'pagerduty':
        return pagerDutyTarget(target, secretOf, ports);
      case 'opsgenie':
        return opsgenieTarget(target, secretOf, ports);
      case 'webhook':
        return webhookTarget(target, secretOf, ports);
      default:
        return target satisfies never;
    }
  });
}

/** Of every environment variable that the configuration names and that is not set. No value is repeated. */
export function faultsOfSecrets({ sources, targets }: PagingSettings, secretOf: SecretOf): readonly Fault[] {
  const { pagerduty, alertmanager, grafana } = sources;
  const names = [
    ...(pagerduty?.secrets ?? []),
    ...[alertmanager, grafana].flatMap(auth =>
      auth === undefined ? [] : auth.kind === 'bearer' ? auth.tokens : auth.passwords,
    ),
    ...targets.flatMap(secretsOf),
  ];
  return [...new Set(names)].filter(name => secretOf(name) === null).map(missing);
}

function secretsOf(target: TargetSettings): readonly string[] {
  switch (target.kind) {
    case 'pagerduty':
      return [target.notes?.token ?? null, target.routingKey].filter(name => name !== null);
    case 'opsgenie':
      return [target.apiKey];
    case 'webhook':
      return [target.secret];
    default:
      return target satisfies never;
  }
}

function missing(name: string): Fault {
  return {
    code: 'bad-config',
    what: `The variable ${name} is not set.`,
    cause: 'The configuration names it under paging, and without it a pager is not known or not reached.',
    remedy: 'Set it to the secret, or take it out of the configuration.',
  };
}

/** The ports of a diagnosis over a connection to a real cluster. */
import type { Ports } from '../diagnose/pipeline.ts';
import { FaultError } from '../faults.ts';
import type { Engine } from '../model.ts';
import type { Cleanup } from './cleanup.ts';
import { collect } from './collect.ts';
import type { Connection } from './connect.ts';
import { dryRunManifests } from './dry-run.ts';
import { observe } from './observe.ts';
import { ensureOwnNamespace } from './own-namespace.ts';
import { type ObserveSettings, prepare } from './prepare.ts';
import { rereadPolicies } from './reread.ts';
import { sweepOrphans } from './sweep.ts';
import { findTarget } from './target.ts';

/** What one diagnosis needs beside its question. */
export type Wiring = {
  readonly connection: Connection;
  readonly settings: ObserveSettings;
  /** The bot's own namespace, where control and node pods run. */
  readonly namespace: string;
  /** Given instead of found out; null: find out. */
  readonly engine: Engine | null;
  readonly cleanup: Cleanup;
  readonly onStep: Ports['onStep'];
  /** The bot's own namespace did not exist and was made: only for somebody who asks as himself. */
  readonly onNamespaceMade: (name: string) => void;
};

/** Wires them up. Nothing is asked of the cluster before a port is called. */
export function livePorts({
  connection,
  settings,
  namespace,
  engine,
  cleanup,
  onStep,
  onNamespaceMade,
}: Wiring): Ports {
  const { reader, prober } = connection;
  return {
    target: async question => {
      const found = await findTarget(connection, question.pod, question.destination, connection.defaultNamespace);
      if (found.kind === 'fault') throw new FaultError(found.fault);
      return { ...found.target, choice: found.choice };
    },
    collect: () => collect(connection, { engine }),
    observe: async (question, target) => {
      // What a killed run left goes at the next start, beside the work and never instead of it.
      void sweepOrphans({ reader, prober, namespaces: [namespace, target.namespace] }, Date.now());
      // Somebody who asks as himself need not have installed anything; the bot's accounts never make a namespace.
      const own = connection.asBot ? null : await ensureOwnNamespace(reader, namespace, true);
      if (own?.kind === 'created') onNamespaceMade(namespace);
      const { node } = target;
      const { vantages, timeoutMs } = question;
      const preparation = prepare({ reader, prober, namespace }, settings, cleanup, { node, vantages, timeoutMs });
      return observe(preparation, question, target, settings);
    },
    dryRun: manifests => dryRunManifests(connection, manifests),
    changedPolicies: collected => rereadPolicies(connection, collected),
    nowMs: () => performance.now(),
    clock: () => new Date().toISOString(),
    onStep,
    refuseRanges: settings.refuseRanges,
  };
}

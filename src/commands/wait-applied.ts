/** Waits until somebody has applied the proposed fix. The bot itself never applies anything. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '../cluster/connect.ts';
import { manifestExists } from '../cluster/dry-run.ts';
import { FaultError } from '../faults.ts';
import type { Fix } from '../model.ts';
import { fixYaml } from '../render/fix-view.ts';
import type { AskOptions } from './ask-options.ts';
import { connectFor } from './connect-for.ts';

/** Milliseconds between two looks: a person applies it, so a second is no delay. */
const LOOK_EVERY_MS = 1_000;
/** Milliseconds that a CNI takes to enforce what the API server has just taken. */
const ENFORCED_AFTER_MS = 2_000;

/** Returns when every manifest of the fix is in the cluster. Throws a `usage` fault when `seconds` run out before. */
export async function waitUntilApplied(
  fix: Fix,
  options: Pick<AskOptions, 'context' | 'asBot'>,
  seconds: number,
): Promise<void> {
  process.stderr.write(
    `${fixYaml(fix)}egress: waiting up to ${seconds} s until this is applied; then the same probes run again\n`,
  );
  const connection = await connectFor(options);
  try {
    for (let looked = 0; looked < seconds; looked++) {
      if (await allApplied(fix, connection)) return await sleep(ENFORCED_AFTER_MS);
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await connection.close();
  }
  throw new FaultError({
    code: 'usage',
    what: `The fix was not applied within ${seconds} s.`,
    cause: 'At least one of its objects is not in the cluster.',
    remedy: 'Apply the YAML above and ask again, or give --verify-wait more seconds.',
  });
}

async function allApplied(fix: Fix, connection: Connection): Promise<boolean> {
  for (const manifest of fix.manifests) {
    if (!(await manifestExists(connection, manifest))) return false;
  }
  return true;
}

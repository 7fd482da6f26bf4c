/** Which user groups somebody is in, as Slack says; kept for minutes, since every question asks. */
import type { Store, Stored } from '../store/store.ts';
import type { WorkPorts } from './ports.ts';

/** Who leaves a group may ask for this long. */
const KEPT_FOR_MS = 300_000;

/** Those of `groups` that the user is in. A group that Slack does not tell (deleted, no scope) has nobody in it. */
export async function groupsOf(
  ports: Pick<WorkPorts, 'slack' | 'store' | 'now' | 'log'>,
  user: string,
  groups: readonly string[],
): Promise<readonly string[]> {
  const unique = [...new Set(groups)];
  const members = await Promise.all(unique.map(group => membersOf(ports, group)));
  return unique.filter((_, index) => members[index]?.includes(user));
}

async function membersOf(
  { slack, store, now, log }: Pick<WorkPorts, 'slack' | 'store' | 'now' | 'log'>,
  group: string,
): Promise<readonly string[]> {
  const key = { partition: `group#${group}`, sort: 'members' };
  const stored = (await store.get(key)) as Stored<readonly string[]> | null;
  if (stored !== null) return stored.body;
  const asked = await slack.groupMembers(group);
  if (asked.kind === 'refused') {
    log({ event: 'group-not-read', group, error: asked.error });
    return [];
  }
  await store.put(key, asked.value, { expected: 'any', expiresAtMs: now() + KEPT_FOR_MS } satisfies Parameters<
    Store['put']
  >[2]);
  return asked.value;
}

/** The bot's store, for commands that read what it kept. */
import { existsSync } from 'node:fs';
import { FaultError } from '../faults.ts';
import { shown } from '../hostname.ts';
import type { Store } from '../store/store.ts';

/** `--database` and `--table`, as commander gives them. */
export type StoreOptions = { readonly database?: string; readonly table?: string };

/** Texts of the two options, for commander's `option`. */
export const STORE_FLAGS = {
  database: ['--database <file>', 'the database of `egress serve` (default: EGRESS_DATABASE, else egress.sqlite)'],
  table: ['--table <name>', 'the table of DynamoDB (default: EGRESS_TABLE)'],
} as const;

/** Opens it. A file is never made: an empty one would say that nothing ever happened. Throws a FaultError when there is none. */
export async function openStore({ database, table }: StoreOptions): Promise<Store> {
  const name = table ?? (database === undefined ? process.env.EGRESS_TABLE : undefined);
  if (name) {
    const { openDynamoStore } = await import('../store/dynamo-store.ts');
    return openDynamoStore({ table: name }, Date.now);
  }
  const file = database ?? (process.env.EGRESS_DATABASE || 'egress.sqlite');
  if (!existsSync(file)) {
    throw new FaultError({
      code: 'usage',
      what: `There is no database ${shown(file)}.`,
      cause: 'No such file exists.',
      remedy:
        'Name the file with --database or EGRESS_DATABASE, or the table of DynamoDB with --table or EGRESS_TABLE.',
    });
  }
  const { openSqliteStore } = await import('../store/sqlite-store.ts');
  return openSqliteStore(file, Date.now);
}

/** The store of AWS: one table of DynamoDB with the keys `partition` and `sort`, and `ttl` as its TTL attribute. */
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { FaultError } from '../faults.ts';
import { bodyText, checkKey } from './limits.ts';
import type { Expected, Key, ListOptions, PutOptions, Store, Stored, Write } from './store.ts';

type Item = Record<string, AttributeValue>;

/** Which table, and the client for it; without one: the process's own credentials, region and endpoint variables. */
export type DynamoOptions = { readonly table: string; readonly client?: DynamoDBClient };

/** Every name is a placeholder: some are reserved words. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html */
const NAMES = {
  '#partition': 'partition',
  '#sort': 'sort',
  '#body': 'body',
  '#version': 'version',
  '#expires': 'expiresAtMs',
  '#ttl': 'ttl',
} as const;
type Name = keyof typeof NAMES;

const LIVE = '(attribute_not_exists(#expires) OR #expires > :now)';

/** Makes the store. Nothing is asked of AWS before the first call; each of those rejects with a FaultError when it fails. */
export function openDynamoStore({ table, client: given }: DynamoOptions, now: () => number): Store {
  const client = given ?? defaultClient();
  const attempt = <Value>(work: Promise<Value>): Promise<Value> =>
    work.catch((error: unknown) => {
      throw error instanceof ConditionalCheckFailedException ? error : unreachable(table, error);
    });

  const get = async (key: Key): Promise<Stored | null> => {
    checkKey(key);
    const command = new GetItemCommand({ TableName: table, Key: keyItem(key), ConsistentRead: true });
    const { Item: item } = await attempt(client.send(command));
    const stored = item === undefined ? null : storedOf(item);
    return stored?.expiresAtMs != null && stored.expiresAtMs <= now() ? null : stored;
  };

  const put = async (key: Key, body: unknown, options: PutOptions): Promise<Write> => {
    checkKey(key);
    const command = putCommand(table, { key, text: bodyText(key, body), nowMs: now() }, options);
    try {
      const { Attributes: written } = await attempt(client.send(command));
      return { kind: 'stored', version: Number(written?.version?.N) };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { kind: 'conflict' };
      throw error;
    }
  };

  const list = async (partition: string, options: ListOptions): Promise<readonly Stored[]> => {
    const found: Stored[] = [];
    let start: Item | undefined;
    do {
      // A page ends at 1 MB, and what expired is left out after the page was cut: one page is never known to be all.
      const input = queryInput(table, partition, options, now());
      const page = await attempt(client.send(new QueryCommand({ ...input, ExclusiveStartKey: start })));
      found.push(...(page.Items ?? []).map(storedOf));
      start = page.LastEvaluatedKey;
    } while (start !== undefined && found.length < options.limit);
    return found.slice(0, options.limit);
  };

  return {
    get,
    put,
    remove: async key => {
      checkKey(key);
      await attempt(client.send(new DeleteItemCommand({ TableName: table, Key: keyItem(key) })));
    },
    list,
    close: async () => client.destroy(),
  };
}

/** Throttled and dropped calls are tried five times within a second or so; then the job as a whole is tried again. */
function defaultClient(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 2000, requestTimeout: 5000, throwOnRequestTimeout: true },
  });
}

/** One update: it counts the version on the server, so nothing has to be read before. */
function putCommand(
  table: string,
  { key, text, nowMs }: { readonly key: Key; readonly text: string; readonly nowMs: number },
  { expected, expiresAtMs }: PutOptions,
): UpdateItemCommand {
  const expiry = expiresAtMs === null ? ' REMOVE #expires, #ttl' : ', #expires = :expires, #ttl = :ttl';
  const condition = conditionOf(expected);
  return new UpdateItemCommand({
    TableName: table,
    Key: keyItem(key),
    // Versions begin at the time, so that an item that was removed and made again is not taken for the old one.
    UpdateExpression: `SET #body = :body, #version = if_not_exists(#version, :start) + :one${expiry}`,
    ...(condition === null ? {} : { ConditionExpression: condition }),
    ExpressionAttributeNames: names(`#body #version #expires #ttl ${condition ?? ''}`),
    ExpressionAttributeValues: {
      ':body': { S: text },
      ':start': { N: String(nowMs) },
      ':one': { N: '1' },
      ...(expected === 'any' ? {} : { ':now': { N: String(nowMs) } }),
      ...(typeof expected === 'object' ? { ':version': { N: String(expected.version) } } : {}),
      // DynamoDB removes by whole seconds, some time after them; what counts is the exact time beside it.
      ...(expiresAtMs === null
        ? {}
        : { ':expires': { N: String(expiresAtMs) }, ':ttl': { N: String(Math.ceil(expiresAtMs / 1000)) } }),
    },
    ReturnValues: 'UPDATED_NEW',
  });
}

function conditionOf(expected: Expected): string | null {
  if (expected === 'any') return null;
  return expected === 'absent'
    ? 'attribute_not_exists(#partition) OR #expires <= :now'
    : `#version = :version AND ${LIVE}`;
}

function queryInput(
  table: string,
  partition: string,
  { from, to, limit, order }: ListOptions,
  nowMs: number,
): QueryCommandInput {
  const condition = `#partition = :partition${sortCondition(from, to)}`;
  return {
    TableName: table,
    KeyConditionExpression: condition,
    FilterExpression: LIVE,
    ExpressionAttributeNames: names(`${condition} ${LIVE}`),
    ExpressionAttributeValues: {
      ':partition': { S: partition },
      ':now': { N: String(nowMs) },
      ...(from === undefined ? {} : { ':from': { S: from } }),
      ...(to === undefined ? {} : { ':to': { S: to } }),
    },
    ConsistentRead: true,
    ScanIndexForward: order === 'ascending',
    Limit: limit,
  };
}

/** A query takes one condition on the sort key, so both bounds are one. */
function sortCondition(from: string | undefined, to: string | undefined): string {
  if (from === undefined) return to === undefined ? '' : ' AND #sort <= :to';
  return to === undefined ? ' AND #sort >= :from' : ' AND #sort BETWEEN :from AND :to';
}

/** DynamoDB refuses a name that no expression uses. */
function names(expressions: string): Record<string, string> {
  return Object.fromEntries(
    (Object.keys(NAMES) as Name[]).filter(name => expressions.includes(name)).map(name => [name, NAMES[name]]),
  );
}

function keyItem({ partition, sort }: Key): Item {
  return { partition: { S: partition }, sort: { S: sort } };
}

function storedOf(item: Item): Stored {
  const expires = item.expiresAtMs?.N;
  return {
    key: { partition: item.partition?.S ?? '', sort: item.sort?.S ?? '' },
    body: JSON.parse(item.body?.S ?? 'null') as unknown,
    version: Number(item.version?.N),
    expiresAtMs: expires === undefined ? null : Number(expires),
  };
}

function unreachable(table: string, error: unknown): FaultError {
  return new FaultError(
    {
      code: 'internal',
      what: `The table ${table} of DynamoDB did not answer as it should.`,
      cause: error instanceof Error ? error.name : String(error),
      remedy: 'The job is tried again by itself; if it persists, check the table, its role and the status of AWS.',
    },
    { cause: error },
  );
}

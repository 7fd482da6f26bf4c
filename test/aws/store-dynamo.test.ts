import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { FaultError } from '../../src/faults.ts';
import { openDynamoStore } from '../../src/store/dynamo-store.ts';
import { storeRules } from '../store/contract.ts';
import { awsOptions } from './clients.ts';
import { createTable } from './table.ts';

storeRules('the store in DynamoDB', async now => {
  // DynamoDB checks a condition and writes as one step; moto does so only for one request at a time.
  const client = new DynamoDBClient({ ...awsOptions(), requestHandler: { httpAgent: { maxSockets: 1 } } });
  await createTable(client, 'rules');
  const store = openDynamoStore({ table: 'rules', client }, now);
  return { store, close: store.close };
});

test('the TTL attribute is in whole seconds, never before the item expires', async () => {
  const client = new DynamoDBClient(awsOptions());
  await createTable(client, 'ttl');
  const store = openDynamoStore({ table: 'ttl', client }, () => 1000);
  await store.put({ partition: 'p', sort: 's' }, 1, { expected: 'any', expiresAtMs: 1_763_719_200_001 });
  const { Items: items } = await client.send(new ScanCommand({ TableName: 'ttl' }));
  expect(items?.[0]?.ttl).toEqual({ N: '1763719201' });
  await store.put({ partition: 'p', sort: 's' }, 1, { expected: 'any', expiresAtMs: null });
  const { Items: kept } = await client.send(new ScanCommand({ TableName: 'ttl' }));
  expect(kept?.[0]).not.toHaveProperty('ttl');
  await store.close();
});

/** DynamoDB's documented answer to too many requests. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const THROTTLED = JSON.stringify({
  __type: 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
  message: 'The level of configured provisioned throughput for the table was exceeded.',
});

test.each([
  ['a table that throttles twice is waited for', 2, 'stored'],
  ['a table that throttles for good is a fault', 1000, 'fault'],
] as const)('%s', async (_rule, refusals, end) => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    if (requests <= refusals) response.writeHead(400).end(THROTTLED);
    else response.end(JSON.stringify({ Attributes: { version: { N: '7' } } }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ ...awsOptions(), endpoint, maxAttempts: 4 });
  const store = openDynamoStore({ table: 't', client }, () => 0);
  const put = store.put({ partition: 'p', sort: 's' }, 1, { expected: 'any', expiresAtMs: null });
  if (end === 'stored') await expect(put).resolves.toEqual({ kind: 'stored', version: 7 });
  else await expect(put).rejects.toBeInstanceOf(FaultError);
  expect(requests).toBe(end === 'stored' ? 3 : 4);
  await store.close();
  server.close();
});

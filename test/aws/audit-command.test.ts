import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, inject, test } from 'vitest';
import { type AuditEntry, putAudit } from '../../src/store/audit.ts';
import { openDynamoStore } from '../../src/store/dynamo-store.ts';
import { awsOptions } from './clients.ts';
import { createTable } from './table.ts';

const command = fileURLToPath(new URL('../../src/egress.js', import.meta.url));

test('egress audit reads the table of DynamoDB', async () => {
  const client = new DynamoDBClient(awsOptions());
  await createTable(client, 'audit');
  const store = openDynamoStore({ table: 'audit', client }, Date.now);
  const entry: AuditEntry = {
    id: 'cmd:1',
    at: new Date().toISOString(),
    who: { kind: 'system', name: 'pagerduty' },
    action: 'ask',
    subject: 'a/b c',
    cluster: null,
    channel: null,
    outcome: { kind: 'done' },
  };
  await putAudit(store, entry);
  await store.close();
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: inject('awsEndpoint'),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const args = [command, 'audit', '--table', 'audit', '--user', 'pagerduty', '--output', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  expect(JSON.parse(stdout)).toEqual(entry);
});

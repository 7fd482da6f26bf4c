import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, inject, test } from 'vitest';
import { openDynamoStore } from '../../src/store/dynamo-store.ts';
import { askedIn, BUNDLES } from '../fakes/bundle-clusters.ts';
import { askJobOf, testBench } from '../fakes/work.ts';
import { awsOptions } from './clients.ts';
import { createTable } from './table.ts';

const command = fileURLToPath(new URL('../../src/egress.js', import.meta.url));
const [bundle] = BUNDLES;
if (bundle === undefined) throw new Error('no bundles');

test('egress report reads the table of DynamoDB that the functions write', async () => {
  const client = new DynamoDBClient(awsOptions());
  await createTable(client, 'report');
  const bench = testBench();
  Object.assign(bench.work.ports, { store: openDynamoStore({ table: 'report', client }, Date.now), now: Date.now });
  const job = askJobOf(askedIn(bundle));
  const envelope = { id: 'cmd:1', job, group: 'C0ALERTS', at: new Date().toISOString() };
  await bench.deliver('cmd:1', job, { envelope, visibleAgainAtMs: Date.now() + 600_000 });
  const ts = bench.slack.messages[0]?.ts ?? '';
  await bench.work.ports.store.close();
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: inject('awsEndpoint'),
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  for (const incident of ['cmd:1', ts]) {
    const args = [command, 'report', incident, '--table', 'report'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(stdout).toMatch(/^# Incident report: /);
    expect(stdout).toMatch(/\*\*concluded:\*\* `denied-by-policy`/);
  }
});

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_ATTEMPTS, VISIBILITY_SECONDS } from '../../src/cloud/queue-settings.ts';
import { PACKAGES, packAll, unpack } from '../aws/packages.ts';

const run = promisify(execFile);
const FUNCTIONS = ['onCommand', 'onJob', 'onOptions', 'onPage', 'onQuestion', 'onSweep'] as const;

/** Packages, and gives the digest of each zip. */
async function pack(): Promise<readonly string[]> {
  await packAll();
  return FUNCTIONS.map(name =>
    createHash('sha256')
      .update(readFileSync(join(PACKAGES, `${name}.zip`)))
      .digest('hex'),
  );
}

/** Calls the packaged handler as the Lambda runtime does: imports it, gives event and context, prints what it returns. */
async function invoke(event: unknown, env: Readonly<Record<string, string>>): Promise<unknown> {
  const program =
    "const { onQuestion } = await import(process.argv[1]); console.log(JSON.stringify(await onQuestion(JSON.parse(process.argv[2]), { awsRequestId: 'r-1' })))";
  const handler = join(folder, 'src/handlers/on-question.mjs');
  const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env }, timeout: 30_000 };
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '--eval', program, handler, JSON.stringify(event)],
    options,
  );
  return JSON.parse(stdout);
}

let folder = '';
const LARGE = { maxBuffer: 64 * 1024 * 1024 };

describe('the package for AWS Lambda', () => {
  let first: readonly string[] = [];

  beforeAll(async () => {
    first = await pack();
    folder = await unpack('onQuestion');
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  test('is the same twice, so that an unchanged source deploys nothing', { timeout: 300_000 }, async () => {
    expect(await pack()).toEqual(first);
  });

  test('holds what each function reads beside its code, and nothing else', { timeout: 60_000 }, async () => {
    const kinds = await Promise.all(
      FUNCTIONS.map(async name => {
        const { stdout } = await run('unzip', ['-Z1', join(PACKAGES, `${name}.zip`)]);
        const files = stdout.trimEnd().split('\n');
        return [name, new Set(files.map(file => file.replace(/^templates\/.*/, 'templates')))];
      }),
    );
    const code = (name: string): string[] => [`src/handlers/${name}.mjs`, `src/handlers/${name}.mjs.map`];
    const assets = ['DejaVuSans-Bold.ttf', 'DejaVuSans.ttf', 'resvg.wasm'].map(file => `src/handlers/assets/${file}`);
    const config = 'infra/aws/egress.config.yaml';
    expect(Object.fromEntries(kinds)).toEqual({
      onCommand: new Set(code('on-command')),
      onJob: new Set([config, ...assets, ...code('on-job'), 'templates']),
      onOptions: new Set([config, ...code('on-options')]),
      onPage: new Set([config, ...code('on-page')]),
      onQuestion: new Set([...code('on-question'), 'templates']),
      onSweep: new Set([config, ...code('on-sweep')]),
    });
  });

  test('acknowledges without a Kubernetes client, an evaluator, a web server or other credentials than those of Lambda in it', async () => {
    const { sources } = JSON.parse(
      (await run('unzip', ['-p', join(PACKAGES, 'onCommand.zip'), 'src/handlers/on-command.mjs.map'], LARGE)).stdout,
    ) as { readonly sources: readonly string[] };
    expect(sources.some(source => source.includes('@slack/bolt'))).toBe(true);
    expect(
      sources.filter(source =>
        /client-node|credential-provider-(?!env)|nested-clients|src\/policy\/(?!address|model)|src\/diagnose|src\/cluster|node_modules\/express|handlebars|\/zod\//.test(
          source,
        ),
      ),
    ).toEqual([]);
  });

  test('answers a malformed event with every fault', async () => {
    expect(await invoke({ pod: 7, hots: 'api.stripe.com' }, {})).toEqual({
      faults: [
        {
          code: 'usage',
          what: "The event's pod cannot be used.",
          cause: 'It is a number and not a text.',
          remedy: 'Send an object as in {"pod":"payments/billing-pod","host":"api.stripe.com"}.',
        },
        {
          code: 'usage',
          what: 'The event\'s key "hots" is not known.',
          cause: 'Known are pod, host, namespace, context, vantages, podMethods, timeoutMs, siblings, engine, probe.',
          remedy: 'Leave it out.',
        },
        {
          code: 'usage',
          what: 'The event has no host.',
          cause: 'A question needs a pod and a host.',
          remedy: 'Send an object as in {"pod":"payments/billing-pod","host":"api.stripe.com"}.',
        },
      ],
    });
  });

  test('says that there is no cluster, rather than fail', { timeout: 30_000 }, async () => {
    const event = { pod: 'payments/billing-pod', host: 'api.stripe.com' };
    expect(await invoke(event, { KUBECONFIG: join(folder, 'none') })).toMatchObject({
      faults: [{ code: 'bad-config', what: 'The kubeconfig could not be found.' }],
    });
  });

  test('the queue, the functions and the code agree on time-outs and attempts', () => {
    const { JobQueue: queue, OnJobLambdaFunction: worker } = template();
    const visibility = Number(queue?.Properties.VisibilityTimeout);
    expect(visibility).toBe(VISIBILITY_SECONDS);
    expect(visibility).toBeGreaterThan(Number(worker?.Properties.Timeout));
    expect(queue?.Properties.RedrivePolicy).toMatchObject({ maxReceiveCount: MAX_ATTEMPTS + 2 });
    const mapping = Object.values(template()).find(({ Type }) => Type === 'AWS::Lambda::EventSourceMapping');
    expect(mapping?.Properties).toMatchObject({ BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] });
  });

  test('functions run on Node 24 of arm64, the first one with half a gigabyte; the table expires its items and can be taken back', () => {
    const resources = Object.values(template());
    const functions = resources.filter(
      ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && 'Runtime' in Properties,
    );
    expect(functions).toHaveLength(FUNCTIONS.length);
    for (const { Properties: properties } of functions) {
      expect(properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
    expect(template().OnCommandLambdaFunction?.Properties.MemorySize).toBe(512);
    const table = resources.find(({ Type }) => Type === 'AWS::DynamoDB::Table')?.Properties;
    expect(table).toMatchObject({
      TimeToLiveSpecification: { Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  test('alarms look at dead letters, at jobs that wait, and at functions that fail', () => {
    const alarms = Object.values(template()).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm');
    const metrics = alarms.map(({ Properties: { MetricName: name } }) => String(name));
    expect(metrics).toEqual(
      expect.arrayContaining(['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage', 'Errors']),
    );
  });

  test('each function has a role of its own that may do what it does, and nothing else', () => {
    const roles = Object.entries(template()).filter(([, { Type }]) => Type === 'AWS::IAM::Role');
    const rights = roles.map(([name, { Properties: properties }]) => {
      const [policy] = properties.Policies as readonly Policy[];
      const statements = policy?.PolicyDocument.Statement ?? [];
      // No statement for everything, of actions or of resources.
      expect(JSON.stringify(statements)).not.toMatch(/"\*"|:\*"\]?,"Resource|"Action":"[a-z]+:\*"/);
      return [name, statements.flatMap(({ Action: actions }) => actions).sort()];
    });
    const log = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    const secret = 'secretsmanager:GetSecretValue';
    expect(Object.fromEntries(rights)).toEqual({
      CommandRole: [...log, secret, 'sqs:SendMessage'],
      PageRole: [...log, secret, 'sqs:SendMessage'],
      OptionsRole: ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'eks:DescribeCluster', ...log, secret],
      JobRole: [
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
        'eks:DescribeCluster',
        ...log,
        secret,
        'sqs:ChangeMessageVisibility',
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:ReceiveMessage',
        'sqs:SendMessage',
        'sqs:SendMessage',
      ],
      SweepRole: [
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:Query',
        'eks:DescribeCluster',
        ...log,
        secret,
        'secretsmanager:PutSecretValue',
        'sqs:SendMessage',
      ],
      QuestionRole: [...log, secret],
    });
  });
});

type Policy = {
  readonly PolicyDocument: { readonly Statement: readonly { readonly Action: string | readonly string[] }[] };
};
type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
>;

function template(): Resources {
  const text = readFileSync(join(PACKAGES, 'cloudformation-template-update-stack.json'), 'utf8');
  return (JSON.parse(text) as { readonly Resources: Resources }).Resources;
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'egress-package-'));

/** Without credentials, and without a proxy that could lead anywhere. */
const OFFLINE = {
  PATH: process.env.PATH,
  HOME: folder,
  AWS_EC2_METADATA_DISABLED: 'true',
  SLS_TELEMETRY_DISABLED: '1',
};

async function pack(): Promise<string> {
  const options = { cwd: root, env: OFFLINE, timeout: 120_000 };
  await run(process.execPath, [join(root, 'node_modules/osls/bin/serverless.js'), 'package'], options);
  return createHash('sha256')
    .update(readFileSync(join(root, '.serverless/onQuestion.zip')))
    .digest('hex');
}

/** Calls the packaged handler as the Lambda runtime does: imports it, gives event and context, prints what it returns. */
async function invoke(event: unknown, env: Readonly<Record<string, string>>): Promise<unknown> {
  const program =
    "const { onQuestion } = await import(process.argv[1]); console.log(JSON.stringify(await onQuestion(JSON.parse(process.argv[2]), { awsRequestId: 'r-1' })))";
  const handler = join(folder, 'src/handlers.mjs');
  const options = { cwd: folder, env: { ...OFFLINE, ...env }, timeout: 30_000 };
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '--eval', program, handler, JSON.stringify(event)],
    options,
  );
  return JSON.parse(stdout);
}

describe('the package for AWS Lambda', () => {
  let first = '';

  beforeAll(async () => {
    first = await pack();
    await run('unzip', ['-q', join(root, '.serverless/onQuestion.zip'), '-d', folder]);
  }, 180_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  test('is the same twice, so that an unchanged source deploys nothing', { timeout: 180_000 }, async () => {
    expect(await pack()).toBe(first);
  });

  test('holds the templates', () => {
    expect(readFileSync(join(folder, 'templates/terminal.hbs'), 'utf8')).toBe(
      readFileSync(join(root, 'templates/terminal.hbs'), 'utf8'),
    );
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

  test('may read its own secret and write its own log, and nothing else', () => {
    const template = JSON.parse(
      readFileSync(join(root, '.serverless/cloudformation-template-update-stack.json'), 'utf8'),
    ) as {
      readonly Resources: Readonly<
        Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
      >;
    };
    const roles = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role');
    expect(roles.map(([name]) => name)).toEqual(['QuestionRole']);
    expect(roles[0]?.[1].Properties.Policies).toEqual([
      {
        PolicyName: 'question',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              Resource: { 'Fn::Sub': `\${OnQuestionLogGroup.Arn}:*` },
            },
            { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: { Ref: 'KubeconfigSecret' } },
          ],
        },
      },
    ]);
  });
});

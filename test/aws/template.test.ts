import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PACKAGES, packOnce, ROOT } from './packages.ts';
import { pythonWith } from './python.ts';

const TEMPLATE = join(PACKAGES, 'cloudformation-template-update-stack.json');
let python = '';

type Ended = { readonly code: number; readonly stdout: string };

async function run(program: string, args: readonly string[]): Promise<Ended> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, stdout };
  } catch (error) {
    return error as Ended;
  }
}

describe('the CloudFormation template', () => {
  beforeAll(async () => {
    python = await pythonWith('cfn-lint-1.58.0-checkov-3.3.30', 'cfn-lint==1.58.0', 'checkov==3.3.30');
    await packOnce();
  }, 900_000);

  test("is clean for cfn-lint, but for osls' own doubled dependencies (W3005)", async () => {
    const { stdout } = await run(join(python, 'bin/cfn-lint'), ['--format', 'json', TEMPLATE]);
    const findings = JSON.parse(stdout || '[]') as readonly { readonly Rule: { readonly Id: string } }[];
    expect(findings.filter(({ Rule: { Id: id } }) => id !== 'W3005')).toEqual([]);
  });

  test('is clean for checkov, but for what infra/aws/checkov.yaml gives a reason for', async () => {
    const config = join(ROOT, 'infra/aws/checkov.yaml');
    const { stdout } = await run(join(python, 'bin/checkov'), [
      '--config-file',
      config,
      '--output',
      'json',
      '-f',
      TEMPLATE,
    ]);
    const report = JSON.parse(stdout) as {
      readonly summary: { readonly passed: number; readonly failed: number };
      readonly results: { readonly failed_checks: readonly { readonly check_id: string; readonly resource: string }[] };
    };
    expect(report.results.failed_checks.map(({ check_id: id, resource }) => `${id} ${resource}`)).toEqual([]);
    expect(report.summary.passed).toBeGreaterThan(50);
  });

  test('puts what asks clusters into a VPC when subnets are named, and says so to it', async () => {
    const vpcOf = async (...parameters: readonly string[]) => {
      const command = [join(ROOT, 'node_modules/osls/bin/serverless.js'), 'print', ...parameters];
      const { stdout } = await run(process.execPath, command);
      const service = parse(stdout, { logLevel: 'silent' }) as {
        readonly functions: Readonly<
          Record<string, { readonly vpc?: unknown; readonly environment?: Readonly<Record<string, string>> }>
        >;
      };
      return Object.fromEntries(
        Object.entries(service.functions).map(([name, { vpc, environment }]) => [
          name,
          [vpc ?? null, environment?.EGRESS_IN_VPC ?? null],
        ]),
      );
    };
    const vpc = { subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: ['sg-1'] };
    expect(await vpcOf('--param', 'subnets=subnet-1,subnet-2', '--param', 'securityGroups=sg-1')).toEqual({
      onCommand: [null, null],
      onOptions: [vpc, 'yes'],
      onPage: [null, null],
      onJob: [vpc, 'yes'],
      onSweep: [vpc, null],
      onQuestion: [vpc, null],
    });
    expect(await vpcOf()).toMatchObject({ onJob: [null, ''], onQuestion: [null, null] });
  });
});

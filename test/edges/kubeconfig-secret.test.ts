import { readFileSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { SecretsManagerServiceException } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
import { writeKubeconfig } from '../../src/cloud/kubeconfig-secret.ts';
import { type Fault, FaultError } from '../../src/faults.ts';

type Fetch = () => Promise<string | null>;

function refusedBy(name: string): Fetch {
  const message = 'arn:aws:secretsmanager:x hunter2';
  return () => Promise.reject(new SecretsManagerServiceException({ name, $fault: 'client', $metadata: {}, message }));
}

async function faultOf(fetchSecret: Fetch): Promise<Fault> {
  const error: unknown = await writeKubeconfig('egress/kubeconfig', fetchSecret).catch((reason: unknown) => reason);
  if (error instanceof FaultError) return error.fault;
  throw new Error('it was no fault', { cause: error });
}

describe('the kubeconfig of the secret', () => {
  test('is in a file that only this process reads, and a rotated one replaces it', async () => {
    const first = await writeKubeconfig('egress/kubeconfig', async name => `apiVersion: v1 # ${name}\n`);
    expect(readFileSync(first, 'utf8')).toBe('apiVersion: v1 # egress/kubeconfig\n');
    expect(statSync(first).mode & 0o777).toBe(0o600);
    const second = await writeKubeconfig('egress/kubeconfig', async () => 'rotated');
    expect(second).toBe(first);
    expect(readFileSync(second, 'utf8')).toBe('rotated');
    rmSync(dirname(second), { recursive: true });
  });

  test.each([
    [
      'there is no such secret',
      refusedBy('ResourceNotFoundException'),
      'bad-config',
      'There is no such secret, or it has no value yet.',
    ],
    [
      'the role may not read it',
      refusedBy('AccessDeniedException'),
      'forbidden',
      'AWS refused it (AccessDeniedException).',
    ],
    [
      'the role may not use its key',
      refusedBy('DecryptionFailure'),
      'forbidden',
      'AWS refused it (DecryptionFailure).',
    ],
    [
      'AWS is in trouble',
      refusedBy('InternalServiceError'),
      'internal',
      'AWS Secrets Manager did not answer as it should (InternalServiceError).',
    ],
    ['it holds bytes', async () => null, 'bad-config', 'It is empty, or it has bytes instead of a text.'],
    ['it is empty', async () => ' \n', 'bad-config', 'It is empty, or it has bytes instead of a text.'],
  ] satisfies readonly (readonly [string, Fetch, string, string])[])(
    'is refused when %s',
    async (_rule, fetchSecret, code, cause) => {
      const fault = await faultOf(fetchSecret);
      expect(fault).toMatchObject({ code, cause });
      // What AWS says may name accounts; what the secret holds must never be told.
      expect(JSON.stringify(fault)).not.toMatch(/hunter2|arn:/);
    },
  );
});

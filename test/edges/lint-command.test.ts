/** `egress lint` on files: what is read, what is refused, and its exit codes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LintOptions } from '../../src/commands/lint.ts';
import { runLint } from '../../src/commands/lint-run.ts';
import { FaultError } from '../../src/faults.ts';

const OPTIONS: LintOptions = { resolve: [], clusterCidr: [], output: 'json' };
const policy = (name: string, egress: string) => `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: pay}
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress: ${egress}
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'egress-lint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function rulesOf(paths: readonly string[], options: Partial<LintOptions> = {}) {
  const { text, exitCode } = await runLint(paths, { ...OPTIONS, ...options });
  const { findings } = JSON.parse(text) as { findings: readonly { rule: string; object: string; place: unknown }[] };
  return { exitCode, findings, rules: findings.map(({ rule }) => rule) };
}

describe('exit codes', () => {
  test('0: nothing was found', async () => {
    const path = file('open.yaml', policy('open', '[{}]'));
    expect(await rulesOf([path])).toMatchObject({ exitCode: 0, rules: [] });
  });
  test('0: notes alone', async () => {
    const path = file('twice.yaml', policy('twice', '[{}, {}]'));
    expect(await rulesOf([path])).toMatchObject({ exitCode: 0, rules: ['shadowed-rule'] });
  });
  test('1: a warning', async () => {
    const path = file('deny.yaml', policy('deny', '[]'));
    expect(await rulesOf([path])).toMatchObject({
      exitCode: 1,
      findings: [{ rule: 'deny-alone', object: 'NetworkPolicy pay/deny', place: { file: path, line: 7 } }],
    });
  });
  test('1: a file that is no YAML, and the others are linted all the same', async () => {
    file('a.yaml', 'a: [\n');
    file('b.yaml', policy('deny', '[]'));
    expect(await rulesOf([folder])).toMatchObject({ exitCode: 1, rules: ['unreadable', 'deny-alone'] });
  });
});

describe('what is linted together', () => {
  test('the files of a folder are one set: the allow of one is for the deny of another', async () => {
    mkdirSync(join(folder, 'sub'));
    file('deny.yaml', policy('deny', '[]'));
    file('sub/allow.yaml', policy('allow', '[{}]'));
    expect((await rulesOf([folder])).rules).toEqual([]);
    expect((await rulesOf([join(folder, 'deny.yaml')])).rules).toEqual(['deny-alone']);
  });
  test('a case file is a cluster of its own', async () => {
    const inCase = (name: string, egress: string) =>
      `objects:\n- ${policy(name, egress).trim().replaceAll('\n', '\n  ')}\nflows: []\n`;
    file('deny.yaml', inCase('deny', '[]'));
    file('allow.yaml', inCase('allow', '[{}]'));
    expect((await rulesOf([folder])).rules).toContain('deny-alone');
  });
  test('what the options say counts', async () => {
    const path = file('all.yaml', policy('all', '[{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]'));
    expect((await rulesOf([path])).rules).toEqual(['private-not-excepted']);
    expect((await rulesOf([path], { clusterCidr: ['10.244.0.0/16'] })).rules).toEqual(['cluster-not-excepted']);
    expect((await rulesOf([path], { engine: 'none' })).rules).toContain('engine-absent');
    const pinned = file('pin.yaml', policy('pin', '[{to: [{ipBlock: {cidr: 203.0.113.43/32}}]}]'));
    expect((await rulesOf([pinned], { resolve: ['api.stripe.com=203.0.113.43,203.0.113.44'] })).rules).toEqual([
      'missing-address',
    ]);
  });
});

describe('refused, with exit code 2', () => {
  test.each<[string, readonly string[], Partial<LintOptions>, string]>([
    ['neither files nor --live', [], {}, 'Nothing was named to lint.'],
    ['files and --live', ['x.yaml'], { live: true }, 'Files were named together with --live.'],
    ['an output that does not exist', ['x.yaml'], { output: 'xml' }, 'There is no output "xml".'],
    ['a range that is none', ['x.yaml'], { clusterCidr: ['10.0.0.0'] }, '--cluster-cidr 10.0.0.0 is no range.'],
    ['a resolution that is none', ['x.yaml'], { resolve: ['host=x'] }, '--resolve host=x cannot be read.'],
    ['an engine that is none', ['x.yaml'], { engine: 'flannel' }, '--engine cannot be read:'],
    ['a file that is not there', ['/nowhere/x.yaml'], {}, '/nowhere/x.yaml cannot be read.'],
  ])('%s', async (_, paths, options, what) => {
    const error: unknown = await runLint(paths, { ...OPTIONS, ...options }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FaultError);
    expect((error as FaultError).fault.what).toContain(what);
    expect(['usage', 'bad-file']).toContain((error as FaultError).fault.code);
  });
});

test.each(['terminal', 'sarif', 'junit', 'json'])('%s can be written', async output => {
  const path = file('deny.yaml', policy('deny', '[]'));
  const { text } = await runLint([path], { ...OPTIONS, output });
  expect(text).toContain('deny-alone');
  expect(text.endsWith('\n')).toBe(true);
});

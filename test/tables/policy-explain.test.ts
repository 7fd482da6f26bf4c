/** The trace on a few lines, and the two commands that print it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explain } from '../../src/commands/explain-flow.ts';
import { testCases } from '../../src/commands/test-cases.ts';
import { FaultError } from '../../src/faults.ts';
import { explainLines } from '../../src/policy/explain.ts';
import { ask, CLUSTER, egress, ingress, ipBlock, np } from './policy-builders.ts';

const POLICIES = [
  np('pay/other', { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Egress'] }),
  np('pay/in', { podSelector: {}, policyTypes: ['Ingress'] }),
  egress('pay/many', ...[1, 2, 3, 4, 5].map(octet => ({ to: [ipBlock(`${octet}.0.0.0/8`)] })), {
    to: [ipBlock('203.0.113.0/24')],
    ports: [{ port: 80 }],
  }),
];

describe('the trace on a few lines', () => {
  test('who decides is first, then the nearest miss; the rules of one policy do not hide the next', () => {
    expect(explainLines(ask([...CLUSTER, ...POLICIES], { to: '203.0.113.43' }))).toEqual([
      'NetworkPolicy pay/many selects the pod (egress): an empty selector selects every pod',
      '  rule 6 does not match: ports do not match: 443/TCP is not in [80/TCP]',
      '  rule 1 does not match: 203.0.113.43 is not in 1.0.0.0/8',
      '  rule 2 does not match: 203.0.113.43 is not in 2.0.0.0/8',
      '  3 more rules that came no nearer',
      'NetworkPolicy pay/in selects the pod (egress): an empty selector selects every pod; says nothing of egress',
      'NetworkPolicy pay/other does not select the pod (egress): it has app="api", not "db" (selected: app=db)',
    ]);
  });
  test('what is cut is counted', () => {
    const lines = explainLines(ask([...CLUSTER, ...POLICIES], { to: '203.0.113.43' }), 3);
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe('and 5 more lines (all are in the JSON)');
  });
  test('both sides are told, and a rule that matches before one that may', () => {
    const lines = explainLines(
      ask([...CLUSTER, egress('pay/out', { to: [ipBlock('10.0.0.0/8')] }, {}), ingress('shop/in', {})], {
        to: 'pod:shop/web',
      }),
    );
    expect(lines).toEqual([
      'NetworkPolicy pay/out selects the pod (egress): an empty selector selects every pod',
      '  rule 2 matches (accept): it has no conditions',
      '  rule 1 may match (accept): whether ipBlock 10.0.0.0/8 covers pod shop/web (10.244.1.1) is left to the network plugin',
      'NetworkPolicy shop/in selects the pod (ingress): an empty selector selects every pod',
      '  rule 1 matches (accept): it has no conditions',
    ]);
  });
  test('an indent in what the cluster says makes no rule of a policy', () => {
    const prediction = ask([...CLUSTER, ...POLICIES], { to: '203.0.113.43' });
    const trace = prediction.trace.map(each => ({ ...each, policy: `    ${each.policy}` }));
    expect(explainLines({ ...prediction, trace })).toEqual(explainLines(prediction));
  });
  test('problems of a policy are told with it', () => {
    const [line] = explainLines(
      ask([...CLUSTER, egress('pay/p', { to: [ipBlock('203.0.113.43/24')] })], { to: '203.0.113.43' }),
    );
    expect(line).toBe(
      'NetworkPolicy pay/p selects the pod (egress): an empty selector selects every pod; egress[0].to[0].ipBlock.cidr: host bits set in "203.0.113.43/24": it means 203.0.113.0/24',
    );
  });
});

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'egress-policy-'));
  const write = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
  const flow = (expect: string, to = '203.0.113.43') => ({ from: 'pay/api', to, port: 443, protocol: 'TCP', expect });
  const objects = [...CLUSTER, egress('pay/deny')];
  write('manifests.json', { kind: 'List', items: objects });
  write('hostile.json', {
    kind: 'List',
    items: [np('pay/\u001b[31mred\nline', { podSelector: {}, policyTypes: ['Egress'] })],
  });
  write('right.json', { objects, flows: [flow('deny'), { ...flow('deny'), expect: undefined }] });
  write('wrong.json', { objects, flows: [flow('deny'), flow('allow')] });
  write('broken.yaml', 'a: [');
});
afterAll(() => rmSync(folder, { recursive: true }));

const OPTIONS = {
  from: 'pay/api',
  to: 'api.stripe.com',
  port: '443',
  protocol: 'TCP',
  resolve: ['api.stripe.com=203.0.113.43,203.0.113.44'],
  output: 'text',
};
const run = (options: Partial<typeof OPTIONS> & { engine?: string } = {}, file = 'manifests.json') =>
  explain([join(folder, file)], { ...OPTIONS, ...options });

describe('egress explain', () => {
  test('a denied flow, in text', () => {
    expect(run()).toEqual({
      exitCode: 1,
      text: `pay/api -> api.stripe.com port 443/TCP: denied
  NetworkPolicy pay/deny has no egress rules
  by NetworkPolicy pay/deny

Flows:
  203.0.113.43 port 443: denied (NetworkPolicy pay/deny has no egress rules)
  203.0.113.44 port 443: denied (NetworkPolicy pay/deny has no egress rules)

Policies:
  NetworkPolicy pay/deny selects the pod (egress): an empty selector selects every pod; has no egress rules

Enforced by unknown (no network plugin was recognised)
`,
    });
  });
  test('in JSON, with the engine that was given', () => {
    const { text, exitCode } = run({ output: 'json', engine: 'cilium@1.15.19', to: '[::1]', protocol: 'udp' });
    expect(exitCode).toBe(0);
    expect(JSON.parse(text)).toMatchObject({
      from: 'pay/api',
      to: '[::1]',
      port: 443,
      protocol: 'UDP',
      engine: { name: 'cilium', version: '1.15.19' },
      prediction: { decision: 'allow' },
      problems: [],
      coverage: [{ kind: 'NetworkPolicy.networking.k8s.io', status: 'evaluated' }],
    });
  });
  test('what is not known ends in 3; ICMP has no port', () => {
    const { text, exitCode } = run({ to: '203.0.113.43', protocol: 'ICMP' });
    expect(exitCode).toBe(3);
    expect(text).toMatch(/^pay\/api -> 203\.0\.113\.43 \(ICMP\): unknown\n/);
  });
  test('names from a file cannot write to the terminal', () => {
    const { text } = run({}, 'hostile.json');
    expect(text).not.toContain('\u001b');
    expect(text).toContain('pod pay/api is not known');
  });
  test.each<[string, Partial<typeof OPTIONS> & { engine?: string }, string]>([
    [
      'a pod without a namespace',
      { from: 'api' },
      '--from api names no pod. A pod is namespace/name. Say for example --from payments/billing-pod.',
    ],
    [
      'a port that is none',
      { port: '70000' },
      '--port 70000 is no port. A port is a number from 1 to 65535. Say for example --port 443.',
    ],
    [
      'a port in words',
      { port: '4e2' },
      '--port 4e2 is no port. A port is a number from 1 to 65535. Say for example --port 443.',
    ],
    [
      'a protocol that is none',
      { protocol: 'QUIC' },
      'There is no protocol "QUIC". Known are TCP, UDP, SCTP, ICMP. Name one of them with --protocol.',
    ],
    [
      'an output that is none',
      { output: 'xml' },
      'There is no output "xml". Known are text, json. Name one of them with --output.',
    ],
    [
      'an engine that is none',
      { engine: 'cilium@x' },
      '--engine cannot be read: "x" is no version like 1.15.19. An engine is NAME or NAME@VERSION. Say for example --engine cilium@1.15.19.',
    ],
    [
      'an answer that is no address',
      { resolve: ['a.example=b.example'] },
      '--resolve a.example=b.example cannot be read. b.example is no IP address. Say for example --resolve api.stripe.com=203.0.113.43.',
    ],
    [
      'an answer without a host',
      { resolve: ['203.0.113.43'] },
      '--resolve 203.0.113.43 cannot be read. It is HOST=IP,IP. Say for example --resolve api.stripe.com=203.0.113.43.',
    ],
  ])('refused: %s', (_, options, message) => {
    expect(() => run(options)).toThrow(
      new FaultError({ code: 'usage', what: '', cause: '', remedy: '' }).constructor as typeof FaultError,
    );
    expect(() => run(options)).toThrow(message);
  });
  test('a file that cannot be read stops it: half of the policies would give a wrong answer', () => {
    expect(() => run({}, 'broken.yaml')).toThrow(/broken\.yaml cannot be read\. not YAML: .* Mend the file/);
    expect(() => run({}, 'nowhere.yaml')).toThrow(/nowhere\.yaml cannot be read\. ENOENT/);
  });
});

describe('egress test', () => {
  function testRun(paths: readonly string[], output: 'text' | 'json') {
    const printed = { out: '', err: '' };
    const exitCode = testCases(
      paths.map(path => join(folder, path)),
      output,
      {
        out: text => {
          printed.out += text;
        },
        err: text => {
          printed.err += text;
        },
      },
    );
    return { exitCode, out: printed.out.replaceAll(`${folder}/`, ''), err: printed.err.replaceAll(`${folder}/`, '') };
  }

  test('all as expected; a flow that expects nothing is reported like the others', () => {
    const { exitCode, out, err } = testRun(['right.json'], 'json');
    expect([exitCode, err]).toEqual([0, '']);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toEqual([
      {
        file: 'right.json',
        flow: 0,
        decision: 'deny',
        expect: 'deny',
        by: ['NetworkPolicy pay/deny'],
        why: 'NetworkPolicy pay/deny has no egress rules',
        problems: [],
      },
      {
        file: 'right.json',
        flow: 1,
        decision: 'deny',
        expect: null,
        by: ['NetworkPolicy pay/deny'],
        why: 'NetworkPolicy pay/deny has no egress rules',
        problems: [],
      },
    ]);
  });
  test('text tells what differs, and counts', () => {
    expect(testRun(['right.json', 'wrong.json'], 'text')).toEqual({
      exitCode: 1,
      out: 'wrong.json flow 1: expected allow, got deny\n  NetworkPolicy pay/deny has no egress rules\n4 flows in 2 cases: 1 not as expected\n',
      err: '',
    });
    expect(testRun(['right.json'], 'text').out).toBe('2 flows in 1 case: all as expected\n');
  });
  test('a file that cannot be read is named, and the rest goes on', () => {
    const { exitCode, out, err } = testRun(['broken.yaml', 'nowhere', 'manifests.json', 'right.json'], 'text');
    expect([exitCode, out]).toEqual([1, '2 flows in 1 case: all as expected, 3 files could not be read\n']);
    expect(err.split('\n').map(line => line.slice(0, 45))).toEqual([
      'egress: broken.yaml is no case: not YAML: Flo',
      'egress: nowhere is no case: ENOENT: no such f',
      'egress: manifests.json is no case: it has no ',
      '',
    ]);
  });
  test('in a folder, files without flows are passed over, and said', () => {
    const { exitCode, err } = testRun([''], 'json');
    expect(exitCode).toBe(1);
    expect(err).toContain('manifests.json is passed over: it has no flows');
  });
  test('no case at all is a mistake of the caller', () => {
    expect(testRun(['manifests.json'], 'json').exitCode).toBe(2);
  });
});

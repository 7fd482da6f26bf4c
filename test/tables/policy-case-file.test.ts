/** Case files: what is read, what is compared, and what the evaluator must never see. */
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readCase } from '../../src/policy/case-file.ts';
import { type Answer, difference, readExpectation } from '../../src/policy/expectation.ts';
import { readManifests } from '../../src/policy/manifest-file.ts';
import { answerCase } from '../../src/policy/run-case.ts';
import { readDocuments } from '../../src/policy/yaml-text.ts';
import { CLUSTER, egress } from './policy-builders.ts';

function caseText(rest: object): string {
  return JSON.stringify({ objects: [...CLUSTER, egress('pay/p', { ports: [{ port: 443 }] })], flows: [], ...rest });
}

const FLOW = { from: 'pay/api', to: '203.0.113.43', port: 443, protocol: 'TCP' };

describe('what a case file is', () => {
  test.each<[string, string, string, string]>([
    [
      'no YAML',
      'a: [',
      'unreadable',
      'not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5',
    ],
    [
      'aliases that explode',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: *b\ne: *b\nf: [*b,*b,*b,*b]`,
      'unreadable',
      'not YAML: Excessive alias count indicates a resource exhaustion attack',
    ],
    [
      'an alias that points nowhere',
      'a: *b',
      'unreadable',
      'not YAML: Unresolved alias (the anchor must be set before the alias): b',
    ],
    ['manifests', 'kind: Pod', 'no-case', 'it has no flows'],
    ['several documents', 'flows: []\n---\nflows: []', 'no-case', 'it has no flows'],
    ['an empty file', '', 'no-case', 'it has no flows'],
    ['flows is no list', 'flows: {}', 'unreadable', 'flows is not a list'],
    ['objects is no list', 'flows: []', 'unreadable', 'objects is not a list'],
    [
      'an engine that is none',
      'flows: []\nobjects: []\nengine: {name: flannel}',
      'unreadable',
      'engine: "flannel" names no engine; known: cilium, calico, antrea, ovn-kubernetes, aws-vpc-cni, azure-npm, gke-dataplane-v2, kube-router, none, unknown',
    ],
    ['a scope that is none', 'flows: []\nobjects: []\nscope: ingress', 'unreadable', 'scope is not egress: "ingress"'],
    [
      'an expectation that is none',
      'flows: [{expect: allowed}]\nobjects: []',
      'unreadable',
      'flow 0: expect is none of allow, deny, unknown, problem, deny-or-problem, problem-or-allow: "allowed"',
    ],
  ])('%s', (_, text, kind, why) => {
    expect(readCase(text)).toEqual({ kind, why });
  });

  test.each<[string, unknown, string]>([
    ['a text', 'x', 'the flow is no object'],
    ['no destination', { from: 'pay/api' }, 'the flow has no from or no to'],
    ['an unknown protocol', { ...FLOW, protocol: 'tcp' }, 'unknown protocol "tcp"'],
    ['a port that is a text', { ...FLOW, port: '443' }, 'port is no number from 1 to 65535: "443"'],
    ['no port', { ...FLOW, port: undefined }, 'port is no number from 1 to 65535: nothing'],
  ])('a flow that cannot be read is unknown, and the others are answered: %s', (_, flow, why) => {
    const reading = readCase(caseText({ flows: [flow, FLOW] }));
    const answers = reading.kind === 'case' ? answerCase(reading.case.question).answers : [];
    expect(answers.map(answer => answer.decision)).toEqual(['unknown', 'allow']);
    expect(answers[0]?.why).toBe(why);
  });

  test('engine, names, query and scope are read', () => {
    const reading = readCase(
      caseText({
        engine: { name: 'cilium', version: '1.15.19' },
        scope: 'egress',
        dns: { 'a.example': '203.0.113.1', 'b.example': ['203.0.113.2'] },
        bad: { kind: 'NetworkPolicy', name: 'bad' },
        flows: [
          { ...FLOW, to: '10.96.0.10', port: 53, protocol: 'UDP' },
          { ...FLOW, to: '[2001:db8::1]', query: 'a.example' },
          { from: 'a/b', to: 'pod:c/d', protocol: 'ICMP', icmpType: 8 },
          { ...FLOW, to: 'service:c/d' },
          { ...FLOW, to: 'a.example' },
        ],
      }),
    );
    expect(reading.kind === 'case' && reading.case).toMatchObject({
      bad: { kind: 'NetworkPolicy', name: 'bad' },
      question: {
        engine: { name: 'cilium', version: '1.15.19', evidence: 'the case file' },
        dns: { 'a.example': ['203.0.113.1'], 'b.example': ['203.0.113.2'] },
        requests: [
          { port: 53, query: 'kubernetes.default.svc.cluster.local', scope: 'egress', icmpType: null },
          { to: { kind: 'address', address: '2001:db8::1' }, query: 'a.example' },
          { to: { kind: 'pod', pod: 'c/d' }, port: null, icmpType: 8, protocol: 'ICMP' },
          { to: { kind: 'service', service: 'c/d' }, query: null },
          { to: { kind: 'name', name: 'a.example' } },
        ],
      },
    });
  });
});

describe('the evaluator never sees what is expected', () => {
  const secret = {
    expect: 'deny',
    by: 'NetworkPolicy secret/secret',
    rule: 'secret',
    tier: 'secret',
    note: 'secret',
    'engine-specific': true,
  };

  test('the question that it gets holds nothing of it', () => {
    const reading = readCase(
      caseText({
        title: 'secret',
        note: 'secret',
        source: 'secret',
        why: 'secret',
        bad: { kind: 'secret', name: 'secret' },
        flows: [{ ...FLOW, ...secret }],
      }),
    );
    if (reading.kind !== 'case') throw new Error(reading.why);
    expect(JSON.stringify(reading.case.question)).not.toMatch(/secret|expect|engine-specific/);
  });

  test('whatever is expected, the answer is the same', () => {
    const answers = [{}, secret, { expect: 'allow' }, { expect: 'problem', by: 'x' }].map(extra => {
      const reading = readCase(caseText({ flows: [{ ...FLOW, ...extra }] }));
      return reading.kind === 'case' ? answerCase(reading.case.question) : reading;
    });
    expect(new Set(answers.map(answer => JSON.stringify(answer))).size).toBe(1);
  });
});

describe('how an answer compares', () => {
  const problems = [{ object: 'NetworkPolicy pay/bad', why: 'x' }];
  const answer = (decision: string, rest: Partial<Answer> = {}): Answer => ({
    decision,
    by: [],
    problems: [],
    ...rest,
  });
  const bad = { kind: 'NetworkPolicy', name: 'bad' };
  test.each<[string, object, Answer, string | null]>([
    ['nothing is expected', {}, answer('unknown'), null],
    ['allow', { expect: 'allow' }, answer('allow'), null],
    ['allow, got deny', { expect: 'allow' }, answer('deny'), 'expected allow, got deny'],
    ['deny, got unknown', { expect: 'deny' }, answer('unknown'), 'expected deny, got unknown'],
    ['unknown', { expect: 'unknown' }, answer('unknown'), null],
    ['engine-specific: unknown is right too', { expect: 'deny', 'engine-specific': true }, answer('unknown'), null],
    [
      'engine-specific: the other answer is not',
      { expect: 'deny', 'engine-specific': true },
      answer('allow'),
      'expected deny, got allow',
    ],
    ['by as a set', { expect: 'deny', by: 'A x/1, B 2' }, answer('deny', { by: ['B 2', 'A x/1'] }), null],
    [
      'by: one is missing',
      { expect: 'deny', by: 'A x/1, B 2' },
      answer('deny', { by: ['B 2'] }),
      'expected by A x/1, B 2, got by B 2',
    ],
    [
      'by: one too many',
      { expect: 'deny', by: 'A x/1' },
      answer('deny', { by: ['A x/1', 'B 2'] }),
      'expected by A x/1, got by A x/1, B 2',
    ],
    ['by: none', { expect: 'deny', by: 'A x/1' }, answer('deny'), 'expected by A x/1, got by none'],
    ['problem: unknown, and the object named', { expect: 'problem' }, answer('unknown', { problems }), null],
    ['problem: deny, and the object named', { expect: 'problem' }, answer('deny', { problems }), null],
    ['problem: never allow', { expect: 'problem' }, answer('allow', { problems }), 'expected problem, got allow'],
    [
      'problem: the object must be named',
      { expect: 'problem' },
      answer('unknown'),
      'expected problem, got unknown, and the bad object is not among the problems',
    ],
    [
      'problem: another object does not count',
      { expect: 'problem' },
      answer('unknown', { problems: [{ object: 'NetworkPolicy pay/notbad', why: 'x' }] }),
      'expected problem, got unknown, and the bad object is not among the problems',
    ],
    [
      'problem: an object without a name',
      { expect: 'problem' },
      answer('unknown', { problems: [{ object: 'NetworkPolicy (no name)', why: 'x' }] }),
      null,
    ],
    ['deny-or-problem: deny', { expect: 'deny-or-problem' }, answer('deny'), null],
    ['deny-or-problem: unknown, named', { expect: 'deny-or-problem' }, answer('unknown', { problems }), null],
    [
      'deny-or-problem: never allow',
      { expect: 'deny-or-problem' },
      answer('allow', { problems }),
      'expected deny-or-problem, got allow',
    ],
    ['problem-or-allow: allow', { expect: 'problem-or-allow' }, answer('allow'), null],
    ['problem-or-allow: unknown, named', { expect: 'problem-or-allow' }, answer('unknown', { problems }), null],
    [
      'problem-or-allow: not deny',
      { expect: 'problem-or-allow' },
      answer('deny', { problems }),
      'expected problem-or-allow, got deny',
    ],
  ])('%s', (_, flow, got, differs) => {
    const expectation = readExpectation(flow);
    if (typeof expectation === 'string') throw new Error(expectation);
    expect(difference(expectation, got, bad)).toBe(differs);
  });
  test('a flow that is no object expects nothing', () => {
    expect(readExpectation(7)).toEqual({ decision: null, by: null, engineSpecific: false });
  });
});

describe('manifest files', () => {
  const names = (text: string) => {
    const reading = readManifests(text);
    return reading.kind === 'unreadable' ? reading.why : reading.objects.map(each => JSON.stringify(each));
  };
  test.each<[string, string, readonly string[] | string]>([
    ['documents, with empty ones between', 'kind: A\n---\n---\nkind: B\n', ['{"kind":"A"}', '{"kind":"B"}']],
    ['a List', '{"kind":"List","items":[{"kind":"A"},{"kind":"B"}]}', ['{"kind":"A"}', '{"kind":"B"}']],
    [
      'a typed list gives its items a kind',
      '{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{}},7]}',
      ['{"apiVersion":"v1","kind":"Pod","metadata":{}}', '7'],
    ],
    ['a JSON array', '[{"kind":"A"}]', ['{"kind":"A"}']],
    ['a case file', 'objects: [{kind: A}]\nflows: [{expect: allow}]', ['{"kind":"A"}']],
    ['something with items that is no list stays', '{"kind":"Menu","items":[1]}', ['{"kind":"Menu","items":[1]}']],
    ['what cannot be read', '{"kind": ', 'not YAML: Flow map must end with a } at line 1, column 10'],
    [
      'an engine that is none',
      'objects: []\nengine: {name: x}',
      'engine: "x" names no engine; known: cilium, calico, antrea, ovn-kubernetes, aws-vpc-cni, azure-npm, gke-dataplane-v2, kube-router, none, unknown',
    ],
  ])('%s', (_, text, expected) => {
    expect(names(text)).toEqual(expected);
  });
  test('a case file also gives its engine and its names', () => {
    expect(readManifests('objects: []\nengine: {name: calico}\ndns: {a.example: [203.0.113.1]}')).toMatchObject({
      engine: { name: 'calico', version: null },
      dns: { 'a.example': ['203.0.113.1'] },
    });
  });
});

describe('items that are JSON inside YAML are read by the faster parser, with the same result', () => {
  const items = Array.from({ length: 10 }, (_, index) => `- {"n": ${index}, "s": "a: b # c"}`);
  test.each<[string, string]>([
    ['a list of them', ['objects:', ...items, 'flows:', '- {from: a/b}'].join('\n')],
    [
      'with comments and blank lines between',
      ['# first', 'objects:', ...items.flatMap(item => ['', '# x', item])].join('\n'),
    ],
    ['a text that holds the mark', ['objects:', ...items, 'title: json-item-3'].join('\n')],
    [
      'lines of a block scalar only look like them',
      ['a: |', ...items.map(item => `  ${item}`), 'b:', ...items].join('\n'),
    ],
    ['in a document that is a list', items.join('\n')],
    ['one that is no JSON', ['objects:', ...items, '- {"a": b}'].join('\n')],
    ['with carriage returns', ['objects:', ...items].join('\r\n')],
  ])('%s', (_, text) => {
    const values = parseAllDocuments(text).map((document): unknown => document.toJS());
    expect(readDocuments(text)).toEqual({ kind: 'documents', values });
  });
});

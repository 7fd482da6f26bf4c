/** `egress lint`: its report as SARIF, JUnit and for a terminal, and the lines that it names. */
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Finding, LintReport } from '../../src/lint/finding.ts';
import { junitOf } from '../../src/lint/junit.ts';
import { RULE_TITLES } from '../../src/lint/lint.ts';
import { sarifOf } from '../../src/lint/sarif.ts';
import { readSources } from '../../src/lint/source.ts';
import { lintText } from '../../src/lint/terminal.ts';
import { readManifests } from '../../src/policy/manifest-file.ts';
import { elementsOf } from './xml.ts';

const FINDING: Finding = {
  rule: 'deny-alone',
  severity: 'warning',
  object: 'NetworkPolicy pay/deny',
  place: { file: 'k8s/deny all.yaml', line: 7 },
  what: 'It denies <all> & "more".',
  why: 'Why.',
  fix: { text: 'Allow something.', yaml: 'spec:\n  egress: []\n' },
};
const NOTE: Finding = {
  ...FINDING,
  rule: 'shadowed-rule',
  severity: 'note',
  place: null,
  fix: { text: 'Delete it.', yaml: null },
};
const REPORT: LintReport = {
  findings: [
    FINDING,
    NOTE,
    { ...FINDING, rule: 'unreadable', severity: 'error', place: { file: '/abs/x.yaml', line: null } },
  ],
  notChecked: [
    { rule: 'selects-no-pod', object: 'NetworkPolicy pay/a', why: 'no pods' },
    { rule: 'selects-no-pod', object: 'NetworkPolicy pay/b', why: 'no pods' },
    { rule: 'engine-absent', object: null, why: 'no DaemonSet' },
  ],
  policies: 2,
  files: ['k8s/deny all.yaml'],
};
const CLEAN: LintReport = { findings: [], notChecked: [], policies: 1, files: [] };

/** What the standard requires of the members that are written (SARIF 2.1.0: 3.13, 3.14, 3.19, 3.27, 3.28, 3.29, 3.30, 3.58). */
const TEXT = {
  type: 'object',
  required: ['text'],
  properties: { text: { type: 'string', minLength: 1 } },
  additionalProperties: false,
};
const SARIF = {
  type: 'object',
  required: ['version', 'runs', '$schema'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string', pattern: '^https://' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tool', 'results'],
        additionalProperties: false,
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                required: ['name'],
                additionalProperties: false,
                properties: {
                  name: { type: 'string' },
                  semanticVersion: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+$' },
                  rules: {
                    type: 'array',
                    uniqueItems: true,
                    items: {
                      type: 'object',
                      required: ['id'],
                      properties: { id: { type: 'string' }, shortDescription: TEXT },
                      additionalProperties: false,
                    },
                  },
                },
              },
            },
          },
          invocations: {
            type: 'array',
            items: {
              type: 'object',
              required: ['executionSuccessful'],
              properties: {
                executionSuccessful: { type: 'boolean' },
                toolExecutionNotifications: {
                  type: 'array',
                  items: {
                    type: 'object',
                    required: ['message'],
                    properties: { level: { enum: ['none', 'note', 'warning', 'error'] }, message: TEXT },
                  },
                },
              },
            },
          },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['message', 'ruleId'],
              additionalProperties: false,
              properties: {
                ruleId: { type: 'string' },
                ruleIndex: { type: 'integer', minimum: 0 },
                level: { enum: ['none', 'note', 'warning', 'error'] },
                message: TEXT,
                partialFingerprints: { type: 'object', additionalProperties: { type: 'string' } },
                locations: {
                  type: 'array',
                  items: {
                    type: 'object',
                    additionalProperties: false,
                    properties: {
                      physicalLocation: {
                        type: 'object',
                        required: ['artifactLocation'],
                        additionalProperties: false,
                        properties: {
                          artifactLocation: {
                            type: 'object',
                            properties: { uri: { type: 'string', pattern: "^[-A-Za-z0-9._~:/?#@!$&'()*+,;=%]+$" } },
                          },
                          region: { type: 'object', properties: { startLine: { type: 'integer', minimum: 1 } } },
                        },
                      },
                      logicalLocations: {
                        type: 'array',
                        items: {
                          type: 'object',
                          properties: { fullyQualifiedName: { type: 'string' }, kind: { type: 'string' } },
                          additionalProperties: false,
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

describe('SARIF', () => {
  test('has what the standard requires, and nothing that it does not know', () => {
    const validate = new Ajv({ strict: false }).compile(SARIF);
    for (const report of [REPORT, CLEAN]) {
      validate(JSON.parse(JSON.stringify(sarifOf(report, '0.1.0'))));
      expect(validate.errors).toBeNull();
    }
  });

  test('a result names its rule, its line and its object; a path is a URI', () => {
    const [run] = sarifOf(REPORT, '0.1.0').runs;
    const [first, second, third] = run?.results ?? [];
    expect(run?.tool.driver.rules[first?.ruleIndex ?? -1]?.id).toBe('deny-alone');
    expect(first?.locations[0]).toEqual({
      physicalLocation: { artifactLocation: { uri: 'k8s/deny%20all.yaml' }, region: { startLine: 7 } },
      logicalLocations: [{ fullyQualifiedName: 'NetworkPolicy pay/deny', kind: 'resource' }],
    });
    expect(second?.locations[0]).not.toHaveProperty('physicalLocation');
    expect(third?.locations[0]?.physicalLocation).toEqual({ artifactLocation: { uri: 'file:///abs/x.yaml' } });
    expect(run?.invocations[0]?.toolExecutionNotifications).toHaveLength(3);
  });

  test('a finding stays the same one when lines move', () => {
    const print = (finding: Finding) =>
      sarifOf({ ...CLEAN, findings: [finding] }, '0.1.0').runs[0]?.results[0]?.partialFingerprints;
    expect(print({ ...FINDING, place: { file: 'k8s/deny all.yaml', line: 99 } })).toEqual(print(FINDING));
    expect(print({ ...FINDING, object: 'NetworkPolicy pay/other' })).not.toEqual(print(FINDING));
  });
});

describe('JUnit', () => {
  test('is well-formed, and its counts are those of its cases', () => {
    const elements = elementsOf(junitOf(REPORT));
    const count = (name: string) => elements.filter(each => each.name === name).length;
    const root = elements[0];
    expect(root).toMatchObject({
      name: 'testsuites',
      attributes: { failures: '2', skipped: '3', errors: '0', tests: String(count('testcase')) },
    });
    expect([count('testsuite'), count('failure'), count('skipped'), count('system-out')]).toEqual([
      Object.keys(RULE_TITLES).length,
      2,
      3,
      1,
    ]);
  });

  test('a failed case has the words of the finding, escaped, and its file', () => {
    const elements = elementsOf(junitOf(REPORT));
    expect(
      elements.find(each => each.name === 'failure' && each.attributes.type === 'warning')?.attributes.message,
    ).toBe(FINDING.what);
    expect(elements.find(each => each.attributes.file === 'k8s/deny all.yaml')?.attributes.line).toBe('7');
  });

  test('without findings, every rule is one case that passed', () => {
    expect(elementsOf(junitOf(CLEAN))[0]?.attributes).toMatchObject({
      tests: String(Object.keys(RULE_TITLES).length),
      failures: '0',
    });
  });

  test('what XML cannot hold is replaced', () => {
    const hostile = { ...FINDING, what: 'a\u0000b\u001b[31m]]>\ud800c' };
    const [failure] = elementsOf(junitOf({ ...CLEAN, findings: [hostile] })).filter(each => each.name === 'failure');
    expect(failure?.attributes.message).toBe('a\ufffdb\ufffd[31m]]>\ufffdc');
  });
});

describe('the terminal', () => {
  const render = (report: LintReport) => lintText(report, loadTemplates(), { width: 80, colour: false });

  test('shows the worst first, each with its fix, then what was not checked, then the counts', () => {
    expect(
      render({ ...REPORT, findings: [NOTE, FINDING] }),
    ).toBe(`! warning deny-alone  NetworkPolicy pay/deny (k8s/deny all.yaml:7)
  It denies <all> & "more".
  Why  Why.
  Fix  Allow something.
    spec:
      egress: []

· note shadowed-rule  NetworkPolicy pay/deny
  It denies <all> & "more".
  Why  Why.
  Fix  Delete it.

NOT CHECKED
  - selects-no-pod: no pods (NetworkPolicy pay/a, NetworkPolicy pay/b)
  - engine-absent: no DaemonSet

2 policies: 0 errors, 1 warning, 1 note, 3 questions not answered
`);
  });

  test('of sound policies, the counts alone', () => {
    expect(render(CLEAN)).toBe('1 policy: 0 errors, 0 warnings, 0 notes\n');
  });

  test('escape codes of a cluster are not passed on', () => {
    const text = render({
      ...CLEAN,
      findings: [{ ...FINDING, object: 'NetworkPolicy \u001b[2Jpay', fix: { text: '\u001b', yaml: '\u001b' } }],
    });
    expect(text.includes('\u001b')).toBe(false);
  });
});

const MANIFESTS = `# a comment
apiVersion: v1
kind: List
items:
- kind: Pod
  metadata: {name: a}
- kind: Pod
  metadata: {name: b} # api.stripe.com
---
kind: NetworkPolicy
spec:
  egress:
  - to:
    - ipBlock: {cidr: 10.0.0.0/8}
`;

describe('lines', () => {
  test.each<[string, number, readonly (string | number)[], number]>([
    ['the first item of a list', 0, [], 5],
    ['the second item of a list', 1, ['metadata'], 8],
    ['the next document', 2, [], 10],
    ['a rule', 2, ['spec', 'egress', 0], 13],
    ['a value in it', 2, ['spec', 'egress', 0, 'to', 0, 'ipBlock', 'cidr'], 14],
    ['what is not there: the nearest that is', 2, ['spec', 'egress', 0, 'ports', 3], 13],
  ])('%s', (_, object, path, line) => {
    expect(readSources(MANIFESTS)[object]?.lineOf(path)).toBe(line);
  });

  test('objects of a case file, also those that are written as JSON', () => {
    const text = `title: x\nobjects:\n- {"kind":"Pod","metadata":{"name":"a"}}\n- kind: NetworkPolicy\n  spec:\n    egress: []\nflows: []\n`;
    expect(readSources(text).map(source => source.lineOf(['spec', 'egress']))).toEqual([3, 6]);
  });

  test.each<[string, string]>([
    ['documents and lists', MANIFESTS],
    ['JSON', '{"kind":"List","items":[{"kind":"Pod"},{"kind":"Pod"}]}'],
    ['a JSON list', '[{"kind":"Pod"},{"kind":"Pod"}]'],
    ['empty documents', '---\n---\nkind: Pod\n---\n'],
    ['no object', 'text\n'],
  ])('there is one source for each object: %s', (_, text) => {
    const reading = readManifests(text);
    expect(readSources(text)).toHaveLength(reading.kind === 'manifests' ? reading.objects.length : -1);
  });
});

/**
 * `egress lint` over every policy of the case files. What it says of them is held against what the flows of the same
 * cases were measured or specified to do.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../src/lint/finding.ts';
import { lint } from '../../src/lint/lint.ts';
import type { LintInput } from '../../src/lint/world.ts';
import { type Case, readCase } from '../../src/policy/case-file.ts';
import { detectEngine } from '../../src/policy/engine.ts';
import { objectName } from '../../src/policy/reading.ts';
import { answerCase } from '../../src/policy/run-case.ts';

const root = process.env.EGRESS_CASES ?? '';
if (root === '') throw new Error('EGRESS_CASES is not set: it is the folder of the case files');

type Read = { readonly file: string; readonly text: string; readonly case: Case };

const cases: readonly Read[] = globSync('**/*.{yaml,yml,json}', { cwd: root })
  .sort()
  .flatMap(file => {
    const text = readFileSync(join(root, file), 'utf8');
    const reading = readCase(text);
    return reading.kind === 'case' ? [{ file, text, case: reading.case }] : [];
  });

function inputOf({ file, text, case: { question } }: Read): LintInput {
  return {
    sources: [{ file, text, objects: question.objects }],
    dns: question.dns,
    engine: question.engine,
    clusterCidrs: [],
    apis: [],
    extent: 'whole-cluster',
  };
}

const linted = cases.map(read => ({ read, report: lint([inputOf(read)]) }));
const all = linted.flatMap(({ read, report }) => report.findings.map(finding => ({ read, finding })));

describe('lint over the cases', () => {
  test('every file is linted, and most rules find something', () => {
    expect(linted.length).toBeGreaterThan(700);
    const rules = new Set(all.map(({ finding }) => finding.rule));
    expect([...rules]).toEqual(
      expect.arrayContaining([
        'cluster-not-excepted',
        'deny-alone',
        'dns-not-allowed',
        'dns-tcp-not-allowed',
        'dns-udp-not-allowed',
        'fqdn-without-dns-rule',
        'peer-selects-no-pod',
        'policy-types',
        'selects-no-pod',
        'separate-selectors',
        'shadowed-rule',
        'unreadable',
      ]),
    );
  });

  test('every finding has a line, a sentence and a fix', () => {
    const poor = all.filter(
      ({ finding: { place, what, why, fix } }) =>
        place?.line === null || place === null || !what.endsWith('.') || why === '' || fix.text === '',
    );
    expect(poor).toEqual([]);
  });

  test('a bad object is found out, unless the API takes it', () => {
    const missed = linted.filter(
      ({ read, report }) =>
        read.case.expectations.some(({ decision }) => decision === 'problem') &&
        !report.findings.some(({ rule }) => rule === 'unreadable' || rule === 'not-evaluated'),
    );
    expect(missed.map(({ read }) => read.file)).toEqual([]);
  });

  test('pods of which nothing is allowed have no flow that is', () => {
    const wrong: string[] = [];
    let held = 0;
    for (const { read, finding } of all.filter(each => each.finding.rule === 'deny-alone')) {
      const pod = podOf(finding);
      if (pod === null) continue;
      flowsOf(read, pod).forEach(({ expected, to }) => {
        held += 1;
        if (expected === 'allow') wrong.push(`${read.file}: ${finding.object} ${pod} -> ${to}`);
      });
    }
    expect(wrong).toEqual([]);
    expect(held).toBeGreaterThan(100);
  });

  test('pods that cannot ask DNS have no such flow that is allowed', () => {
    const wrong: string[] = [];
    let held = 0;
    for (const { read, finding } of all.filter(each => each.finding.rule.startsWith('dns-'))) {
      const pod = podOf(finding);
      const missing = /over (\S+(?: or \S+)?)\.$/.exec(finding.what)?.[1] ?? '';
      if (pod === null || !finding.what.includes('no rule opens port 53')) continue;
      for (const { expected, to, port, protocol } of flowsOf(read, pod)) {
        if (port !== 53 || !missing.includes(protocol)) continue;
        held += 1;
        if (expected === 'allow') wrong.push(`${read.file}: ${finding.object} ${pod} -> ${to} ${protocol}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(held).toBeGreaterThan(20);
  });

  test('names that are never learned are never reached, but where a neighbour taught them', () => {
    const fqdn = all.filter(
      each => each.finding.rule === 'fqdn-without-dns-rule' && !each.read.file.includes('neighbour'),
    );
    const flows = fqdn.flatMap(({ read, finding: { what } }) => {
      const { question, expectations } = read.case;
      const names = (/^It allows (.*) by name, and the name/.exec(what)?.[1] ?? '').split(', ');
      const addresses = names.flatMap(name => question.dns[name] ?? []);
      return question.requests.flatMap((request, index) => {
        if ('unreadable' in request || !what.includes(`pod ${request.from}:`)) return [];
        const { to } = request;
        const isMeant =
          to.kind === 'name' ? names.includes(to.name) : to.kind === 'address' && addresses.includes(to.address);
        return isMeant ? [expectations[index]?.decision] : [];
      });
    });
    expect(flows.length).toBeGreaterThan(1);
    expect(new Set(flows)).toEqual(new Set(['deny']));
  });

  test('a shadowed rule can be taken out, and every flow stays as it is', { timeout: 120_000 }, () => {
    const shadowed = all.filter(each => each.finding.rule === 'shadowed-rule');
    expect(shadowed.length).toBeGreaterThan(100);
    const changed = shadowed.filter(({ read, finding }) => {
      const rest = withoutRule(read.case.question.objects, finding);
      return rest !== null && decisions(read, rest) !== decisions(read, read.case.question.objects);
    });
    expect(changed.map(({ read, finding }) => `${read.file}: ${finding.object} ${finding.what}`)).toEqual([]);
  });
});

/** The pod that a finding names by itself or first. */
function podOf({ what }: Finding): string | null {
  return /egress of pod ([^\s,]+)/.exec(what)?.[1] ?? /egress of \d+ pods \((\S+) and/.exec(what)?.[1] ?? null;
}

/** What is expected of a pod's flows to other pods and to addresses; to itself and its own node no policy counts. */
function flowsOf({ case: { question, expectations } }: Read, pod: string) {
  const own = question.objects.find(object => objectName(object) === `Pod ${pod}`) as
    | { readonly status?: { readonly podIP?: string; readonly hostIP?: string } }
    | undefined;
  return question.requests.flatMap((request, index) => {
    if ('unreadable' in request || request.from !== pod || request.protocol === 'ICMP') return [];
    const { to } = request;
    const text = to.kind === 'address' ? to.address : JSON.stringify(to);
    const isNear =
      to.kind === 'service' ||
      to.kind === 'name' ||
      text.includes(pod) ||
      [own?.status?.podIP, own?.status?.hostIP].includes(text) ||
      /^(127\.|::1)/.test(text);
    const { port, protocol } = request;
    return isNear ? [] : [{ to: text, port, protocol, expected: expectations[index]?.decision ?? null }];
  });
}

/** The objects without the rule that a finding calls shadowed; null: it is not told apart by its place alone. */
function withoutRule(objects: readonly unknown[], { object: name, what }: Finding): readonly unknown[] | null {
  const place = /^Its rule (egress|ingress)\[(\d+)\] never/.exec(what);
  if (place === null) return null;
  const [, side = '', index = ''] = place;
  return objects.map(object => {
    if (objectName(object) !== name) return object;
    const { spec, ...rest } = object as { readonly spec: Readonly<Record<string, readonly unknown[]>> };
    return { ...rest, spec: { ...spec, [side]: spec[side]?.filter((_, number) => number !== Number(index)) } };
  });
}

function decisions({ case: { question } }: Read, objects: readonly unknown[]): string {
  const engine = question.engine ?? detectEngine(question.objects);
  return answerCase({ ...question, engine, objects })
    .answers.map(({ decision }) => decision)
    .join();
}

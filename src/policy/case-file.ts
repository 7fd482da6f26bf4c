/**
 * Case files: a small cluster, flows, and what is expected of them. What the evaluator may see (`CaseQuestion`) and what
 * it must never see (`Expectation`) are read into separate values.
 */
import { parseAllDocuments, parseDocument } from 'yaml';
import type { Engine, Problem } from '../model.ts';
import { readAddress } from './address.ts';
import { readEngineOption } from './engine.ts';
import type { FlowRequest } from './model.ts';
import { isRecord, type Json, readProtocol, textAt } from './reading.ts';

/** All that the evaluator gets of a case. */
export type CaseQuestion = {
  /** null: the case names none. */
  readonly engine: Engine | null;
  readonly objects: readonly unknown[];
  readonly dns: Readonly<Record<string, readonly string[]>>;
  readonly requests: readonly (FlowRequest | { readonly unreadable: string })[];
};

/** What is compared with the answer afterwards. */
export type Expectation = {
  readonly decision: Expected | null;
  /** Deciding policies; null: not said. */
  readonly by: readonly string[] | null;
  /** The API leaves the flow to the network plugin: `unknown` is then right as well. */
  readonly engineSpecific: boolean;
};

export type Expected = 'allow' | 'deny' | 'unknown' | 'problem' | 'deny-or-problem' | 'problem-or-allow';

const EXPECTED: ReadonlySet<string> = new Set<Expected>([
  'allow',
  'deny',
  'unknown',
  'problem',
  'deny-or-problem',
  'problem-or-allow',
]);

export type Case = {
  readonly question: CaseQuestion;
  readonly expectations: readonly Expectation[];
  /** The object that should not be there, for the `problem` expectations: `Kind ns/name` fits when it ends in this. */
  readonly bad: { readonly kind: string; readonly name: string } | null;
};

export type CaseReading =
  | { readonly kind: 'case'; readonly case: Case }
  /** A file without flows, e.g. plain manifests or a table of selectors. */
  | { readonly kind: 'no-case'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads one case file, YAML or JSON. */
export function readCase(text: string): CaseReading {
  const parsed = readYaml(text);
  if (parsed.kind === 'unreadable') return parsed;
  const { value } = parsed;
  if (!isRecord(value) || !Object.hasOwn(value, 'flows')) return { kind: 'no-case', why: 'it has no flows' };
  const { flows } = value;
  if (!Array.isArray(flows)) return { kind: 'unreadable', why: 'flows is not a list' };
  if (!Array.isArray(value.objects)) return { kind: 'unreadable', why: 'objects is not a list' };
  const engine = readCaseEngine(value.engine);
  if (typeof engine === 'string') return { kind: 'unreadable', why: engine };
  const expectations = flows.map(readExpectation);
  const odd = expectations.findIndex(each => typeof each === 'string');
  if (odd >= 0) return { kind: 'unreadable', why: `flow ${odd}: ${expectations[odd]}` };
  const scope = value.scope === 'egress' ? 'egress' : 'both';
  return {
    kind: 'case',
    case: {
      question: {
        engine,
        objects: value.objects,
        dns: readDns(value.dns),
        requests: flows.map(flow => readFlow(flow, scope)),
      },
      expectations: expectations.filter(each => typeof each !== 'string'),
      bad: readBad(value.bad),
    },
  };
}

type YamlReading =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'unreadable'; readonly why: string };

/** JSON where it is JSON, which is much faster; else one YAML document. */
function readYaml(text: string): YamlReading {
  if (/^\s*[{[]/.test(text)) {
    try {
      return { kind: 'value', value: JSON.parse(text) };
    } catch {
      // Flow-style YAML begins like JSON.
    }
  }
  const document = parseDocument(text, { logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) return { kind: 'unreadable', why: `not YAML: ${error.message.split('\n')[0]}` };
  return toJs(() => document.toJS({ maxAliasCount: 100 }));
}

/** Building the values can fail too: aliases that explode are refused by the library, by a throw. */
function toJs(build: () => unknown): YamlReading {
  try {
    return { kind: 'value', value: build() };
  } catch (error) {
    return {
      kind: 'unreadable',
      why: `not YAML: ${error instanceof Error ? error.message.split('\n')[0] : 'its aliases explode'}`,
    };
  }
}

/** Reads the objects of a manifest file: YAML documents, JSON, List objects, or the objects of a case file. */
export function readManifests(
  text: string,
):
  | { readonly kind: 'objects'; readonly objects: readonly unknown[] }
  | { readonly kind: 'unreadable'; readonly why: string } {
  if (/^\s*[{[]/.test(text)) {
    const json = readYaml(text);
    if (json.kind === 'value') return { kind: 'objects', objects: flatten(json.value) };
  }
  const values: unknown[] = [];
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    const [error] = document.errors;
    if (error !== undefined) return { kind: 'unreadable', why: `not YAML: ${error.message.split('\n')[0]}` };
    const reading = toJs(() => document.toJS({ maxAliasCount: 100 }));
    if (reading.kind === 'unreadable') return reading;
    values.push(reading.value);
  }
  return { kind: 'objects', objects: values.flatMap(flatten) };
}

function flatten(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(flatten);
  if (isRecord(value) && Array.isArray(value.items) && textAt(value, 'kind')?.endsWith('List')) return value.items;
  if (isRecord(value) && !Object.hasOwn(value, 'kind') && Array.isArray(value.objects)) return value.objects;
  return [value];
}

function readCaseEngine(value: unknown): Engine | null | string {
  if (value === undefined || value === null) return null;
  const version = isRecord(value) ? value.version : undefined;
  const reading = readEngineOption(
    `${textAt(value, 'name') ?? ''}${version === undefined ? '' : `@${String(version)}`}`,
  );
  return reading.kind === 'engine' ? { ...reading.engine, evidence: 'the case file' } : `engine: ${reading.why}`;
}

function readDns(value: unknown): Readonly<Record<string, readonly string[]>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, answers]) => [name, (Array.isArray(answers) ? answers : [answers]).map(String)]),
  );
}

function readBad(value: unknown): Case['bad'] {
  if (!isRecord(value)) return null;
  return { kind: String(value.kind), name: String(value.name) };
}

function readExpectation(flow: unknown): Expectation | string {
  if (!isRecord(flow)) return { decision: null, by: null, engineSpecific: false };
  const { expect, by } = flow;
  if (expect !== undefined && (typeof expect !== 'string' || !EXPECTED.has(expect)))
    return `expect is none of ${[...EXPECTED].join(', ')}: ${JSON.stringify(expect)}`;
  return {
    decision: (expect as Expected | undefined) ?? null,
    by: typeof by === 'string' ? by.split(',').map(each => each.trim()) : null,
    engineSpecific: flow['engine-specific'] === true,
  };
}

/** Reads what is asked, and nothing of what is expected. */
function readFlow(flow: unknown, scope: FlowRequest['scope']): CaseQuestion['requests'][number] {
  if (!isRecord(flow)) return { unreadable: 'the flow is no object' };
  const from = textAt(flow, 'from');
  const to = textAt(flow, 'to');
  if (from === null || to === null) return { unreadable: 'the flow has no from or no to' };
  const protocol = flow.protocol === 'ICMP' ? 'ICMP' : readProtocol(flow.protocol);
  if (protocol === null) return { unreadable: `unknown protocol ${JSON.stringify(flow.protocol)}` };
  const port = readFlowPort(flow, protocol === 'ICMP');
  if (typeof port === 'string') return { unreadable: port };
  const icmpType = typeof flow.icmpType === 'number' ? flow.icmpType : null;
  return { from, to: readDestination(to), port, protocol, icmpType, query: readQuery(flow, port), scope };
}

function readFlowPort(flow: Json, isIcmp: boolean): number | null | string {
  const { port } = flow;
  if (isIcmp) return null;
  const valid = typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65_535;
  return valid ? port : `port is no number from 1 to 65535: ${JSON.stringify(port)}`;
}

const DNS_PORT = 53;

/** Without `query`, what was asked of a resolver is the name that every cluster has. */
function readQuery(flow: Json, port: number | null): string | null {
  return textAt(flow, 'query') ?? (port === DNS_PORT ? 'kubernetes.default.svc.cluster.local' : null);
}

/** Reads `pod:ns/name`, `service:ns/name`, an address, or a name. */
export function readDestination(text: string): FlowRequest['to'] {
  if (text.startsWith('pod:')) return { kind: 'pod', pod: text.slice('pod:'.length) };
  if (text.startsWith('service:')) return { kind: 'service', service: text.slice('service:'.length) };
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  return readAddress(bare).kind === 'address' ? { kind: 'address', address: bare } : { kind: 'name', name: text };
}

/** An answer as `egress test` judges it. */
export type Answer = {
  readonly decision: string;
  readonly by: readonly string[];
  readonly problems: readonly Problem[];
};

/**
 * Compares an answer with what is expected; null: as expected (or nothing is), else what differs. `problem`: not an
 * allow, and the bad object is named; `by` is compared as a set.
 */
export function difference(expectation: Expectation, answer: Answer, bad: Case['bad']): string | null {
  const { decision, by } = expectation;
  if (decision === null || (expectation.engineSpecific && answer.decision === 'unknown')) return null;
  const named = bad !== null && answer.problems.some(problem => fits(problem.object, bad));
  if (!decides(decision, answer.decision, named))
    return `expected ${decision}, got ${answer.decision}${decision.includes('problem') && !named ? ' and the bad object is not named' : ''}`;
  if (by === null || answer.decision === 'unknown') return null;
  const same = by.length === new Set(answer.by).size && by.every(each => answer.by.includes(each));
  return same ? null : `expected by ${by.join(', ')}, got ${answer.by.join(', ') || 'none'}`;
}

function decides(expected: Expected, decision: string, named: boolean): boolean {
  switch (expected) {
    case 'allow':
    case 'deny':
    case 'unknown':
      return decision === expected;
    case 'problem':
      return decision !== 'allow' && named;
    case 'deny-or-problem':
      return decision === 'deny' || (decision === 'unknown' && named);
    case 'problem-or-allow':
      return decision === 'allow' || (decision === 'unknown' && named);
    default:
      return expected satisfies never;
  }
}

function fits(object: string, bad: { readonly kind: string; readonly name: string }): boolean {
  const [kind = '', name = ''] = object.split(' ');
  return (
    kind.split('.')[0] === bad.kind &&
    (name === bad.name || name.endsWith(`/${bad.name}`) || object.endsWith('(no name)'))
  );
}

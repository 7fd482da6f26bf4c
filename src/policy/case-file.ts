/**
 * Case files: a small cluster, flows, and what is expected of them. What the evaluator may see (`CaseQuestion`) and what
 * it must never see (`Expectation`) are read into separate values.
 */
import type { Engine } from '../model.ts';
import { readEngineOption } from './engine.ts';
import { type BadObject, type Expectation, readExpectation } from './expectation.ts';
import { isPortNumber, readDestination } from './flow-text.ts';
import type { FlowRequest } from './model.ts';
import { isRecord, type Json, quoted, readProtocol, textAt } from './reading.ts';
import { readDocuments } from './yaml-text.ts';

/** All that the evaluator gets of a case. */
export type CaseQuestion = {
  /** null: the case names none. */
  readonly engine: Engine | null;
  readonly objects: readonly unknown[];
  readonly dns: Readonly<Record<string, readonly string[]>>;
  readonly requests: readonly (FlowRequest | { readonly unreadable: string })[];
};

/** One case file: what is asked, and what is expected. The evaluator sees only the former. */
export type Case = {
  readonly question: CaseQuestion;
  /** One for each request, in the same order. */
  readonly expectations: readonly Expectation[];
  readonly bad: BadObject | null;
};

/** A case, or why the file is none. */
export type CaseReading =
  | { readonly kind: 'case'; readonly case: Case }
  /** A file without flows, e.g. plain manifests. */
  | { readonly kind: 'no-case'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads one case file, YAML or JSON. */
export function readCase(text: string): CaseReading {
  const reading = readDocuments(text);
  if (reading.kind === 'unreadable') return reading;
  const [value, ...others] = reading.values;
  if (others.length > 0 || !isRecord(value) || !Object.hasOwn(value, 'flows'))
    return { kind: 'no-case', why: 'it has no flows' };
  const { flows, objects } = value;
  if (!Array.isArray(flows)) return { kind: 'unreadable', why: 'flows is not a list' };
  if (!Array.isArray(objects)) return { kind: 'unreadable', why: 'objects is not a list' };
  const engine = readCaseEngine(value.engine);
  if (typeof engine === 'string') return { kind: 'unreadable', why: engine };
  if (value.scope !== undefined && value.scope !== 'egress')
    return { kind: 'unreadable', why: `scope is not egress: ${quoted(value.scope)}` };
  const scope = value.scope === 'egress' ? 'egress' : 'both';
  const expectations = flows.map(readExpectation);
  const odd = expectations.findIndex(each => typeof each === 'string');
  if (odd >= 0) return { kind: 'unreadable', why: `flow ${odd}: ${expectations[odd]}` };
  const requests = flows.map(flow => readFlow(flow, scope));
  const question = { engine, objects, dns: readDns(value.dns), requests };
  return {
    kind: 'case',
    case: { question, expectations: expectations.filter(each => typeof each !== 'string'), bad: readBad(value.bad) },
  };
}

/** Reads `{name, version}`; null: absent; a text says what is wrong. */
export function readCaseEngine(value: unknown): Engine | null | string {
  if (value === undefined || value === null) return null;
  const version = isRecord(value) ? value.version : undefined;
  const reading = readEngineOption(
    `${textAt(value, 'name') ?? ''}${version === undefined ? '' : `@${String(version)}`}`,
  );
  return reading.kind === 'engine' ? { ...reading.engine, evidence: 'the case file' } : `engine: ${reading.why}`;
}

/** Reads `{name: [address, ...]}`; what is no map is empty, and what is no address is told when the cluster is read. */
export function readDns(value: unknown): Readonly<Record<string, readonly string[]>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, answers]) => [name, (Array.isArray(answers) ? answers : [answers]).map(String)]),
  );
}

function readBad(value: unknown): BadObject | null {
  return isRecord(value) ? { kind: String(value.kind), name: String(value.name) } : null;
}

/** Reads what is asked, and nothing of what is expected. */
function readFlow(flow: unknown, scope: FlowRequest['scope']): CaseQuestion['requests'][number] {
  if (!isRecord(flow)) return { unreadable: 'the flow is no object' };
  const from = textAt(flow, 'from');
  const to = textAt(flow, 'to');
  if (from === null || to === null) return { unreadable: 'the flow has no from or no to' };
  const isIcmp = flow.protocol === 'ICMP';
  const protocol = isIcmp ? 'ICMP' : readProtocol(flow.protocol);
  if (protocol === null) return { unreadable: `unknown protocol ${quoted(flow.protocol)}` };
  const port = isIcmp ? null : flow.port;
  if (port !== null && !isPortNumber(port)) return { unreadable: `port is no number from 1 to 65535: ${quoted(port)}` };
  const icmpType = typeof flow.icmpType === 'number' ? flow.icmpType : null;
  return { from, to: readDestination(to), port, protocol, icmpType, query: readQuery(flow, port), scope };
}

const DNS_PORT = 53;

/** Without `query`, what was asked of a resolver is the name that every cluster has. */
function readQuery(flow: Json, port: number | null): string | null {
  return textAt(flow, 'query') ?? (port === DNS_PORT ? 'kubernetes.default.svc.cluster.local' : null);
}

/** Sidecar: what one proxy imports, and what it does with the rest (https://istio.io/latest/docs/reference/config/networking/sidecar/). */
import { type MeshConfig, readMode } from './istio-config.ts';
import type { ImportedHost } from './istio-hosts.ts';
import type { Expression, Rule, RuleList } from './model.ts';
import { isRecord, type Json, memberOf, type Notebook, namespacedRef, quoted, referenceText } from './reading.ts';

/** One Sidecar, read. */
export type SidecarConfig = {
  readonly ref: { readonly kind: 'Sidecar'; readonly namespace: string; readonly name: string };
  readonly object: Json;
  /** null: no workloadSelector; it is its namespace's default. */
  readonly selects: Expression | null;
  /** null: no egress section; everything is imported. */
  readonly hosts: readonly ImportedHost[] | null;
  /** null: it says nothing. */
  readonly mode: MeshConfig['mode'] | null;
  readonly ingress: RuleList;
  readonly problems: string[];
};

const KNOWN = ['workloadSelector', 'ingress', 'egress', 'outboundTrafficPolicy', 'inboundConnectionPool'];

/** Reads one Sidecar; a field that is not known leaves its mode open. */
export function readSidecar(object: Json): SidecarConfig {
  const notebook: Notebook = { problems: [] };
  const ref = namespacedRef('Sidecar', object);
  const spec = isRecord(object.spec) ? object.spec : {};
  const odd = Object.keys(spec).find(key => !KNOWN.includes(key));
  if (odd !== undefined) notebook.problems.push(`the field "${odd}" is not known`);
  const mode = readMode(spec, referenceText(ref), notebook);
  return {
    ref,
    object,
    selects: readSelector(spec.workloadSelector, notebook),
    hosts: readEgress(spec.egress, notebook),
    mode: odd === undefined ? mode : { kind: 'not-known', why: `the field "${odd}" is not known` },
    ingress: readIngress(spec.ingress),
    problems: notebook.problems,
  };
}

function readSelector(value: unknown, notebook: Notebook): Expression | null {
  const labels = memberOf(value, 'labels');
  if (value === undefined || value === null || labels === undefined) return null;
  if (!isRecord(labels) || Object.values(labels).some(each => typeof each !== 'string')) {
    const why = `workloadSelector.labels ${quoted(labels)} is no map of texts`;
    notebook.problems.push(why);
    return { op: 'unreadable', why };
  }
  const pairs = Object.entries(labels);
  if (pairs.length === 0) return null;
  return { op: 'all', of: pairs.map(([key, each]) => ({ op: 'in', key, values: [String(each)] })) };
}

/** An empty list is as good as none. A listener with a port or a bind address of its own covers less: how much is open. */
function readEgress(value: unknown, notebook: Notebook): readonly ImportedHost[] | null {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return null;
  const open = (why: string): ImportedHost => {
    notebook.problems.push(why);
    return { namespace: '*', host: '*', open: why };
  };
  if (!Array.isArray(value)) return [open('egress is not a list')];
  return value.flatMap((item: unknown, index) => {
    const where = `egress[${index}]`;
    const hosts = memberOf(item, 'hosts');
    if (!Array.isArray(hosts)) return [open(`${where}.hosts is not a list`)];
    const own = ['port', 'bind', 'captureMode'].find(key => {
      const found = memberOf(item, key);
      return found !== undefined && found !== 'DEFAULT';
    });
    const why = own === undefined ? null : `${where} is a listener with a ${own} of its own, which is not evaluated`;
    return hosts.map((host: unknown): ImportedHost => {
      const slash = typeof host === 'string' ? host.indexOf('/') : -1;
      if (typeof host !== 'string' || slash < 1) return open(`${where}: ${quoted(host)} is not NAMESPACE/HOST`);
      return { namespace: host.slice(0, slash), host: host.slice(slash + 1), open: why };
    });
  });
}

/** Ports that the Sidecar lists are taken in; what becomes of the others is not documented, so that they stay open. */
function readIngress(value: unknown): RuleList {
  if (!Array.isArray(value) || value.length === 0) return 'absent';
  const ports = value.flatMap((item: unknown) => {
    const number = memberOf(item, 'port', 'number');
    return typeof number === 'number'
      ? [{ kind: 'ports' as const, protocol: 'TCP' as const, first: number, last: number }]
      : [];
  });
  const why = 'the Sidecar lists the ports that its proxy takes in, and whether others are let through is not known';
  const rule: Rule = {
    index: 0,
    name: 'ingress',
    action: 'deny',
    fields: [
      { name: 'ports', negated: true, anyOf: ports },
      { name: 'protocol', negated: false, anyOf: [{ kind: 'protocol', protocol: 'TCP' }] },
      { name: 'ingress', negated: false, anyOf: [{ kind: 'unreadable', why }] },
    ],
    notes: [],
  };
  return [rule];
}

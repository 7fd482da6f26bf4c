/**
 * ServiceEntry: hosts outside that the mesh knows (https://istio.io/latest/docs/reference/config/networking/service-entry/).
 * Each entry that a proxy sees becomes accept rules of the policy that stands for the proxy's Sidecar.
 */
import { readAddress, readRange } from './address.ts';
import type { MeshConfig } from './istio-config.ts';
import { type ImportedHost, isExported, isImported } from './istio-hosts.ts';
import type { Field, PeerTerm, Rule } from './model.ts';
import { isRecord, type Json, type Notebook, namespacedRef, quoted } from './reading.ts';

/** One ServiceEntry, read once for the whole mesh. */
export type MeshEntry = {
  readonly namespace: string;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly exportTo: readonly string[];
  readonly ports: readonly EntryPort[];
  /** null: none are given, and connections are told apart by their port or name alone. */
  readonly addresses: readonly PeerTerm[] | null;
  readonly resolution: string;
  /** Something in it could not be read; its rules are then open. */
  readonly riddle: string | null;
  readonly problems: readonly string[];
};

type EntryPort = { readonly number: number; readonly byName: boolean; readonly protocol: string };

const KNOWN = [
  'hosts',
  'addresses',
  'ports',
  'location',
  'resolution',
  'endpoints',
  'workloadSelector',
  'exportTo',
  'subjectAltNames',
];
/** Protocols in which the proxy reads the host's name: HTTP's Host header, TLS' server name. */
const BY_NAME: ReadonlySet<string> = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTPS', 'TLS']);
const BY_PORT: ReadonlySet<string> = new Set(['TCP', 'MONGO', 'MYSQL', 'REDIS']);
/** No protocol is named: the proxy finds out by itself which one each connection speaks. */
const SNIFFED = '';
const RESOLUTIONS: ReadonlySet<string> = new Set(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS']);

/** Reads one ServiceEntry; what cannot be read leaves it open whether it lets anything out. */
export function readEntry(object: Json, mesh: MeshConfig): MeshEntry {
  const notebook: Notebook = { problems: [] };
  const { namespace, name } = namespacedRef('ServiceEntry', object);
  const spec = isRecord(object.spec) ? object.spec : {};
  if (!isRecord(object.spec)) notebook.problems.push('no spec');
  const odd = Object.keys(spec).find(key => !KNOWN.includes(key));
  if (odd !== undefined) notebook.problems.push(`the field "${odd}" is not known`);
  const hosts = textsOf(spec.hosts, 'hosts', notebook);
  if (hosts.length === 0) notebook.problems.push('it names no hosts');
  const resolution = spec.resolution ?? 'NONE';
  if (typeof resolution !== 'string' || !RESOLUTIONS.has(resolution))
    notebook.problems.push(`unknown resolution ${quoted(resolution)}`);
  const exportTo = textsOf(spec.exportTo, 'exportTo', notebook);
  const addresses = textsOf(spec.addresses, 'addresses', notebook);
  return {
    namespace,
    name,
    hosts: hosts.map(host => host.toLowerCase()),
    exportTo: exportTo.length === 0 ? mesh.exportTo : exportTo,
    ports: readPorts(spec.ports, notebook),
    addresses: addresses.length === 0 ? null : addresses.map(text => readEntryAddress(text, notebook)),
    resolution: String(resolution),
    riddle: notebook.problems[0] ?? null,
    problems: notebook.problems,
  };
}

function textsOf(value: unknown, where: string, notebook: Notebook): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value;
  notebook.problems.push(`${where} is no list of texts`);
  return [];
}

function readPorts(value: unknown, notebook: Notebook): readonly EntryPort[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    notebook.problems.push('ports is not a list');
    return [];
  }
  return value.flatMap((item: unknown, index) => {
    const number = isRecord(item) ? item.number : undefined;
    const protocol = isRecord(item) ? String(item.protocol ?? SNIFFED).toUpperCase() : '';
    // The proxy takes TCP alone.
    if (typeof number === 'number' && protocol === 'UDP') return [];
    const known = BY_NAME.has(protocol) || BY_PORT.has(protocol) || protocol === SNIFFED;
    if (typeof number === 'number' && known) return [{ number, protocol, byName: BY_NAME.has(protocol) }];
    notebook.problems.push(`ports[${index}]: unknown port ${quoted(item)}`);
    return [];
  });
}

function readEntryAddress(text: string, notebook: Notebook): PeerTerm {
  const address = readAddress(text);
  const reading = readRange(address.kind === 'address' ? `${text}/${address.address.family === 4 ? 32 : 128}` : text);
  if (reading.kind === 'range')
    return { kind: 'ipBlock', range: reading.range, except: [], overPods: 'every-address', overNodes: 'every-address' };
  notebook.problems.push(`addresses: ${reading.why}`);
  return { kind: 'unreadable', why: reading.why };
}

/** What a proxy in `namespace` makes of an entry; empty: it does not see it. Rules are numbered from `index`. */
export function rulesOfEntry(
  entry: MeshEntry,
  proxy: { readonly namespace: string; readonly hosts: readonly ImportedHost[] | null },
  index: number,
): readonly Rule[] {
  if (!isExported(entry.exportTo, entry.namespace, proxy.namespace)) return [];
  const seen = entry.hosts.map(host => ({
    host,
    imported: isImported(proxy.hosts, { host, declaredIn: entry.namespace, own: proxy.namespace }),
  }));
  const hosts = seen.filter(each => each.imported.match !== 'no').map(each => each.host);
  if (hosts.length === 0 && entry.riddle === null) return [];
  const open = entry.riddle ?? seen.find(each => each.imported.match === 'unknown')?.imported.why ?? null;
  const name = `ServiceEntry ${entry.namespace}/${entry.name}`;
  const base = { name, action: 'accept' as const };
  if (entry.riddle !== null) return [{ ...base, index, fields: [unread(`${name}: ${entry.riddle}`)], notes: [] }];
  return entry.ports.map((port, offset) => ({
    ...base,
    index: index + offset,
    fields: [
      ...fieldsTo(entry, hosts, port),
      {
        name: 'ports',
        negated: false,
        anyOf: [{ kind: 'ports', protocol: 'TCP', first: port.number, last: port.number }],
      },
      ...(open === null ? [] : [unread(open)]),
    ],
    notes: notesOf(entry, hosts, port),
  }));
}

function unread(why: string): Field {
  return { name: 'entry', negated: false, anyOf: [{ kind: 'unreadable', why }] };
}

/**
 * A port whose protocol carries names lets out connections for these hosts. Any other port is told apart by address, or by
 * its number alone: "traffic to any IP on said port will be allowed" with resolution NONE, and with the others every
 * connection on that port goes to the entry's own endpoints. TLS to a single address is told apart by that address: "If we
 * have a VIP, then we know the destination [...] no need to do a SNI match"
 * (https://github.com/istio/istio/blob/1.24.0/pilot/pkg/networking/core/tls.go, buildSidecarOutboundTLSFilterChainOpts).
 */
function fieldsTo(entry: MeshEntry, hosts: readonly string[], port: EntryPort): readonly Field[] {
  const { addresses } = entry;
  const names = hosts.map((host): PeerTerm => {
    const isPattern = host.includes('*');
    return { kind: 'fqdn', name: isPattern ? null : host, pattern: isPattern ? host : null, dialect: 'istio' };
  });
  const to = (anyOf: readonly PeerTerm[], name = 'to'): Field => ({ name, negated: false, anyOf });
  if (port.byName) {
    // "For HTTP traffic [...] the destination will be identified based on the HTTP Host/Authority header."
    if (addresses === null || !isTls(port)) return [to(names)];
    if (!addresses.some(isSingle)) return [to(names), to(addresses, 'addresses')];
    const within = addresses.flatMap(range =>
      names.map((name): PeerTerm => ({ kind: 'all-of', terms: [range, name], text: hosts.join(', ') })),
    );
    return [to([...addresses.filter(isSingle), ...within], 'addresses')];
  }
  if (port.protocol === SNIFFED) {
    const why = `port ${port.number} of ServiceEntry ${entry.namespace}/${entry.name} names no protocol, and of HTTP the proxy lets out its own hosts alone`;
    return [to([...names, { kind: 'unreadable', why }]), ...(addresses === null ? [] : [to(addresses, 'addresses')])];
  }
  if (addresses !== null) return [to(addresses, 'addresses')];
  if (entry.resolution === 'NONE') return [to([{ kind: 'everyone' }])];
  const why = `every connection on port ${port.number} goes to the endpoints of ServiceEntry ${entry.namespace}/${entry.name}, whatever its address`;
  return [to([...names, { kind: 'unreadable', why }])];
}

function isTls({ protocol }: EntryPort): boolean {
  return protocol === 'TLS' || protocol === 'HTTPS';
}

function isSingle(term: PeerTerm): boolean {
  return term.kind === 'ipBlock' && term.range.first === term.range.last;
}

function notesOf(entry: MeshEntry, hosts: readonly string[], port: EntryPort): readonly string[] {
  const text = hosts.join(', ');
  const byName = isTls(port) ? 'server name (SNI)' : 'Host header';
  const byAddress = isTls(port) && entry.addresses?.some(isSingle) === true;
  return [
    ...(port.byName && !byAddress ? [`the proxy goes by the ${byName}, which has to be one of ${text}`] : []),
    ...(BY_PORT.has(port.protocol) && entry.resolution === 'NONE' && entry.addresses === null
      ? [`the entry opens port ${port.number} to every address`]
      : []),
  ];
}

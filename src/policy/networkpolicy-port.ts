/** The `ports` of a NetworkPolicy rule. */
import type { Engine, Protocol } from '../model.ts';
import { departs, engineText } from './departures.ts';
import type { PortTerm } from './model.ts';
import { isRecord, type Notebook, quoted, readProtocol } from './reading.ts';

type PortContext = { readonly direction: 'egress' | 'ingress'; readonly engine: Engine; readonly notebook: Notebook };

const HIGHEST_PORT = 65_535;

/** Reads a list of ports; null: absent or empty, which means every port. */
export function readPorts(value: unknown, where: string, context: PortContext): readonly PortTerm[] | null {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) return [unreadable(`${where} is not a list`, context.notebook)];
  return value.length === 0
    ? null
    : value.flatMap((item: unknown, index) => readPort(item, `${where}[${index}]`, context));
}

function readPort(item: unknown, where: string, context: PortContext): readonly PortTerm[] {
  const { notebook } = context;
  const refuse = (why: string) => [unreadable(`${where}: ${why}`, notebook)];
  if (item === null) return refuse('null port');
  if (!isRecord(item)) return refuse('no object');
  const odd = Object.keys(item).find(key => key !== 'protocol' && key !== 'port' && key !== 'endPort');
  if (odd !== undefined) return refuse(`unknown field "${odd}"`);
  const protocol = readProtocol(item.protocol);
  if (protocol === null) return refuse(`unknown protocol ${quoted(item.protocol)}`);
  const { port } = item;
  const endPort = item.endPort ?? null;
  if (port === undefined || port === null)
    return endPort === null
      ? [{ kind: 'ports', protocol, first: 1, last: HIGHEST_PORT }]
      : refuse('endPort without port');
  if (typeof port === 'string') {
    if (endPort !== null) return refuse('endPort with a named port');
    const fault = faultOfName(port);
    return fault === null ? [namedPort(port, protocol, context)] : refuse(fault);
  }
  if (!isPort(port)) return refuse(`port out of range: ${quoted(port)}`);
  if (endPort === null) return [{ kind: 'ports', protocol, first: port, last: port }];
  if (!isPort(endPort)) return refuse(`endPort out of range: ${quoted(endPort)}`);
  return endPort < port
    ? refuse(`endPort below port (${endPort} < ${port})`)
    : portRange(protocol, port, endPort, context);
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= HIGHEST_PORT;
}

function portRange(protocol: Protocol, first: number, last: number, { engine }: PortContext): readonly PortTerm[] {
  const { answer } = departs(engine, 'end-port-is-ignored');
  if (answer === 'no') return [{ kind: 'ports', protocol, first, last }];
  const only: PortTerm = { kind: 'ports', protocol, first, last: first };
  if (answer === 'yes' || first === last) return [only];
  const why = `whether ${engineText(engine)} heeds endPort is not known`;
  return [only, { kind: 'left-to-engine', protocol, first: first + 1, last, why }];
}

/** On ingress the name is the subject's own; on egress an engine may resolve it for the whole cluster. */
function namedPort(name: string, protocol: Protocol, { direction, engine }: PortContext): PortTerm {
  if (engine.name === 'ovn-kubernetes') return namedWithOvn(name, protocol);
  if (direction === 'ingress') return { kind: 'named-port', protocol, name, resolved: 'each-pod' };
  const { answer } = departs(engine, 'named-port-is-resolved-cluster-wide');
  return {
    kind: 'named-port',
    protocol,
    name,
    resolved: { yes: 'cluster-wide', no: 'each-pod', unknown: 'left-to-engine' }[answer] as
      | 'cluster-wide'
      | 'each-pod'
      | 'left-to-engine',
  };
}

/** Not implemented there: a name has been read as every port (https://github.com/ovn-kubernetes/ovn-kubernetes/issues/2117). */
function namedWithOvn(name: string, protocol: Protocol): PortTerm {
  const why = `OVN-Kubernetes implements no named ports, and what it makes of "${name}" depends on its version`;
  return { kind: 'left-to-engine', protocol, first: 1, last: HIGHEST_PORT, why };
}

/** An IANA service name: https://www.rfc-editor.org/rfc/rfc6335#section-5.1, as the API server checks it. */
function faultOfName(name: string): string | null {
  if (/^\d+$/.test(name)) return `"${name.slice(0, 60)}": a string port is a name, not a number`;
  const valid =
    name.length <= 15 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) && /[a-z]/.test(name) && !name.includes('--');
  return valid ? null : `invalid port name ${quoted(name.slice(0, 60))}`;
}

function unreadable(why: string, notebook: Notebook): PortTerm {
  notebook.problems.push(why);
  return { kind: 'unreadable', why };
}

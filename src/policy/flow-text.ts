/** Flows as they are written in case files and on the command line. */
import { readAddress } from './address.ts';
import type { FlowRequest } from './model.ts';

/** Reads `pod:ns/name`, `service:ns/name`, an address (also in brackets), or else a host name. */
export function readDestination(text: string): FlowRequest['to'] {
  if (text.startsWith('pod:')) return { kind: 'pod', pod: text.slice('pod:'.length) };
  if (text.startsWith('service:')) return { kind: 'service', service: text.slice('service:'.length) };
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  return readAddress(bare).kind === 'address' ? { kind: 'address', address: bare } : { kind: 'name', name: text };
}

/** Reports whether the value is a port number: 1 to 65535. */
export function isPortNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535;
}

/** A DNS server of one test, on the loopback, over UDP: answers what it is told, word by word (RFC 1035, section 4). */
import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

/** Of a name: addresses by family, a response code, or silence. */
export type DnsRecord =
  | { readonly a: readonly string[]; readonly aaaa: readonly string[] }
  | 'NXDOMAIN'
  | 'SERVFAIL'
  | 'silence';

const RCODES = { NXDOMAIN: 3, SERVFAIL: 2 } as const;
/** Type of an IPv4 address; everything else that is asked here is of IPv6. */
const A = 1;

export async function startDns(records: Readonly<Record<string, DnsRecord>>) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query);
    asked.push(`${name} ${type === A ? 'A' : 'AAAA'}`);
    const record = records[name] ?? 'NXDOMAIN';
    if (record === 'silence') return;
    const data = typeof record === 'string' ? [] : type === A ? record.a.map(ipv4) : record.aaaa.map(ipv6);
    const rcode = typeof record === 'string' ? RCODES[record] : 0;
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80 | rcode, 0, 1, 0, data.length, 0, 0, 0, 0]);
    const answers = data.map(bytes =>
      // A pointer to the question's name, the type, the class IN, a minute to live.
      Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length]), bytes]),
    );
    socket.send(Buffer.concat([header, query.subarray(12, end), ...answers]), from.port, from.address);
  });
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked,
    close: () => new Promise<void>(resolve => socket.close(() => resolve())),
  };
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function ipv4(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

/** Written in full: eight groups. */
function ipv6(text: string): Buffer {
  const bytes = Buffer.alloc(16);
  for (const [index, group] of text.split(':').entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}

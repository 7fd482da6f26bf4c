/**
 * The other end of every recorded probe: small servers on documentation addresses, one for each thing that a network
 * or a host can do wrong. Runs inside a network namespace of its own: `world.ts FOLDER`, with the certificates there.
 */
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, createServer, type Socket } from 'node:net';

const folder = process.argv[2] ?? '.';
const NET = '203.0.113.';
const ADDRESS6 = '2001:db8:99::10';

const RECORDS: Readonly<
  Record<string, { readonly A?: readonly string[]; readonly AAAA?: readonly string[]; readonly rcode?: number }>
> = {
  'good.example': { A: [`${NET}10`, `${NET}40`], AAAA: [ADDRESS6] },
  'v4only.example': { A: [`${NET}10`] },
  'v6only.example': { AAAA: [ADDRESS6] },
  'empty.example': {},
  'servfail.example': { rcode: 2 },
  'refused.example': { rcode: 5 },
  'inside.pods.test': { A: ['10.1.2.3'] },
};

function certificate(name: string): { key: Buffer; cert: Buffer } {
  return { key: readFileSync(`${folder}/${name}.key`), cert: readFileSync(`${folder}/${name}.crt`) };
}

function answer(status: number, waitMs = 0): RequestListener {
  return (_request, response) => {
    setTimeout(() => {
      response.writeHead(status, {
        'Set-Cookie': 'session=secret',
        'X-Forged': 'egress-w 200 000 1 1 1 1 0 egress-code 0',
        Connection: 'close',
      });
      response.end('{}\n');
    }, waitMs);
  };
}

function quiet(socket: Socket): Socket {
  return socket.on('error', () => socket.destroy());
}

function listenTls(last: number | string, name: string, listener: RequestListener): void {
  createHttps(certificate(name), listener)
    .on('tlsClientError', () => {})
    .listen(443, typeof last === 'number' ? NET + last : last);
}

function listenTcp(last: number, port: number, onSocket: (socket: Socket) => void): void {
  createServer(socket => onSocket(quiet(socket))).listen(port, NET + last);
}

listenTls(10, 'good.example', answer(200));
listenTls(ADDRESS6, 'good.example', answer(200));
listenTls(19, 'expired.example', answer(200));
listenTls(20, 'future.example', answer(200));
listenTls(21, 'other.example', answer(200));
listenTls(22, 'selfsigned.example', answer(200));
listenTls(28, 'rsa.example', answer(200));
listenTls(24, 'good.example', answer(200, 6000));
listenTls(25, 'good.example', answer(403));
createHttps(certificate('good.example'), request => request.socket.destroy()).listen(443, `${NET}27`);
createHttp(answer(200)).listen(80, `${NET}10`);
createHttp(answer(200)).listen(80, ADDRESS6);
createHttp(answer(200)).listen(443, `${NET}23`);
createHttp(answer(200, 6000)).listen(80, `${NET}24`);
createHttp(answer(403)).listen(80, `${NET}25`);
listenTcp(16, 443, socket => socket.once('data', () => socket.resetAndDestroy()));
listenTcp(16, 80, socket => socket.once('data', () => socket.resetAndDestroy()));
listenTcp(17, 443, () => {});
listenTcp(17, 80, () => {});
listenTcp(18, 443, socket => socket.once('data', () => socket.end()));
listenTcp(18, 80, socket => socket.once('data', () => socket.end()));

/** A proxy that knows good.example, denies denied.example and cannot find anything else. */
listenTcp(90, 3128, socket => {
  socket.once('data', head => {
    const [verb = '', target = ''] = head.toString('latin1').split(/[ \r\n]/);
    const host = target.replace(/^http:\/\//, '').split(/[:/]/)[0] ?? '';
    const status = host === 'denied.example' ? '403 Forbidden' : host === 'good.example' ? '200 OK' : '502 Bad Gateway';
    if (verb !== 'CONNECT' || !status.startsWith('200')) {
      socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const up = connect(443, `${NET}10`, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      quiet(up).pipe(socket).pipe(up);
    });
  });
});

createSocket('udp4')
  .on('message', function (this: import('node:dgram').Socket, message, peer) {
    this.send(message, peer.port, peer.address);
  })
  .bind(7, `${NET}10`);

// ------------------------------------------------------------------ a resolver

function nameAt(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [left = '', right = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text
      .split(':')
      .filter(Boolean)
      .map(group => Number.parseInt(group, 16));
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(all.flatMap(group => [group >> 8, group & 255]));
}

function reply(query: Buffer): Buffer {
  const { name, end } = nameAt(query);
  const type = query.readUInt16BE(end);
  const record = RECORDS[name];
  const rcode = record === undefined ? 3 : (record.rcode ?? 0);
  const addresses = type === 1 ? (record?.A ?? []) : type === 28 ? (record?.AAAA ?? []) : [];
  const answers = addresses.map(address => {
    const data = bytesOf(address);
    return Buffer.concat([Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 30, 0, data.length]), data]);
  });
  const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80 | rcode, 0, 1, 0, answers.length, 0, 0, 0, 0]);
  return Buffer.concat([head, query.subarray(12, end + 4), ...answers]);
}

/** `losesFirst`: the first datagram after two seconds without any is lost, as on a network that drops one now and then. */
function resolver(last: number, losesFirst: boolean): void {
  let seenAt = 0;
  createSocket('udp4')
    .on('message', function (this: import('node:dgram').Socket, query, peer) {
      const lost = losesFirst && Date.now() - seenAt > 2000;
      seenAt = Date.now();
      if (!lost) this.send(reply(query), peer.port, peer.address);
    })
    .bind(53, NET + last);
  listenTcp(last, 53, socket => {
    socket.on('data', chunk => {
      const response = reply(chunk.subarray(2));
      socket.end(Buffer.concat([Buffer.from([response.length >> 8, response.length & 255]), response]));
    });
  });
}

resolver(53, false);
resolver(54, false);
resolver(55, true);
setTimeout(() => process.stdout.write('up\n'), 300);
process.stdin.on('end', () => process.exit(0)).resume();

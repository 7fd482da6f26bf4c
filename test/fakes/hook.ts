/** A tool behind the generic webhook, on the loopback: takes what is signed with its secret, and nothing else. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What was told: `kind` note, with the incident's key and the text. */
export type Hooked = { readonly kind: string; readonly incident?: { readonly key: string }; readonly text?: string };

export async function startHook(secret: string) {
  const told: Hooked[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', chunk => {
      text += String(chunk);
    });
    request.on('end', () => {
      const timestamp = String(request.headers['x-egress-timestamp']);
      const expected = `v1=${createHmac('sha256', secret).update(`${timestamp}.${text}`).digest('hex')}`;
      const isSigned = request.headers['x-egress-signature'] === expected;
      if (isSigned) told.push(JSON.parse(text) as Hooked);
      response.writeHead(isSigned ? 204 : 401).end();
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/egress`,
    told,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>(resolve => server.close(() => resolve()));
    },
  };
}

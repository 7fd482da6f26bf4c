/** Another tool as a target, on the loopback: keeps what it is told. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type ToldWebhook = { readonly kind: string; readonly text?: string };

export type FakeWebhook = {
  readonly url: string;
  /** What came of this kind, in order. */
  readonly of: (kind: string) => readonly ToldWebhook[];
  readonly close: () => Promise<void>;
};

export async function startWebhook(): Promise<FakeWebhook> {
  const told: ToldWebhook[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    told.push(JSON.parse(body) as ToldWebhook);
    response.writeHead(204).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/egress`,
    of: kind => told.filter(one => one.kind === kind),
    close: () => {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
}

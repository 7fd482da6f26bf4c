/** /healthz, /readyz and /metrics, on an address of their own: Slack's requests come from outside, and these do not. */
import { createServer } from 'node:http';
import { type ListenAddress, listenOn } from './listen.ts';
import type { RequestMetrics } from './metrics.ts';

/** What is asked for. */
export type OperationsParts = {
  readonly metrics: Pick<RequestMetrics, 'text' | 'contentType'>;
  /** Whether requests of Slack and jobs are taken: false while it starts and while it stops. */
  readonly isReady: () => boolean;
};

/** The running server. */
export type Operations = { readonly port: number; readonly close: () => Promise<void> };

/** Starts it. Rejects when the address is taken. /healthz is 200 as long as the process answers at all. */
export async function startOperations(
  address: ListenAddress,
  { metrics, isReady }: OperationsParts,
): Promise<Operations> {
  const server = createServer({ requestTimeout: 5000 }, (request, response) => {
    const send = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type });
      response.end(request.method === 'HEAD' ? '' : body);
    };
    const plain = 'text/plain; charset=utf-8';
    switch (request.method === 'GET' || request.method === 'HEAD' ? request.url : null) {
      case '/healthz':
        return send(200, plain, 'ok\n');
      case '/readyz':
        return isReady() ? send(200, plain, 'ready\n') : send(503, plain, 'not ready\n');
      case '/metrics':
        metrics.text().then(
          text => send(200, metrics.contentType, text),
          () => send(500, plain, 'the metrics could not be read\n'),
        );
        return undefined;
      default:
        return send(404, plain, 'not found\n');
    }
  });
  const port = await listenOn(server, address);
  return {
    port,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

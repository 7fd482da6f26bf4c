/** The two ends of a request that every front has. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** The body, or null when it has more than `limit` bytes; the rest of it is not read. */
export async function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limit) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Answers with a status alone. */
export function end(response: ServerResponse, status: number, headers: OutgoingHttpHeaders = {}): void {
  if (response.headersSent) return;
  // What is left of a body that is not read must not be taken for the next request.
  response.writeHead(status, { connection: 'close', ...(status === 405 ? { allow: 'POST' } : {}), ...headers });
  response.end();
}

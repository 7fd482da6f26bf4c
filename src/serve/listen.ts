/** A server on an address, or why it cannot be there. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultError } from '../faults.ts';

/** A host and a port; port 0 is any that is free. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** Resolves with the port. Rejects with a FaultError: the address is taken, is not of this machine, or may not be used. */
export async function listenOn(server: Server, { host, port }: ListenAddress): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(noListening({ host, port }, error)));
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}

function noListening({ host, port }: ListenAddress, error: NodeJS.ErrnoException): FaultError {
  return new FaultError(
    {
      code: 'bad-config',
      what: `Nothing can listen on ${host}, port ${port}.`,
      cause: error.code === 'EADDRINUSE' ? 'Another process does.' : `The system says ${error.code ?? error.message}.`,
      remedy: 'End the other process, or name another address.',
    },
    { cause: error },
  );
}

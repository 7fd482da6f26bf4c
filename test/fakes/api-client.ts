import { KubeConfig } from '@kubernetes/client-node';
import type { ApiAnswer, ApiClient, ApiRequest } from '../../src/cluster/client.ts';

/** A client that answers from a function, and remembers what it was sent. */
export function fakeClient(
  answer: (request: ApiRequest) => ApiAnswer | Promise<ApiAnswer>,
): ApiClient & { readonly sent: ApiRequest[] } {
  const sent: ApiRequest[] = [];
  return {
    identity: 'prober',
    kubeConfig: new KubeConfig(),
    calls: [],
    sent,
    send: async request => {
      sent.push(request);
      return answer(request);
    },
    record: () => undefined,
    close: async () => undefined,
  };
}

export function ok(body: unknown): ApiAnswer {
  return { kind: 'ok', status: 200, body };
}

export function refused(status: number, reason: string, message: string): ApiAnswer {
  return { kind: 'refused', status, reason, message };
}

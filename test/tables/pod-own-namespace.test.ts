import { describe, expect, it } from 'vitest';
import { ensureOwnNamespace } from '../../src/cluster/own-namespace.ts';
import { fakeClient, ok, refused } from '../fakes/api-client.ts';

const MISSING = refused(404, 'NotFound', 'not found');

describe("the bot's own namespace", () => {
  it('is made for somebody who installed nothing, and pods are made once their account is there', async () => {
    let asked = 0;
    const client = fakeClient(({ method, path }) => {
      if (path.endsWith('/serviceaccounts/default')) {
        asked += 1;
        return asked < 3 ? MISSING : ok({});
      }
      return method === 'POST' ? ok({}) : MISSING;
    });
    expect(await ensureOwnNamespace(client, 'egress-system', true)).toEqual({ kind: 'created' });
    expect(asked).toBe(3);
    expect(client.sent[1]?.body).toMatchObject({
      kind: 'Namespace',
      metadata: { name: 'egress-system', labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    });
  });

  it('is never made by the bot itself', async () => {
    const client = fakeClient(() => MISSING);
    expect(await ensureOwnNamespace(client, 'egress-system', false)).toEqual({
      kind: 'missing',
      why: 'namespace egress-system does not exist',
    });
    expect(client.sent).toHaveLength(1);
  });

  it('that is there, or that may not be asked for, is left as it is', async () => {
    const forbidden = fakeClient(() => refused(403, 'Forbidden', 'no'));
    expect(await ensureOwnNamespace(forbidden, 'egress-system', true)).toEqual({ kind: 'exists' });
    expect(forbidden.sent).toHaveLength(1);
    expect(
      await ensureOwnNamespace(
        fakeClient(() => ok({})),
        'egress-system',
        true,
      ),
    ).toEqual({ kind: 'exists' });
  });

  it('that another first question made meanwhile is as good', async () => {
    const client = fakeClient(({ method }) => (method === 'POST' ? refused(409, 'AlreadyExists', '') : MISSING));
    expect(await ensureOwnNamespace(client, 'egress-system', true)).toEqual({ kind: 'exists' });
  });
});

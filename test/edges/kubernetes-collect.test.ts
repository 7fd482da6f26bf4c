/** Reading a cluster that pages, refuses, changes and serves what nobody expected. */
import { describe, expect, test } from 'vitest';
import type { ApiAnswer, ApiClient, ApiRequest } from '../../src/cluster/client.ts';
import { collect } from '../../src/cluster/collect.ts';
import type { Connection } from '../../src/cluster/connect.ts';
import { discoverKinds } from '../../src/cluster/discover.ts';
import { dryRunManifests } from '../../src/cluster/dry-run.ts';
import { listAll } from '../../src/cluster/list.ts';
import { rereadPolicies } from '../../src/cluster/reread.ts';
import type { Collected } from '../../src/evidence.ts';
import { fakeClient, ok, refused } from '../fakes/api-client.ts';

const PODS = { group: '', version: 'v1', plural: 'pods' };
const pods = (names: readonly string[], more = ''): ApiAnswer =>
  ok({
    apiVersion: 'v1',
    kind: 'PodList',
    metadata: { continue: more },
    items: names.map(name => ({ metadata: { name } })),
  });

describe('a long list', () => {
  test('comes page by page', async () => {
    const client = fakeClient(request => (request.query?.continue === 'next' ? pods(['b']) : pods(['a'], 'next')));
    const answer = await listAll(client, { type: PODS });
    expect(answer.kind === 'listed' && answer.items).toEqual([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } },
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'b' } },
    ]);
    expect(client.sent.map(request => request.query)).toEqual([{ limit: '500' }, { limit: '500', continue: 'next' }]);
  });

  test('whose next page has expired is read again in one piece', async () => {
    const client = fakeClient(({ query }) => {
      if (query?.continue) return refused(410, 'Expired', 'too old');
      return query?.limit ? pods(['a'], 'next') : pods(['a', 'b', 'c']);
    });
    const answer = await listAll(client, { type: PODS });
    expect(answer.kind === 'listed' && answer.items).toHaveLength(3);
  });

  test('that is refused half-way is no list', async () => {
    const client = fakeClient(({ query }) =>
      query?.continue ? refused(403, 'Forbidden', 'no more') : pods(['a'], 'next'),
    );
    expect(await listAll(client, { type: PODS })).toEqual({
      kind: 'refused',
      status: 403,
      reason: 'Forbidden',
      message: 'no more',
    });
  });
});

const resource = (plural: string, kind: string, verbs = ['list']): object => ({
  resource: plural,
  responseKind: { kind },
  scope: 'Namespaced',
  verbs,
});
const aggregated = (groups: readonly object[]): ApiAnswer => ok({ kind: 'APIGroupDiscoveryList', items: groups });
const group = (name: string, resources: readonly object[], more: object = {}): object => ({
  metadata: { name },
  versions: [{ version: 'v1', resources, freshness: 'Current', ...more }],
});

describe('which kinds there are', () => {
  test('each in the version that the server prefers', async () => {
    const both = {
      metadata: { name: 'x.example' },
      versions: [
        { version: 'v2', resources: [resource('as', 'A')] },
        { version: 'v1', resources: [resource('as', 'A'), resource('bs', 'B')] },
      ],
    };
    const found = await discoverKinds(fakeClient(() => aggregated([both])));
    expect(found.kinds.map(kind => `${kind.version} ${kind.kind}`)).toEqual(['v2 A', 'v1 B']);
  });

  test('a group whose server is down is named', async () => {
    const found = await discoverKinds(fakeClient(() => aggregated([group('x.example', [], { freshness: 'Stale' })])));
    expect(found.missing).toEqual([
      { what: 'API group x.example/v1', why: 'the API server behind it does not answer' },
    ]);
  });

  test('from a server that does not aggregate, group by group', async () => {
    const client = fakeClient(({ path }) => {
      if (path === '/apis')
        return ok({
          kind: 'APIGroupList',
          groups: [
            { name: 'x.example', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } },
            { name: 'down.example', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } },
          ],
        });
      if (path.startsWith('/apis/down')) return refused(503, 'ServiceUnavailable', 'down');
      return ok({
        resources: [
          { name: 'as', kind: 'A', namespaced: false, verbs: ['list'] },
          { name: 'as/status', kind: 'A', verbs: ['get'] },
        ],
      });
    });
    expect(await discoverKinds(client)).toEqual({
      kinds: [{ group: 'x.example', version: 'v1', kind: 'A', plural: 'as', namespaced: false, listable: true }],
      missing: [{ what: 'API group down.example/v1', why: 'down' }],
    });
  });

  test('nobody may know', async () => {
    expect(await discoverKinds(fakeClient(() => refused(403, 'Forbidden', 'no')))).toEqual({
      kinds: [],
      missing: [{ what: 'API discovery', why: 'no' }],
    });
  });
});

function connection(reader: ApiClient): Connection {
  return {
    reader,
    prober: reader,
    dryRunner: reader,
    clusterName: 'c',
    serverUrl: 'https://c.example',
    serverVersion: 'v1.34.4',
    defaultNamespace: 'default',
    botNamespace: 'egress-system',
    asBot: false,
    close: async () => undefined,
  };
}

const NETWORKING = group('networking.k8s.io', [resource('networkpolicies', 'NetworkPolicy')]);
const empty = (): ApiAnswer => ok({ apiVersion: 'v1', kind: 'List', metadata: {}, items: [] });

/** A cluster where everything is there and empty, but for what `special` answers. */
function cluster(
  groups: readonly object[],
  special: (request: ApiRequest) => ApiAnswer | null,
): ReturnType<typeof fakeClient> {
  return fakeClient(
    request =>
      special(request) ??
      (request.path === '/apis'
        ? aggregated(groups)
        : request.path.includes('/configmaps/')
          ? refused(404, 'NotFound', 'none')
          : empty()),
  );
}

describe('the whole collection', () => {
  test('names a policy list that is refused, with the line to add', async () => {
    const acme = group('acme.example', [resource('acmenetworkpolicies', 'AcmeNetworkPolicy')]);
    const client = cluster([NETWORKING, acme], ({ path }) =>
      path.includes('acme') ? refused(403, 'Forbidden', 'no') : null,
    );
    const { apis } = await collect(connection(client));
    expect(apis.map(({ kind, result }) => ({ kind, result }))).toEqual([
      {
        kind: 'AcmeNetworkPolicy',
        result: {
          kind: 'forbidden',
          remedy: '- {apiGroups: ["acme.example"], resources: ["acmenetworkpolicies"], verbs: ["list"]}',
        },
      },
      { kind: 'NetworkPolicy', result: { kind: 'listed', objects: 0 } },
    ]);
  });

  test('asks for the mesh’s settings where Istio is served alone, and names the overlay that gives the right', async () => {
    const isMap = (path: string) => path.endsWith('/istio-system/configmaps/istio');
    const asked = async (groups: readonly object[], special: ApiAnswer) => {
      let maps = 0;
      const client = cluster(groups, ({ path }) => {
        if (!isMap(path)) return null;
        maps += 1;
        return special;
      });
      const { objects, missing } = await collect(connection(client));
      return { maps, mesh: objects.map(each => each.data), missing: missing.map(({ what, why }) => `${what}: ${why}`) };
    };
    const istio = group('networking.istio.io', [resource('sidecars', 'Sidecar')]);
    const mesh = 'accessLogFile: secret\noutboundTrafficPolicy: {mode: REGISTRY_ONLY}\n';
    const map = ok({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio' },
      data: { mesh, other: 'secret' },
    });
    expect(await asked([NETWORKING], map)).toEqual({ maps: 0, mesh: [], missing: [] });
    const read = await asked([NETWORKING, istio], map);
    expect(read.maps).toBe(1);
    expect(JSON.stringify(read.mesh)).toContain('REGISTRY_ONLY');
    expect(JSON.stringify(read.mesh)).not.toContain('secret');
    expect((await asked([NETWORKING, istio], refused(404, 'NotFound', 'none'))).missing).toEqual([]);
    expect((await asked([NETWORKING, istio], refused(403, 'Forbidden', 'no'))).missing.join()).toMatch(
      /^ConfigMap istio-system\/istio: no; without it what the mesh lets out .* overlay istio/,
    );
  });

  test('tells a list that failed from one that is empty', async () => {
    const client = cluster([NETWORKING], ({ path }) =>
      path.endsWith('networkpolicies')
        ? { kind: 'no-answer', errno: 'ETIMEDOUT', why: 'no answer within 10000 ms' }
        : null,
    );
    expect((await collect(connection(client))).apis[0]?.result).toEqual({
      kind: 'failed',
      why: 'ETIMEDOUT: no answer within 10000 ms',
    });
  });

  test('names a kind that cannot be listed', async () => {
    const client = cluster(
      [group('acme.example', [resource('acmenetworkpolicies', 'AcmeNetworkPolicy', ['get'])])],
      () => null,
    );
    expect((await collect(connection(client))).apis[0]?.result).toEqual({
      kind: 'failed',
      why: 'this API cannot be listed',
    });
  });

  test.each([
    ['pods', '/api/v1/pods'],
    ['namespaces', '/api/v1/namespaces'],
    ['nodes', '/api/v1/nodes'],
    ['services', '/api/v1/services'],
    ['endpointslices', '/apis/discovery.k8s.io/v1/endpointslices'],
    ['serviceaccounts', '/api/v1/serviceaccounts'],
    ['daemonsets', '/apis/apps/v1/daemonsets'],
  ])('says what it costs that %s may not be listed', async (what, path) => {
    const client = cluster([NETWORKING], request =>
      request.path === path ? refused(403, 'Forbidden', 'not you') : null,
    );
    const { missing } = await collect(connection(client));
    expect(missing).toEqual([{ what, why: expect.stringMatching(/^not you; without it .+/) }]);
  });

  test("names the network plugin's settings when they may not be read", async () => {
    const client = cluster([NETWORKING], ({ path }) =>
      path.endsWith('/cilium-config') ? refused(403, 'Forbidden', 'not you') : null,
    );
    expect((await collect(connection(client))).missing).toEqual([
      {
        what: 'ConfigMap kube-system/cilium-config',
        why: 'not you; without it settings of the network plugin in cilium-config are not known',
      },
    ]);
  });

  test('keeps the engine that was given', async () => {
    const engine = { name: 'calico', version: '3.30.0', evidence: '--engine' } as const;
    expect((await collect(connection(cluster([NETWORKING], () => null)), { engine })).engine).toEqual(engine);
  });
});

describe('policies read again', () => {
  const api = {
    group: 'networking.k8s.io',
    version: 'v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    namespaced: true,
  } as const;
  const policy = (name: string, resourceVersion: string): Collected['objects'][number] => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'a', name, resourceVersion },
  });
  const before = (objects: Collected['objects']): Collected => ({
    objects,
    apis: [{ ...api, result: { kind: 'listed', objects: objects.length } }],
    engine: { name: 'unknown', version: null, evidence: '' },
    missing: [],
    serverVersion: null,
  });
  const now = (...objects: Collected['objects']): ApiAnswer => ok({ metadata: {}, items: objects });

  test.each<readonly [string, Collected['objects'], ApiAnswer, readonly string[]]>([
    ['nothing changed', [policy('p', '1')], now(policy('p', '1')), []],
    ['one changed', [policy('p', '1')], now(policy('p', '2')), ['NetworkPolicy a/p']],
    ['one appeared', [], now(policy('p', '1')), ['NetworkPolicy a/p']],
    ['one vanished', [policy('p', '1')], now(), ['NetworkPolicy a/p']],
    ['the list fails this time', [policy('p', '1')], refused(403, 'Forbidden', 'no'), []],
  ])('%s', async (_rule, objects, answer, expected) => {
    expect(await rereadPolicies(connection(fakeClient(() => answer)), before(objects))).toEqual(expected);
  });
});

describe('a dry run', () => {
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace: 'a', name: 'p' },
    spec: {},
  };
  const review = (allowed: boolean): ApiAnswer => ok({ status: { allowed } });
  const answers = (create: ApiAnswer, patch: ApiAnswer, may: boolean) => (request: ApiRequest) =>
    request.path.includes('selfsubjectaccessreviews') ? review(may) : request.method === 'POST' ? create : patch;
  const exists = refused(409, 'AlreadyExists', 'p exists');
  const forbidden = refused(403, 'Forbidden', 'denied');

  test.each<readonly [string, (request: ApiRequest) => ApiAnswer, object]>([
    ['is accepted', answers(ok({}), ok({}), true), { kind: 'accepted' }],
    ['of a name that exists is an apply', answers(exists, ok({}), true), { kind: 'accepted' }],
    [
      'is refused by validation',
      answers(refused(422, 'Invalid', 'spec.x: bad'), ok({}), true),
      { kind: 'refused', why: 'NetworkPolicy a/p: spec.x: bad' },
    ],
    [
      'is refused by an admission policy',
      answers(forbidden, ok({}), true),
      { kind: 'refused', why: 'NetworkPolicy a/p: denied' },
    ],
    [
      'without the right is skipped',
      answers(forbidden, ok({}), false),
      { kind: 'skipped', why: 'no permission to create networkpolicies in a' },
    ],
    [
      'of a name that exists, without the right to patch',
      answers(exists, forbidden, false),
      { kind: 'skipped', why: 'no permission to patch networkpolicies in a' },
    ],
    [
      'without an answer is skipped',
      answers({ kind: 'no-answer', errno: 'ETIMEDOUT', why: 'silence' }, ok({}), true),
      { kind: 'skipped', why: 'the API server did not answer: silence' },
    ],
  ])('%s, and is never a real write', async (_rule, answer, expected) => {
    const client = fakeClient(answer);
    expect(await dryRunManifests(connection(client), [manifest])).toEqual(expected);
    const writes = client.sent.filter(request => !request.path.includes('selfsubjectaccessreviews'));
    expect(writes.length).toBeGreaterThan(0);
    expect(writes.every(request => request.query?.dryRun === 'All')).toBe(true);
  });

  test('of several ends with the first that is not accepted', async () => {
    const client = fakeClient(({ path }) =>
      path.includes('/b/') ? refused(404, 'NotFound', 'no namespace b') : ok({}),
    );
    const other = { ...manifest, metadata: { namespace: 'b', name: 'q' } };
    expect(await dryRunManifests(connection(client), [manifest, other, manifest])).toEqual({
      kind: 'refused',
      why: 'NetworkPolicy b/q: no namespace b',
    });
  });
});

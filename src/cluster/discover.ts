/** Asks the API server which kinds it serves: one request where it can aggregate, one for each group where it cannot. */
import type { ApiClient } from './client.ts';
import { asList, asRecord, type JsonRecord, textOf } from './json.ts';
import type { ServedKind } from './policy-kinds.ts';

/** `missing`: parts of the answer that could not be had, e.g. the group of an aggregated API server that is down. */
export type Discovered = {
  readonly kinds: readonly ServedKind[];
  readonly missing: readonly { readonly what: string; readonly why: string }[];
};

/** https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery (v2 since 1.30, v2beta1 since 1.26) */
const AGGREGATED = ['v2', 'v2beta1']
  .map(version => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

/** Lists the kinds of all API groups (the core group left out), each in the version that the server prefers. */
export async function discoverKinds(client: ApiClient): Promise<Discovered> {
  const answer = await client.send({ method: 'GET', path: '/apis', accept: AGGREGATED });
  if (answer.kind !== 'ok') {
    const why = answer.kind === 'refused' ? answer.message : answer.why;
    return { kinds: [], missing: [{ what: 'API discovery', why }] };
  }
  const body = asRecord(answer.body);
  if (textOf(body.kind) === 'APIGroupDiscoveryList') return readAggregated(body);
  return discoverGroupByGroup(client, body);
}

function readAggregated(body: JsonRecord): Discovered {
  const found = asList(body.items).map(readGroup);
  return { kinds: found.flatMap(group => group.kinds), missing: found.flatMap(group => group.missing) };
}

function readGroup(item: unknown): Discovered {
  const group = textOf(asRecord(asRecord(item).metadata).name);
  const kinds = new Map<string, ServedKind>();
  const missing: { what: string; why: string }[] = [];
  // Versions come in the order of preference: a kind is taken from the first that has it.
  for (const version of asList(asRecord(item).versions).map(asRecord)) {
    const name = textOf(version.version);
    if (version.freshness === 'Stale') {
      missing.push({ what: `API group ${group}/${name}`, why: 'the API server behind it does not answer' });
    }
    for (const kind of asList(version.resources).map(resource => readAggregatedKind(resource, group, name))) {
      if (!kinds.has(kind.kind)) kinds.set(kind.kind, kind);
    }
  }
  return { kinds: [...kinds.values()], missing };
}

function readAggregatedKind(resource: unknown, group: string, version: string): ServedKind {
  const record = asRecord(resource);
  return {
    group,
    version,
    kind: textOf(asRecord(record.responseKind).kind),
    plural: textOf(record.resource),
    namespaced: record.scope === 'Namespaced',
    listable: asList(record.verbs).includes('list'),
  };
}

/** Before Kubernetes 1.26: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#unaggregated-discovery */
async function discoverGroupByGroup(client: ApiClient, body: JsonRecord): Promise<Discovered> {
  const groups = asList(body.groups).map(asRecord);
  const found = await Promise.all(groups.map(group => discoverGroup(client, group)));
  return { kinds: found.flatMap(one => one.kinds), missing: found.flatMap(one => one.missing) };
}

async function discoverGroup(client: ApiClient, group: JsonRecord): Promise<Discovered> {
  const name = textOf(group.name);
  const preferred = textOf(asRecord(group.preferredVersion).version);
  const others = asList(group.versions).map(version => textOf(asRecord(version).version));
  const kinds = new Map<string, ServedKind>();
  const missing: { what: string; why: string }[] = [];
  for (const version of new Set([preferred, ...others])) {
    const answer = await client.send({
      method: 'GET',
      path: `/apis/${encodeURIComponent(name)}/${encodeURIComponent(version)}`,
    });
    if (answer.kind !== 'ok') {
      missing.push({
        what: `API group ${name}/${version}`,
        why: answer.kind === 'refused' ? answer.message : answer.why,
      });
      continue;
    }
    for (const resource of asList(asRecord(answer.body).resources).map(asRecord)) {
      const kind = readPlainKind(resource, name, version);
      if (!kind.plural.includes('/') && !kinds.has(kind.kind)) kinds.set(kind.kind, kind);
    }
  }
  return { kinds: [...kinds.values()], missing };
}

function readPlainKind(resource: JsonRecord, group: string, version: string): ServedKind {
  return {
    group,
    version,
    kind: textOf(resource.kind),
    plural: textOf(resource.name),
    namespaced: resource.namespaced === true,
    listable: asList(resource.verbs).includes('list'),
  };
}

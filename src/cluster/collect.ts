/** Reads what can decide about a flow: the cluster's objects, and every policy API that it serves. */
import type { ApiListing, Collected, KubernetesObject } from '../evidence.ts';
import type { Engine } from '../model.ts';
import { detectEngine } from '../policy/engine.ts';
import { apiPath } from './api-path.ts';
import type { ApiClient } from './client.ts';
import type { Connection } from './connect.ts';
import { CORE_KINDS, type CoreKind } from './core-kinds.ts';
import { type Discovered, discoverKinds } from './discover.ts';
import { readEngineInputs } from './engine-inputs.ts';
import { runLimited } from './limit.ts';
import { type ListAnswer, listAll } from './list.ts';
import { type ServedKind, selectPolicyKinds, selectTellingKinds } from './policy-kinds.ts';
import { projectObject } from './project.ts';

/** What the caller knows beforehand. */
export type CollectOptions = {
  /** What enforces policies, when the caller knows (`--engine`); null: found out. */
  readonly engine: Engine | null;
};

/** One list's share of the collection. */
type Share = {
  readonly objects: readonly KubernetesObject[];
  readonly apis: readonly ApiListing[];
  readonly missing: Collected['missing'];
};

/** Lists at the same time: the default limits of API priority and fairness give a client at least this many. */
const PARALLEL = 12;

/**
 * Reads the cluster. Never fails: what was refused is in `missing` (core lists) or in `apis` (policy APIs), with the
 * right that it takes. Objects are cut down by `project.ts`.
 */
export async function collect(connection: Connection, options: CollectOptions = { engine: null }): Promise<Collected> {
  const client = connection.reader;
  // Discovery decides what else is listed: the core lists do not wait for it.
  const discovering = discoverKinds(client);
  const [core, policies, inputs] = await Promise.all([
    runLimited(
      PARALLEL,
      CORE_KINDS.map(kind => () => collectCore(client, kind)),
    ),
    discovering.then(discovered => collectDiscovered(client, discovered)),
    readEngineInputs(
      client,
      discovering.then(({ kinds }) => new Set(kinds.map(({ group }) => group))),
    ),
  ]);
  const shares = [...core, ...policies, inputs];
  const objects = shares.flatMap(share => share.objects);
  return {
    objects,
    apis: shares.flatMap(share => share.apis),
    engine: options.engine ?? detectEngine(objects),
    missing: shares.flatMap(share => share.missing),
    serverVersion: connection.serverVersion,
  };
}

async function collectCore(client: ApiClient, kind: CoreKind): Promise<Share> {
  const answer = await listAll(client, { type: kind.type }, projectObject);
  if (answer.kind === 'listed') return { objects: answer.items, apis: [], missing: [] };
  return { objects: [], apis: [], missing: [{ what: kind.what, why: `${whyOf(answer)}; without it ${kind.cost}` }] };
}

async function collectDiscovered(client: ApiClient, discovered: Discovered): Promise<readonly Share[]> {
  const jobs = [
    ...selectPolicyKinds(discovered.kinds).map(kind => () => collectPolicyKind(client, kind)),
    ...selectTellingKinds(discovered.kinds).map(kind => () => collectTellingKind(client, kind)),
  ];
  return [{ objects: [], apis: [], missing: discovered.missing }, ...(await runLimited(PARALLEL, jobs))];
}

async function collectPolicyKind(client: ApiClient, kind: ServedKind): Promise<Share> {
  const { group, version, plural, namespaced } = kind;
  const listing = (result: ApiListing['result']): ApiListing => ({
    group,
    version,
    kind: kind.kind,
    plural,
    namespaced,
    result,
  });
  if (!kind.listable) return share([], listing({ kind: 'failed', why: 'this API cannot be listed' }));
  const answer = await listAll(client, { type: kind }, projectObject);
  switch (answer.kind) {
    case 'listed':
      return share(answer.items, listing({ kind: 'listed', objects: answer.items.length }));
    case 'refused':
      return answer.status === 403
        ? share([], listing({ kind: 'forbidden', remedy: rightToList(kind) }))
        : share([], listing({ kind: 'failed', why: whyOf(answer) }));
    case 'no-answer':
      return share([], listing({ kind: 'failed', why: whyOf(answer) }));
    default:
      return answer satisfies never;
  }
}

function share(objects: readonly KubernetesObject[], listing: ApiListing): Share {
  return { objects, apis: [listing], missing: [] };
}

async function collectTellingKind(client: ApiClient, kind: ServedKind): Promise<Share> {
  if (!kind.listable) return { objects: [], apis: [], missing: [] };
  const answer = await listAll(client, { type: kind }, projectObject);
  if (answer.kind === 'listed') return { objects: answer.items, apis: [], missing: [] };
  return { objects: [], apis: [], missing: [{ what: kind.plural, why: whyOf(answer) }] };
}

/** The rule to add to the reader's ClusterRole, as it stands in its manifest. */
function rightToList(kind: { readonly group: string; readonly plural: string }): string {
  return `- {apiGroups: ["${kind.group}"], resources: ["${kind.plural}"], verbs: ["list"]}`;
}

function whyOf(answer: Exclude<ListAnswer, { kind: 'listed' }>): string {
  return answer.kind === 'refused' ? answer.message : `${answer.errno}: ${answer.why}`;
}

/** The names and resource versions of the policies that are there now; null: a list failed. */
export async function listPolicyVersions(
  client: ApiClient,
  api: ApiListing,
): Promise<ReadonlyMap<string, string> | null> {
  const answer = await listAll(client, { type: api, metadataOnly: true });
  if (answer.kind !== 'listed') return null;
  return new Map(answer.items.map(item => [policyPath(api, item), String(item.metadata.resourceVersion)]));
}

/** Identifies an object within its API. */
export function policyPath(api: ApiListing, object: KubernetesObject): string {
  const namespace = object.metadata.namespace;
  return apiPath(api, {
    namespace: typeof namespace === 'string' ? namespace : null,
    name: String(object.metadata.name),
  });
}

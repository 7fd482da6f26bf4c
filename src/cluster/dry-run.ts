/** Asks the API server whether it would take a fix, admission policies and all, without changing anything. */
import type { DryRun } from '../evidence.ts';
import { apiPath, type ResourceType } from './api-path.ts';
import type { ApiAnswer } from './client.ts';
import type { Connection } from './connect.ts';
import { asRecord, type JsonRecord, textOf } from './json.ts';
import { listAll } from './list.ts';
import { pluralOf } from './policy-kinds.ts';
import { reviewSelf } from './self-review.ts';

type Manifest = Readonly<Record<string, unknown>>;
/** Where a manifest goes. */
type Destination = {
  readonly type: ResourceType;
  readonly namespace: string | null;
  readonly name: string;
  readonly title: string;
};

/** Never left out: these requests would be real without it. https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run */
const DRY_RUN = { dryRun: 'All', fieldManager: 'egress', fieldValidation: 'Strict' } as const;

/** Tries each manifest in order; the first that is not accepted is the answer. */
export async function dryRunManifests(connection: Connection, manifests: readonly Manifest[]): Promise<DryRun> {
  for (const manifest of manifests) {
    const answer = await dryRunManifest(connection, manifest);
    if (answer.kind !== 'accepted') return answer;
  }
  return manifests.length === 0 ? { kind: 'skipped', why: 'there is nothing to try' } : { kind: 'accepted' };
}

/**
 * Sends one create as a dry run; where an object of this name is there already, a server-side apply. `skipped` when the
 * identity may not (dry runs need the right of the real write), `refused` when the API server or an admission policy says no.
 */
export async function dryRunManifest(connection: Connection, manifest: Manifest): Promise<DryRun> {
  const to = destinationOf(manifest);
  const { namespace } = to;
  const created = await connection.dryRunner.send({
    method: 'POST',
    path: apiPath(to.type, { namespace }),
    query: DRY_RUN,
    body: manifest,
  });
  const exists = created.kind === 'refused' && created.status === 409 && created.reason === 'AlreadyExists';
  if (!exists) return readDryRun(connection, created, to, 'create');
  const applied = await connection.dryRunner.send({
    method: 'PATCH',
    path: apiPath(to.type, { namespace, name: to.name }),
    // Whose fields these were does not matter to the question whether they would be taken.
    query: { ...DRY_RUN, force: 'true' },
    body: manifest,
    contentType: 'application/apply-patch+yaml',
  });
  return readDryRun(connection, applied, to, 'patch');
}

/** Reports whether an object of this kind and name is in the cluster now; false also where that cannot be read. */
export async function manifestExists(connection: Connection, manifest: Manifest): Promise<boolean> {
  const { type, namespace, name } = destinationOf(manifest);
  // By list, which the reader may, and not by get, which it has no other use for.
  const found = await listAll(connection.reader, {
    type,
    namespace,
    fieldSelector: `metadata.name=${name}`,
    metadataOnly: true,
  });
  return found.kind === 'listed' && found.items.length > 0;
}

async function readDryRun(
  connection: Connection,
  answer: ApiAnswer,
  to: Destination,
  verb: 'create' | 'patch',
): Promise<DryRun> {
  switch (answer.kind) {
    case 'ok':
      return { kind: 'accepted' };
    case 'no-answer':
      return { kind: 'skipped', why: `the API server did not answer: ${answer.why}` };
    case 'refused': {
      if (answer.status !== 403) return { kind: 'refused', why: `${to.title}: ${answer.message}` };
      // RBAC and admission both answer 403; only the first means that nobody looked at the manifest.
      const name = verb === 'patch' ? to.name : null;
      const right = { verb, group: to.type.group, resource: to.type.plural, namespace: to.namespace, name };
      const may = await reviewSelf(connection.dryRunner, right);
      if (may.allowed === 'yes') return { kind: 'refused', why: `${to.title}: ${answer.message}` };
      return {
        kind: 'skipped',
        why: `no permission to ${verb} ${to.type.plural}${to.namespace === null ? '' : ` in ${to.namespace}`}`,
      };
    }
    default:
      return answer satisfies never;
  }
}

function destinationOf(manifest: Manifest): Destination {
  const metadata: JsonRecord = asRecord(manifest.metadata);
  const parts = textOf(manifest.apiVersion).split('/');
  const kind = textOf(manifest.kind);
  const namespace = textOf(metadata.namespace) || null;
  const name = textOf(metadata.name);
  const type = { group: parts.length > 1 ? (parts[0] ?? '') : '', version: parts.at(-1) ?? '', plural: pluralOf(kind) };
  return { type, namespace, name, title: `${kind} ${namespace === null ? '' : `${namespace}/`}${name}` };
}

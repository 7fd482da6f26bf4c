/** Makes and deletes objects, quickly and with the API server's own words when it refuses. */
import { apiPath } from '../../src/cluster/api-path.ts';
import type { ApiClient } from '../../src/cluster/client.ts';
import { pluralOf } from '../../src/cluster/policy-kinds.ts';

type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
};

/** Creates an object; throws when it is refused. */
export async function createObject(client: ApiClient, object: object): Promise<void> {
  const manifest = object as Manifest;
  const answer = await client.send({ method: 'POST', path: pathOf(manifest, false), body: manifest });
  if (answer.kind !== 'ok') throw new Error(`${nameOf(manifest)}: ${JSON.stringify(answer)}`);
}

/** Deletes an object; one that is not there is no fault. */
export async function deleteObject(client: ApiClient, object: object): Promise<void> {
  const manifest = object as Manifest;
  const answer = await client.send({
    method: 'DELETE',
    path: pathOf(manifest, true),
    query: { gracePeriodSeconds: '0' },
  });
  const gone = answer.kind === 'refused' && answer.status === 404;
  if (answer.kind !== 'ok' && !gone) throw new Error(`${nameOf(manifest)}: ${JSON.stringify(answer)}`);
}

function pathOf(manifest: Manifest, named: boolean): string {
  const parts = manifest.apiVersion.split('/');
  const group = parts.length > 1 ? (parts[0] ?? '') : '';
  const type = { group, version: parts.at(-1) ?? '', plural: pluralOf(manifest.kind) };
  const { namespace = null, name } = manifest.metadata;
  return apiPath(type, { namespace, ...(named ? { name } : {}) });
}

function nameOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

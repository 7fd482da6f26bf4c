/** Puts the manifests of infra/kubernetes into the cluster under test, as `kubectl apply -k` would. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { apiPath } from '../../src/cluster/api-path.ts';
import type { ApiClient } from '../../src/cluster/client.ts';
import { asRecord, textOf } from '../../src/cluster/json.ts';
import { pluralOf } from '../../src/cluster/policy-kinds.ts';
import { client } from './probe-cluster.ts';

export type Manifest = Readonly<Record<string, unknown>>;

const FOLDER = fileURLToPath(new URL('../../infra/kubernetes', import.meta.url));
const CLUSTER_SCOPED = new Set([
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** The objects of one folder, e.g. `base`, in the order of its kustomization. */
export function manifestsOf(folder: string): readonly Manifest[] {
  const [kustomization] = parseAllDocuments(readFileSync(join(FOLDER, folder, 'kustomization.yaml'), 'utf8'));
  const files = (kustomization?.toJS() as { readonly resources: readonly string[] } | undefined)?.resources ?? [];
  if (files.length === 0)
    throw new Error(`${folder} has ${readdirSync(join(FOLDER, folder)).join(', ')} and names none of it`);
  return files.flatMap(file =>
    parseAllDocuments(readFileSync(join(FOLDER, folder, file), 'utf8')).map(document => document.toJS() as Manifest),
  );
}

/** Server-side apply; `namespace` is for the objects that name none. */
export async function apply(manifests: readonly Manifest[], namespace = 'default'): Promise<void> {
  const admin = client();
  try {
    for (const manifest of manifests) await applyOne(admin, manifest, namespace);
  } finally {
    await admin.close();
  }
}

async function applyOne(admin: ApiClient, manifest: Manifest, namespace: string): Promise<void> {
  const metadata = asRecord(manifest.metadata);
  const kind = textOf(manifest.kind);
  const parts = textOf(manifest.apiVersion).split('/');
  const type = { group: parts.length > 1 ? (parts[0] ?? '') : '', version: parts.at(-1) ?? '', plural: pluralOf(kind) };
  const place = CLUSTER_SCOPED.has(kind) ? null : textOf(metadata.namespace) || namespace;
  const answer = await admin.send({
    method: 'PATCH',
    path: apiPath(type, { namespace: place, name: textOf(metadata.name) }),
    query: { fieldManager: 'tests', force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: { ...manifest, metadata: { ...metadata, ...(place === null ? {} : { namespace: place }) } },
  });
  if (answer.kind !== 'ok') throw new Error(`${kind} ${textOf(metadata.name)}: ${JSON.stringify(answer)}`);
}

/** The bot's accounts, and what it takes to probe and to send dry runs in these namespaces. */
export async function installBot(...namespaces: readonly string[]): Promise<void> {
  await apply(manifestsOf('base'));
  for (const namespace of namespaces) {
    await apply([...manifestsOf('overlays/opt-in-namespace'), ...manifestsOf('overlays/dry-run')], namespace);
  }
}

/**
 * What is too large for one item (evidence, diagnoses): JSON, compressed, in chunks, under the head that names them. The head
 * is written last and names its chunks by their content, so a reader sees a whole result or none.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Store, Stored } from './store.ts';

type Head = { readonly sha256: string; readonly chunks: number };

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Characters of base64 (a multiple of four), with room for quotes below the limit of an item. */
const CHUNK_LENGTH = 340_000;
/** What a bundle of 5,000 pods and 2,000 policies is far below; guards against a damaged one. */
const LIMIT_BYTES = 512 * 1024 * 1024;

/** Keeps `value` (plain JSON) as the result `id` until `expiresAtMs`, in place of an earlier one. */
export async function putResult(store: Store, id: string, value: unknown, expiresAtMs: number): Promise<void> {
  const text = (await compress(JSON.stringify(value))).toString('base64');
  const sha256 = digest(text);
  const chunks = Math.ceil(text.length / CHUNK_LENGTH);
  for (let index = 0; index < chunks; index += 1) {
    const chunk = text.slice(index * CHUNK_LENGTH, (index + 1) * CHUNK_LENGTH);
    await store.put({ partition: partitionOf(id), sort: chunkSort(sha256, index) }, chunk, {
      expected: 'any',
      expiresAtMs,
    });
  }
  const head: Head = { sha256, chunks };
  await store.put({ partition: partitionOf(id), sort: 'head' }, head, { expected: 'any', expiresAtMs });
}

/** The value that was kept, or null when it was not, has expired, or is not whole. */
export async function getResult(store: Store, id: string): Promise<unknown> {
  const head = (await store.get({ partition: partitionOf(id), sort: 'head' })) as Stored<Head> | null;
  if (head === null) return null;
  const { sha256, chunks } = head.body;
  const range = { from: chunkSort(sha256, 0), to: chunkSort(sha256, chunks - 1) };
  const found = await store.list(partitionOf(id), { ...range, limit: chunks, order: 'ascending' });
  const text = found.map(({ body }) => String(body)).join('');
  if (digest(text) !== sha256) return null;
  const json = await decompress(Buffer.from(text, 'base64'), { maxOutputLength: LIMIT_BYTES });
  return JSON.parse(json.toString()) as unknown;
}

function partitionOf(id: string): string {
  return `result#${id}`;
}

/** In the order of their numbers, up to 10,000 chunks: 3 GB. */
function chunkSort(sha256: string, index: number): string {
  return `chunk#${sha256}#${String(index).padStart(4, '0')}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

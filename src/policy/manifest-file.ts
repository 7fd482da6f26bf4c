/** Manifest files for `egress explain`: YAML documents, JSON, List objects, or case files. */
import type { Engine } from '../model.ts';
import { readCaseEngine, readDns } from './case-file.ts';
import { isRecord, type Json, textAt } from './reading.ts';
import { readDocuments } from './yaml-text.ts';

/** The objects of one file, and what a case file says beside them. */
export type Manifests = {
  readonly objects: readonly unknown[];
  /** Names that a case file resolves. */
  readonly dns: Readonly<Record<string, readonly string[]>>;
  /** The engine that a case file names; null: none. */
  readonly engine: Engine | null;
  /** A case file: its objects are a small cluster of their own. */
  readonly isCluster: boolean;
};

/** The objects, or why the text could not be read. */
export type ManifestsReading =
  | ({ readonly kind: 'manifests' } & Manifests)
  | { readonly kind: 'unreadable'; readonly why: string };

/** Reads one file. Lists are opened; a case file gives its objects, its names and its engine, never what it expects. */
export function readManifests(text: string): ManifestsReading {
  const reading = readDocuments(text);
  if (reading.kind === 'unreadable') return reading;
  const cases = reading.values.filter(isCase);
  const engines = cases.map(each => readCaseEngine(each.engine));
  const wrong = engines.find(engine => typeof engine === 'string');
  if (wrong !== undefined) return { kind: 'unreadable', why: wrong };
  return {
    kind: 'manifests',
    objects: reading.values.flatMap(objectsOf),
    dns: Object.assign({}, ...cases.map(each => readDns(each.dns))),
    engine: engines.find(engine => engine !== null && typeof engine !== 'string') ?? null,
    isCluster: cases.length > 0,
  };
}

function isCase(value: unknown): value is Json {
  return isRecord(value) && !Object.hasOwn(value, 'kind') && Array.isArray(value.objects);
}

function objectsOf(value: unknown): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap(objectsOf);
  if (isCase(value)) return Array.isArray(value.objects) ? value.objects : [];
  const kind = textAt(value, 'kind');
  if (!isRecord(value) || !Array.isArray(value.items) || kind === null || !kind.endsWith('List')) return [value];
  // The API server leaves kind and apiVersion out of the items of a typed list.
  const typed = kind === 'List' ? {} : { apiVersion: value.apiVersion, kind: kind.slice(0, -'List'.length) };
  return value.items.map((item: unknown) => (isRecord(item) ? { ...typed, ...item } : item));
}

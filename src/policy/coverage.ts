/** The ledger: every policy API that was seen, and whether it was evaluated. */
import type { ApiListing } from '../evidence.ts';
import type { CoverageEntry } from '../model.ts';
import { judgeKind, type KindJudgement, kindKey } from './kinds.ts';
import type { BlindSpot } from './model.ts';
import type { Contribution } from './reader.ts';
import type { Identity, Json } from './reading.ts';

/** One object with its identity. */
export type Item = { readonly object: Json; readonly identity: Identity };

/** How objects of one kind and version are to be taken. */
export type Sorted =
  | { readonly kind: 'read'; readonly owned: 'owns' | 'supports' }
  | { readonly kind: 'unsupported'; readonly effect: BlindSpot['effect']; readonly why: string }
  | { readonly kind: 'nameless' }
  | Exclude<KindJudgement, { kind: 'could-decide' }>;

/** The objects of one kind and version; those without a name are a batch of their own. */
export type Batch = { readonly kind: string; readonly items: readonly Item[]; readonly sorted: Sorted };

/** By code unit, as API servers and plugins sort: the reader's locale plays no part. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One entry for each kind that is a policy or was listed as one, by name. */
export function coverageOf(
  batches: readonly Batch[],
  contributions: readonly Contribution[],
  options: { readonly apis?: readonly ApiListing[] },
): readonly CoverageEntry[] {
  const notEnforced = new Map(
    contributions.flatMap(each => each.notEnforced.map(({ kind, why }) => [kind, why] as const)),
  );
  const policies = batches.filter(({ sorted }) => sorted.kind !== 'other' && sorted.kind !== 'nameless');
  const found = Map.groupBy(policies, ({ kind }) => kind);
  const entries = new Map([...found].map(([kind, ofKind]) => [kind, entryOf(kind, ofKind, notEnforced)] as const));
  for (const api of options.apis ?? []) {
    const kind = kindKey(api);
    const entry = entryOfListing(api);
    if (entry !== null && (api.result.kind !== 'listed' || !entries.has(kind))) entries.set(kind, entry);
  }
  return [...entries.values()].toSorted((a, b) => compareText(a.kind, b.kind));
}

function entryOf(kind: string, batches: readonly Batch[], notEnforced: ReadonlyMap<string, string>): CoverageEntry {
  const objects = batches.reduce((count, { items }) => count + items.length, 0);
  const unsupported = batches.map(({ sorted }) => sorted).find(each => each.kind === 'unsupported');
  if (unsupported !== undefined) return { kind, status: 'unsupported', objects, why: unsupported.why };
  const [first] = batches;
  if (first?.sorted.kind === 'never-decides') return { kind, status: 'never-decides', objects, why: first.sorted.why };
  if (first?.sorted.kind === 'not-enforced') return { kind, status: 'not-enforced', objects, why: first.sorted.why };
  const why = notEnforced.get(kind);
  return why === undefined ? { kind, status: 'evaluated', objects } : { kind, status: 'not-enforced', objects, why };
}

function entryOfListing(api: ApiListing): CoverageEntry | null {
  const kind = kindKey(api);
  const judged = judgeKind(api);
  if (api.result.kind === 'forbidden') return { kind, status: 'forbidden', objects: null, why: api.result.remedy };
  if (api.result.kind === 'failed')
    return { kind, status: 'unsupported', objects: null, why: `could not be listed: ${api.result.why}` };
  if (api.result.objects === 0) return { kind, status: 'absent', objects: 0 };
  if (judged.kind === 'never-decides')
    return { kind, status: 'never-decides', objects: api.result.objects, why: judged.why };
  if (judged.kind === 'not-enforced')
    return { kind, status: 'not-enforced', objects: api.result.objects, why: judged.why };
  return null;
}

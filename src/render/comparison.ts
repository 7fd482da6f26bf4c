/** The comparison table: layers and addresses down, vantages across. All of it is observed. */
import type { Diagnosis, Layer, Observation, Vantage, VantageReport } from '../model.ts';
import { durationText, outcomeWords, symbolOf, type Tone } from './words.ts';

/** One cell of the comparison table. */
export type Cell = { readonly tone: Tone; readonly text: string };
/** One layer's or address's row. */
export type Row = { readonly label: string; readonly cells: readonly Cell[] };
/** The table of layers by vantages. */
export type Comparison = { readonly columns: readonly string[]; readonly rows: readonly Row[] };

type Column = { readonly title: string; readonly vantage: Vantage; readonly sibling: string | null };
/** Observations of one layer at one address (or of all dns queries over one transport). */
type Group = {
  readonly layer: Layer;
  readonly label: string;
  readonly address: string;
  readonly seen: readonly Observation[];
};

const VANTAGES: readonly Vantage[] = ['pod', 'control', 'node', 'outside'];
const LAYERS: readonly Layer[] = ['dns', 'cluster', 'tcp', 'tls', 'http'];

/**
 * Lays out what the probes saw. Rows that no vantage ran are left out; addresses with the same outcome at every vantage
 * share one row, with the longest time of each. No rows: nothing was probed.
 */
export function comparisonOf(diagnosis: Diagnosis): Comparison {
  const columns = columnsOf(diagnosis);
  const ran = diagnosis.observations.filter(seen => seen.outcome.kind !== 'not-run');
  const groups = LAYERS.flatMap(layer => groupsOf(layer, diagnosis)).filter(group =>
    group.seen.some(seen => ran.includes(seen)),
  );
  const rows = mergeAlike(groups, columns).map(({ label, cells }) => ({
    label: clipped(label),
    cells: cells.map(cell => ({ ...cell, text: clipped(cell.text) })),
  }));
  return { columns: columns.map(column => clipped(column.title)), rows };
}

/** Longer than any name or address: what a probe printed may be of any length, and laying out a table takes its time. */
const CELL_CHARACTERS = 150;

function clipped(text: string): string {
  return text.length <= CELL_CHARACTERS ? text : `${text.slice(0, CELL_CHARACTERS - 1)}…`;
}

function columnsOf(diagnosis: Diagnosis): readonly Column[] {
  const own = VANTAGES.filter(
    vantage =>
      diagnosis.vantages.some(report => report.vantage === vantage && report.status === 'probed') ||
      diagnosis.observations.some(seen => seen.vantage === vantage && seen.sibling === undefined),
  ).map(vantage => ({ title: titleOf(vantage, diagnosis.vantages), vantage, sibling: null }));
  const siblings = [...new Set(diagnosis.observations.flatMap(seen => seen.sibling ?? []))];
  return [...own, ...siblings.map(sibling => ({ title: `replica ${sibling}`, vantage: 'pod' as const, sibling }))];
}

/** The twin pod stands in for the target, and the heading says so. */
function titleOf(vantage: Vantage, reports: readonly VantageReport[]): string {
  const method = reports.find(report => report.vantage === vantage)?.method ?? null;
  return vantage === 'pod' && method === 'twin-pod' ? 'pod (twin)' : vantage;
}

function groupsOf(layer: Layer, { observations, destination }: Diagnosis): readonly Group[] {
  const groups = new Map<string, Observation[]>();
  for (const seen of observations.filter(one => one.layer === layer)) {
    const key = JSON.stringify([labelOf(seen), addressOf(seen, destination.port)]);
    groups.set(key, [...(groups.get(key) ?? []), seen]);
  }
  return [...groups.values()].map(seen => {
    const first = seen[0] as Observation;
    return { layer, label: labelOf(first), address: addressOf(first, destination.port), seen };
  });
}

function labelOf(seen: Observation): string {
  const through = seen.via === 'proxy' ? ' via proxy' : '';
  switch (seen.layer) {
    case 'dns':
      return `dns (${seen.protocol})`;
    case 'cluster':
      return 'cluster API';
    case 'tcp':
      return `${seen.protocol === 'UDP' ? 'udp' : 'tcp'}${through}`;
    case 'tls':
    case 'http':
      return `${seen.layer}${through}`;
    default:
      return seen.layer satisfies never;
  }
}

/**
 * Where the row's packets went; the port only where it is not the question's. Empty for dns and cluster: each vantage has
 * its own nameserver.
 */
function addressOf(seen: Observation, askedPort: number): string {
  if (seen.layer === 'dns' || seen.layer === 'cluster' || seen.address === undefined) return '';
  if (seen.port === undefined || seen.port === askedPort) return seen.address;
  return seen.address.includes(':') ? `[${seen.address}]:${seen.port}` : `${seen.address}:${seen.port}`;
}

type Draft = { readonly label: string; readonly addresses: readonly string[]; readonly drafts: readonly CellDraft[] };
type CellDraft = { readonly tone: Tone; readonly words: string; readonly ms: number | null };

function mergeAlike(groups: readonly Group[], columns: readonly Column[]): readonly Row[] {
  const rows: Draft[] = [];
  for (const group of groups) {
    const drafts = columns.map(column => cellOf(group.seen, column));
    const alike = rows.findIndex(row => row.label === group.label && sameWords(row.drafts, drafts));
    const found = rows[alike];
    if (found === undefined) rows.push({ label: group.label, addresses: [group.address], drafts });
    else
      rows[alike] = { ...found, addresses: [...found.addresses, group.address], drafts: slowest(found.drafts, drafts) };
  }
  return rows.map(row => ({ label: rowLabel(row), cells: row.drafts.map(cellText) }));
}

function sameWords(left: readonly CellDraft[], right: readonly CellDraft[]): boolean {
  return left.every((cell, index) => cell.words === right[index]?.words);
}

function slowest(left: readonly CellDraft[], right: readonly CellDraft[]): readonly CellDraft[] {
  return left.map((cell, index) => ({ ...cell, ms: maxOf(cell.ms, right[index]?.ms ?? null) }));
}

function maxOf(left: number | null, right: number | null): number | null {
  if (left === null || right === null) return left ?? right;
  return Math.max(left, right);
}

function rowLabel(row: Draft): string {
  const [first = '', ...others] = row.addresses;
  if (first === '') return row.label;
  return others.length === 0 ? `${row.label} ${first}` : `${row.label} ${first} (+${others.length})`;
}

const NOT_LOOKED: CellDraft = { tone: 'none', words: 'not run', ms: null };

function cellOf(seen: readonly Observation[], column: Column): CellDraft {
  const own = seen.filter(one => one.vantage === column.vantage && (one.sibling ?? null) === column.sibling);
  const drafts = own.map(draftOf);
  // Of several queries (families, search path) an answer with addresses counts; without one, the first that ran.
  return drafts.find(draft => draft.tone === 'good') ?? drafts.find(draft => draft.tone !== 'none') ?? NOT_LOOKED;
}

function draftOf(seen: Observation): CellDraft {
  const { tone, words } = outcomeWords(seen.outcome);
  return { tone, words, ms: tone === 'none' ? null : seen.ms };
}

function cellText(draft: CellDraft): Cell {
  // Without the space between number and unit: four columns have to fit a terminal.
  const time = draft.ms === null ? '' : ` ${durationText(draft.ms).replace(' ', '')}`;
  return { tone: draft.tone, text: `${symbolOf(draft.tone)} ${draft.words}${time}` };
}

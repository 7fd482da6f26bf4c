/** Two objects -> what differs in their YAML, line by line. Pure. */
import { stringify } from 'yaml';

/** An object as YAML; null: it is not there. */
type Plain = Readonly<Record<string, unknown>> | null;

/** The `-` and `+` lines between two objects, with three unchanged ones around them. Objects that are the same: an empty text. */
export function yamlDiff(before: Plain, after: Plain): string {
  return lineDiff(yamlLines(before), yamlLines(after));
}

function yamlLines(object: Plain): readonly string[] {
  return object === null ? [] : stringify(object, { lineWidth: 0 }).trimEnd().split('\n');
}

/** Unchanged lines that are shown around a change. */
const CONTEXT = 3;

/** `+` and `-` lines with three unchanged ones around them, `...` for what is left out. Policies are a few hundred lines at most. */
function lineDiff(before: readonly string[], after: readonly string[]): string {
  const lines = align(before, after);
  const near = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(line => !line.startsWith(' ')),
  );
  return lines
    .flatMap((line, index) => (near[index] === true ? [line] : near[index - 1] === true ? ['...'] : []))
    .join('\n');
}

/** The longest common subsequence, kept; https://en.wikipedia.org/wiki/Longest_common_subsequence */
function align(before: readonly string[], after: readonly string[]): readonly string[] {
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      const best =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
      lengths[row]?.splice(column, 1, best);
    }
  }
  const lines: string[] = [];
  for (let row = 0, column = 0; row < before.length || column < after.length; ) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push(` ${before[row]}`);
      row += 1;
      column += 1;
    } else if (row < before.length && (column >= after.length || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(`-${before[row]}`);
      row += 1;
    } else {
      lines.push(`+${after[column]}`);
      column += 1;
    }
  }
  return lines;
}

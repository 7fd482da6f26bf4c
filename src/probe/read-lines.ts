/**
 * The script's lines (protocol at the top of `script.ts`) as results by job. Lines that are not of the protocol are
 * counted and otherwise ignored: a hostile tool can garble its own result, never another's.
 */

/** What one command of a job printed. */
export type Run = {
  /** Name of the tool, e.g. `curl`. */
  readonly tool: string;
  /** Exit code; null: its output was cut, so it is not known. 124, 137 and 143 are the time limit's. */
  readonly code: number | null;
  /** Milliseconds that the command took. */
  readonly ms: number;
  /** Its output and error output, as text. */
  readonly text: string;
};

/** What one job of the script printed. */
export type JobResult = {
  /** In the order in which they ran. */
  readonly runs: readonly Run[];
  /** Tools that were looked for in vain, or null when one was found. */
  readonly lookedFor: readonly string[] | null;
  /** Whether the job ended by itself; false: the process went away before. */
  readonly ended: boolean;
};

/** The script's output, taken apart by job. */
export type ScriptOutput = {
  readonly jobs: ReadonlyMap<string, JobResult>;
  /** Facts of the pod by name (`resolv`, `hosts`, ...). */
  readonly facts: ReadonlyMap<string, string>;
  /** The version that the script names in its first line; null: it never started. */
  readonly protocol: string | null;
  /** Lines that are not of the protocol. */
  readonly strayLines: number;
};

type Builder = { runs: Map<number, Part>; lookedFor: readonly string[] | null; ended: boolean };
type Part = {
  tool: string;
  code: number | null;
  ms: number;
  encoding: string;
  text: string;
  next: number;
  complete: boolean;
};

/** Reads the lines of one process; a result whose last part is missing is left out. */
export function readLines(lines: readonly string[]): ScriptOutput {
  const builders = new Map<string, Builder>();
  let protocol: string | null = null;
  let strayLines = 0;
  for (const line of lines) {
    const words = line.replace(/\r$/, '').split(' ');
    if (words[0] === 'egress-probe' && words.length === 2) protocol = words[1] ?? null;
    else if (!takeLine(builders, words) && line !== 'end' && line !== '') strayLines += 1;
  }
  return { ...split(builders), protocol, strayLines };
}

/** Reports whether a command was ended by its time limit: timeout(1) exits with 124, a shell reports 128 and the signal. */
export function wasStopped(run: Run): boolean {
  return run.code === 124 || run.code === 137 || run.code === 143;
}

function takeLine(builders: Map<string, Builder>, words: readonly string[]): boolean {
  const [kind, job] = words;
  if (job === undefined || !/^@?[a-z0-9-]{1,60}$/.test(job)) return false;
  const builder = builders.get(job) ?? { runs: new Map(), lookedFor: null, ended: false };
  builders.set(job, builder);
  if (kind === 'd' && words.length === 2) {
    builder.ended = true;
    return true;
  }
  if (kind === 'n' && words.length === 3) {
    builder.lookedFor = (words[2] ?? '').split(',');
    return true;
  }
  return kind === 'r' && (words.length === 9 || words.length === 10) && takePart(builder, words);
}

function takePart(builder: Builder, words: readonly string[]): boolean {
  const [, , run, part, more, tool = '', code = '', ms, encoding = '', text = ''] = words;
  const index = Number(run);
  if (!Number.isInteger(index) || !Number.isFinite(Number(ms)) || (more !== '+' && more !== '.')) return false;
  const held = builder.runs.get(index) ?? {
    tool,
    code: /^\d+$/.test(code) ? Number(code) : null,
    ms: Number(ms),
    encoding,
    text: '',
    next: 0,
    complete: false,
  };
  if (held.complete || held.next !== Number(part)) return false;
  builder.runs.set(index, { ...held, text: held.text + text, next: held.next + 1, complete: more === '.' });
  return true;
}

function split(builders: ReadonlyMap<string, Builder>): { jobs: Map<string, JobResult>; facts: Map<string, string> } {
  const jobs = new Map<string, JobResult>();
  const facts = new Map<string, string>();
  for (const [id, builder] of builders) {
    const runs = [...builder.runs]
      .sort(([a], [b]) => a - b)
      .filter(([, part]) => part.complete)
      .map(
        ([, part]): Run => ({ tool: part.tool, code: part.code, ms: part.ms, text: decode(part.encoding, part.text) }),
      );
    if (id.startsWith('@')) facts.set(id.slice(1), runs[0]?.text ?? '');
    else jobs.set(id, { runs, lookedFor: builder.lookedFor, ended: builder.ended });
  }
  return { jobs, facts };
}

function decode(encoding: string, text: string): string {
  switch (encoding) {
    case 'base64':
      return fromBytes(base64Bytes(text));
    case 'hex':
      return fromBytes(Uint8Array.from(text.match(/[0-9a-f]{2}/gi) ?? [], pair => Number.parseInt(pair, 16)));
    default:
      return fromBytes(percentBytes(text));
  }
}

function fromBytes(bytes: Uint8Array): string {
  return new TextDecoder('utf-8').decode(bytes);
}

/** Bytes of base64, up to the first character that is none. */
function base64Bytes(text: string): Uint8Array {
  const clean = (/^[A-Za-z0-9+/]*/.exec(text)?.[0] ?? '').replace(/^((?:.{4})*).$/, '$1');
  return Uint8Array.from(atob(clean), character => character.charCodeAt(0));
}

function percentBytes(text: string): Uint8Array {
  const latin = text.replace(/%([0-9A-F]{2})/g, (_, pair: string) => String.fromCharCode(Number.parseInt(pair, 16)));
  return Uint8Array.from(latin, character => character.charCodeAt(0) & 255);
}

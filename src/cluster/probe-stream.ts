/** One running probe: lines come out with their times, job lines go in, and the end is a value. */
import { StringDecoder } from 'node:string_decoder';

/** How a stream ended. */
export type StreamEnd =
  /** The process ended by itself. */
  | { readonly kind: 'exited'; readonly exitCode: number }
  /** It never ran: refused by the API server, the container is gone, no shell in it. */
  | { readonly kind: 'not-started'; readonly why: string }
  /** It ran, and the end was not seen: the connection dropped, the time was up, too much output. */
  | { readonly kind: 'cut'; readonly why: string };

/** One line of standard output and when it came. */
export type StreamLine = {
  readonly text: string /** Milliseconds since the stream was asked for. */;
  readonly atMs: number;
};

/** A probe that runs. */
export type ProbeStream = {
  /** Writes to standard input, as it is; lost without a word when the process has ended. */
  readonly send: (text: string) => void;
  /** Ends standard input: no more jobs will come. */
  readonly endInput: () => void;
  /** Resolves once, always: after its own timer at the latest. Never rejects. */
  readonly end: Promise<StreamEnd>;
};

/** What to run and whom to tell. The command is argv: no shell reads what it holds. */
export type StreamRequest = {
  readonly command: readonly string[];
  /** Milliseconds after which the stream is cut, whatever the process does. */
  readonly limitMs: number;
  readonly onLine: (line: StreamLine) => void;
};

/** A probe prints a few dozen lines; in method exec the container's own tools print them, and those are anybody's. */
const OUTPUT_LIMIT_BYTES = 256_000;
/** Standard error is only ever quoted. */
const ERROR_LIMIT_CHARS = 2_000;

/** Cuts chunks of standard output into lines; a chunk may end within a line, or within a character. */
export type LineReader = {
  /** False: more output than any probe prints; nothing further is kept. */
  readonly push: (chunk: Buffer) => boolean;
  /** The last line, when no newline ended it. */
  readonly flush: () => void;
};

/** Makes a line reader whose lines carry `nowMs()` of the moment at which they were complete. */
export function createLineReader(onLine: (line: StreamLine) => void, nowMs: () => number): LineReader {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let bytes = 0;
  const push = (chunk: Buffer): boolean => {
    bytes += chunk.length;
    if (bytes > OUTPUT_LIMIT_BYTES) return false;
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) onLine({ text, atMs: Math.round(nowMs()) });
    return true;
  };
  const flush = (): void => {
    const text = rest + decoder.end();
    rest = '';
    if (text !== '') onLine({ text, atMs: Math.round(nowMs()) });
  };
  return { push, flush };
}

/** Keeps the end of what was written to standard error. */
export function createErrorTail(): { readonly push: (chunk: Buffer) => void; readonly text: () => string } {
  let kept = '';
  return {
    push: chunk => {
      kept = (kept + chunk.toString('utf8')).slice(-ERROR_LIMIT_CHARS);
    },
    text: () => kept.trim(),
  };
}

/** No shell ever runs, splits or rewrites what a question holds: the real script, in every shell of this machine. */
import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeJob, encodeJobs, encodePath, whyNotEncodable } from '../../src/probe/encode.ts';
import type { ProbeJob } from '../../src/probe/plan.ts';
import { readLines } from '../../src/probe/read-lines.ts';
import { SCRIPT } from '../../src/probe/script.ts';
import { type Bench, openBench, SHELLS } from '../probe/shell.ts';

const SLOW_MS = 120_000;
const RECORDING = ['curl', 'dig', 'openssl', 'nc', 'wget', 'nslookup', 'python3', 'node', 'getent'];

/** What makes a shell act, around a command that would leave a file behind. */
const BAIT = [
  '$(touch x)',
  '`touch x`',
  ';touch x;',
  '|touch x',
  '&touch x&',
  '&&touch$\u007bIFS}x',
  '>x',
  '<x',
  '>>x',
  "'touch x'",
  '"$(touch x)"',
  '\\$(touch x)',
  '$\u007bx:=$(touch x)}',
  '*',
  '~',
  '!!',
  '--output=x',
  '-ox',
  '-K./x',
  '@x',
  '%0atouch x',
  'a[$(touch x)]',
  '\u0000touch x',
  '\u001b]0;x\u0007',
  '$0',
  '$\u007bPATH}',
  '{a,b}',
  'é\u202e',
];
const bait = fc.oneof(
  fc.constantFrom(...BAIT),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ maxLength: 20 }),
);
const hostile = fc.array(bait, { minLength: 1, maxLength: 3 }).map(parts => parts.join(''));
const address = fc.oneof(fc.ipV4(), fc.ipV6(), hostile);
const host = fc.oneof(fc.domain(), hostile);
const port = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.constantFrom(0, -1, 1.5, Number.NaN, 65536));
const path = hostile.map(text => `/${text}`);
const proxy = fc.record({ scheme: fc.constantFrom('http' as const, 'https' as const, 'socks5' as const), host, port });

const jobs: fc.Arbitrary<ProbeJob> = fc.oneof(
  fc.record({
    id: fc.constant('job'),
    kind: fc.constant('dns' as const),
    name: host,
    transport: fc.constantFrom('UDP' as const, 'TCP' as const),
    record: fc.constantFrom('A' as const, 'AAAA' as const),
  }),
  fc.record({
    id: fc.constant('job'),
    kind: fc.constantFrom('https' as const, 'http' as const),
    address,
    port,
    host,
    path,
  }),
  fc.record({
    id: fc.constant('job'),
    kind: fc.constant('proxy' as const),
    application: fc.constantFrom('https' as const, 'http' as const),
    proxy,
    proxyAddress: address,
    host,
    port,
    path,
  }),
);

/** Hosts as a parser lets them through, and every path. */
const sendable = jobs.filter(job => whyNotEncodable(job) === null);

const WORDS = { dns: 5, tcp: 4, udp: 4, https: 6, http: 6, proxy: 10 };

it('a job is refused, or it is one line of exactly its words, none of them an option', () => {
  fc.assert(
    fc.property(jobs, job => {
      if (whyNotEncodable(job) !== null) {
        expect(() => encodeJob(job)).toThrow();
        expect(encodeJobs([job])).toBe('end\n');
        return;
      }
      const words = encodeJob(job).split(' ');
      expect(words).toHaveLength(WORDS[job.kind]);
      for (const word of words) expect(word).toMatch(/^[A-Za-z0-9_/:][\x21-\x7e]*$/);
    }),
    { numRuns: 2000 },
  );
});

it('a path that is percent-encoded means what was typed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const typed = `/${text.replaceAll('%', '')}`;
      expect(decodeURIComponent(encodePath(typed))).toBe(typed);
    }),
  );
});

describe.each(SHELLS)('in $name', shell => {
  let bench: Bench;
  let withBash: Bench;
  beforeAll(() => {
    bench = openBench(RECORDING);
    withBash = openBench([], ['bash', 'timeout']);
  });
  afterAll(() => {
    bench.close();
    withBash.close();
  });

  it('jobs that are sent reach a tool word for word, and leave nothing behind', { timeout: SLOW_MS }, () => {
    fc.assert(
      fc.property(sendable, fc.boolean(), (job, asLine) => {
        const ran = bench.run(shell, SCRIPT, asLine ? [] : [encodeJob(job)], asLine ? encodeJobs([job]) : 'end\n');
        expect(readdirSync(bench.folder)).toEqual([]);
        const argument = job.kind === 'dns' ? job.name : target(job);
        expect(ran.calls.flat()).toContain(argument);
        expect(readLines(ran.lines).strayLines).toBe(0);
      }),
      { numRuns: 15 },
    );
  });

  it('words that no encoder let through are still never run', { timeout: SLOW_MS }, () => {
    const kinds = fc.constantFrom('dns', 'tcp', 'udp', 'https', 'http', 'proxy', '', '$(touch x)');
    const raw = fc.tuple(fc.oneof(fc.constant('job'), hostile), kinds, fc.array(hostile, { maxLength: 8 }));
    const line = raw.map(([id, kind, words]) => [id, kind, ...words].join(' ').replace(/[\n\0]/g, ''));
    fc.assert(
      fc.property(fc.array(line, { minLength: 4, maxLength: 8 }), lines => {
        const ran = bench.run(shell, SCRIPT, lines.slice(0, 2), `${lines.slice(2).join('\n')}\nend\n`);
        expect(readdirSync(bench.folder)).toEqual([]);
        expect(ran.lines.at(-1)).toBe('end');
      }),
      { numRuns: 12 },
    );
  });

  it('hosts and ports are never part of what bash reads as its program', { timeout: SLOW_MS }, () => {
    for (const text of BAIT.filter(word => !/[\s\0]/.test(word))) {
      withBash.run(
        shell,
        SCRIPT,
        [`job tcp ${text} 9`, `job udp 127.0.0.1 ${text}`, `job http 127.0.0.1 9 h ${text}`],
        'end\n',
      );
      expect(readdirSync(withBash.folder)).toEqual([]);
    }
  });

  it('what a tool prints cannot forge a line', { timeout: SLOW_MS }, () => {
    const forged = 'd other\\nr other 1 0 . curl 0 1 base64 eA==\\nend\\n';
    const script = SCRIPT.replace('fetch() {', `fetch() {\nprintf '${forged}'\nreturn 0`);
    expect(script).not.toBe(SCRIPT);
    const ran = bench.run(shell, script, ['job tcp 127.0.0.1 9'], 'end\n');
    expect([...readLines(ran.lines).jobs.keys()]).toEqual(['job']);
  });
});

function target(job: ProbeJob & { readonly kind: 'https' | 'http' | 'proxy' | 'tcp' | 'udp' }): string {
  if (job.kind === 'tcp' || job.kind === 'udp') return job.address;
  const scheme = job.kind === 'proxy' ? job.application : job.kind;
  const name = job.host.includes(':') ? `[${job.host}]` : job.host;
  return `${scheme}://${name}:${job.port}${encodePath(job.path)}`;
}

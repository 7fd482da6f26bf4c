import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ProbeWork, runProbes } from '../../src/cluster/probe-phases.ts';
import type { Site } from '../../src/cluster/probe-sites.ts';
import type { StreamEnd, StreamRequest } from '../../src/cluster/probe-stream.ts';
import type { Vantage } from '../../src/model.ts';

const work: ProbeWork = {
  destination: {
    text: 'a.example',
    host: { kind: 'name', name: 'a.example' },
    port: 443,
    protocol: 'TCP',
    application: 'https',
    path: '/',
  },
  proxy: null,
  clusterAddress: null,
  timeoutMs: 3_000,
  refusal: address => (address === '169.254.169.254' ? 'metadata' : null),
};

const answer = (job: string, text: string) => `r ${job} 1 0 . dig 0 3 base64 ${Buffer.from(text).toString('base64')}`;
const dig = (name: string, record: string, address: string | null) =>
  [
    ';; Got answer:',
    ';; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1',
    ';; QUESTION SECTION:',
    `;${name}.\t\tIN\t${record}`,
    ...(address === null ? [] : ['', ';; ANSWER SECTION:', `${name}.\t5\tIN\t${record}\t${address}`]),
    '',
    ';; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)',
    '',
  ].join('\n');
/** What a probe prints whose resolver gives this address for the name. */
const answering = (address: string) => [
  'egress-probe 1',
  answer('dns-udp-a', dig('a.example', 'A', address)),
  'd dns-udp-a',
  answer('dns-udp-aaaa', dig('a.example', 'AAAA', null)),
  'd dns-udp-aaaa',
];

type Fake = { readonly site: Site; readonly sent: string[]; readonly sentAtMs: number[] };

/** A site that prints these lines at once, and ends when its input does. */
function fakeSite(vantage: Vantage, lines: readonly string[], end: StreamEnd = { kind: 'exited', exitCode: 0 }): Fake {
  const sent: string[] = [];
  const sentAtMs: number[] = [];
  const startedMs = performance.now();
  const open = (request: StreamRequest) => {
    const ended = Promise.withResolvers<StreamEnd>();
    if (end.kind === 'not-started') ended.resolve(end);
    for (const text of lines) request.onLine({ text, atMs: 1 });
    return {
      send: (text: string) => {
        sent.push(text);
        sentAtMs.push(performance.now() - startedMs);
      },
      endInput: () => ended.resolve(end),
      end: ended.promise,
    };
  };
  const site: Site = {
    kind: 'ready',
    vantage,
    method: null,
    sibling: null,
    ranIn: vantage,
    startupMs: 5,
    refused: [],
    pod: null,
    open,
  };
  return { site, sent, sentAtMs };
}

/** Runs them on a clock of the test's own, two seconds of it. */
async function run(...fakes: readonly Fake[]) {
  const running = runProbes(
    fakes.map(({ site }) => site),
    work,
  );
  await vi.advanceTimersByTimeAsync(2_000);
  return running;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('two phases over one stream', () => {
  it("all sites probe the pod's addresses, as soon as it has them", async () => {
    const pod = fakeSite('pod', answering('203.0.113.1'));
    const control = fakeSite('control', answering('203.0.113.2'));
    const { transcripts, notRun } = await run(pod, control);
    for (const { sent } of [pod, control]) expect(sent).toEqual(['direct-0 https 203.0.113.1 443 a.example /\nend\n']);
    expect(pod.sentAtMs).toEqual([0]);
    expect(notRun).toEqual([]);
    expect(transcripts.map(each => [each.vantage, each.ended, each.lines.length, each.startupMs])).toEqual([
      ['pod', null, 5, 5],
      ['control', null, 5, 5],
    ]);
    expect(transcripts[0]?.jobs?.map(job => job.id)).toEqual(['dns-udp-a', 'dns-udp-aaaa', 'dns-tcp-a', 'direct-0']);
  });

  it("the control pod's stand in after a second of the pod's silence", async () => {
    const pod = fakeSite('pod', ['egress-probe 1']);
    const control = fakeSite('control', answering('203.0.113.2'));
    await run(pod, control);
    expect(pod.sent).toEqual(['direct-0 https 203.0.113.2 443 a.example /\nend\n']);
    expect(pod.sentAtMs).toEqual([1_000]);
  });

  it('also where the timer fires a fraction of a millisecond before the clock says that the second is over', async () => {
    const pod = fakeSite('pod', ['egress-probe 1']);
    const control = fakeSite('control', answering('203.0.113.2'));
    const early = vi.spyOn(performance, 'now').mockReturnValue(0);
    const running = run(pod, control);
    early.mockReturnValue(999.6);
    await running;
    early.mockRestore();
    expect(pod.sent).toEqual(['direct-0 https 203.0.113.2 443 a.example /\nend\n']);
  });

  it('a site at which no probe could be started is told, and is not waited for', async () => {
    const pod = fakeSite('pod', [], { kind: 'not-started', why: 'no shell' });
    const control = fakeSite('control', answering('203.0.113.2'));
    const { transcripts, notRun } = await run(pod, control);
    expect(notRun.map(each => [each.site.vantage, each.why])).toEqual([['pod', 'no shell']]);
    expect(transcripts.map(each => each.vantage)).toEqual(['control']);
    expect(control.sentAtMs).toEqual([0]);
  });

  it('an address that must not be probed is planned, withheld and never sent', async () => {
    const pod = fakeSite('pod', answering('169.254.169.254'));
    const { transcripts } = await run(pod);
    expect(pod.sent).toEqual(['end\n']);
    expect(transcripts[0]?.withheld).toEqual([{ job: 'direct-0', why: 'metadata' }]);
    expect(transcripts[0]?.jobs?.at(-1)).toMatchObject({ id: 'direct-0', address: '169.254.169.254' });
  });

  it.each([
    ['cut off', { kind: 'cut', why: 'the connection dropped' }, 'the connection dropped'],
    ['ended with an error', { kind: 'exited', exitCode: 143 }, 'the probe ended with exit code 143'],
  ] as const)('how a probe ended is kept: %s', async (_rule, end, ended) => {
    const { transcripts } = await run(fakeSite('pod', answering('203.0.113.1'), end));
    expect(transcripts[0]?.ended).toBe(ended);
  });

  it('no site at all is no reason to wait', async () => {
    expect(await run()).toMatchObject({ transcripts: [], notRun: [] });
  });
});

/**
 * A whole diagnosis of a blocked pod against the runbook's own steps, done with kubectl by a script that never stops to
 * think: same cluster, same pod, same run, in turns.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Diagnosis } from '../../src/model.ts';
import { create, diagnose, dropNamespace, namespace, networkPolicy, pod, waitForPods } from '../cluster/cluster.ts';
import { installBot } from '../cluster/install.ts';
import type { Bench, Measurement } from './bench.ts';

const NS = 'bench-diagnose';
const POD = 'firewall-restriction-pod';
const ROUNDS = 3;
/** Milliseconds: what DESIGN allows beyond one probe time-out and the start-up of pods. */
const BEYOND_TIMEOUT_MS = 1_500;

const run = promisify(execFile);

export const bench: Bench = {
  title: 'a whole diagnosis, against the steps by hand',
  needs: 'cluster',
  run: async () => {
    await dropNamespace(NS);
    await create(
      namespace(NS),
      pod(NS, POD, { labels: { app: 'firewall-test' }, image: 'busybox:1.36' }),
      networkPolicy(NS, 'deny-all-egress', {
        podSelector: { matchLabels: { app: 'firewall-test' } },
        policyTypes: ['Egress'],
      }),
    );
    try {
      await installBot(NS);
      await waitForPods(NS);
      return await measure();
    } finally {
      await dropNamespace(NS);
    }
  },
};

async function measure(): Promise<readonly Measurement[]> {
  const wholes: number[] = [];
  const probings: number[] = [];
  const byHand: number[] = [];
  let timeoutMs = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const asked = await timed(() => diagnose(POD, 'google.com', '-n', NS));
    const answer: Diagnosis = asked.value;
    if (answer.verdict.code !== 'denied-by-policy') throw new Error(`the answer was ${answer.verdict.code}`);
    timeoutMs = answer.question.timeoutMs;
    wholes.push(asked.ms);
    probings.push(answer.timing.totalMs - answer.timing.startupMs);
    byHand.push((await timed(stepsByHand)).ms);
  }
  const hand = median(byHand);
  return [
    {
      name: 'diagnosis beyond pod start-up',
      value: median(probings),
      unit: 'ms',
      bound: timeoutMs + BEYOND_TIMEOUT_MS,
      note: `probe time-out ${timeoutMs} ms + ${BEYOND_TIMEOUT_MS} ms`,
    },
    {
      name: 'the whole command',
      value: median(wholes),
      unit: 'ms',
      bound: hand,
      note: 'bound: the steps by hand, in the same run, nobody typing; median of 3 each',
    },
  ];
}

/** The runbook's steps, in its order; the steps that time out are part of it. */
async function stepsByHand(): Promise<void> {
  const inPod = (url: string) => kubectl('exec', '-n', NS, POD, '--', 'wget', '-qO-', '-T', '3', url);
  await inPod('http://google.com');
  await inPod('http://kubernetes.default');
  const node = (await kubectl('get', 'pod', '-n', NS, POD, '-o', 'jsonpath={.spec.nodeName}')).trim();
  await kubectl(
    'debug',
    '-n',
    NS,
    `node/${node}`,
    '--attach',
    '--image=busybox:1.36',
    '--',
    'wget',
    '-qO-',
    '-T',
    '3',
    'http://google.com',
  );
  await kubectl('get', 'networkpolicy', '-A');
  await kubectl('describe', 'networkpolicy', '-n', NS, 'deny-all-egress');
}

/** What a failing step prints is its answer: wget's time-out is what the person looks for. A missing kubectl is not. */
async function kubectl(...args: readonly string[]): Promise<string> {
  try {
    return (await run('kubectl', args, { timeout: 60_000 })).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw error;
    return '';
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly value: T }> {
  const startedMs = performance.now();
  const value = await work();
  return { ms: performance.now() - startedMs, value };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { holderState, holdRun, thisHolder } from '../../src/cluster/holder.ts';
import { type HolderState, type MarkedPod, removalReason } from '../../src/cluster/run-mark.ts';

const now = Date.parse('2026-11-21T08:00:00Z');
const pod: MarkedPod = {
  namespace: 'egress-system',
  name: 'egress-control-a',
  uid: 'u',
  phase: 'Running',
  run: 'a',
  holder: 'h',
  deadlineMs: now + 60_000,
};

describe('an orphan is told from a pod in use', () => {
  const rows: readonly [string, Partial<MarkedPod>, HolderState, string | null][] = [
    ['its run lives', {}, 'alive', null],
    ['its run lives, even past the deadline', { deadlineMs: now - 1 }, 'alive', null],
    ['its process is gone', {}, 'dead', 'the process that made it is gone'],
    ['another machine made it, and its deadline has not passed', {}, 'elsewhere', null],
    [
      'another machine made it, and its deadline has passed',
      { deadlineMs: now - 1 },
      'elsewhere',
      'its deadline has passed',
    ],
    ['another machine made it, at the deadline itself', { deadlineMs: now }, 'elsewhere', null],
    ['another machine made it, and it has ended', { phase: 'Failed' }, 'elsewhere', 'it has ended (Failed)'],
    ['another machine made it, and no deadline can be read', { deadlineMs: null }, 'elsewhere', null],
  ];
  it.each(rows)('%s', (_rule, part, state, expected) => {
    expect(removalReason({ ...pod, ...part }, state, now)).toBe(expected);
  });
});

describe('the holder of a run', () => {
  it('is this process while it holds the run, and gone after', () => {
    const release = holdRun('run-1');
    expect(holderState(thisHolder(), 'run-1')).toBe('alive');
    release();
    expect(holderState(thisHolder(), 'run-1')).toBe('dead');
  });

  it('is dead when its process id is free, or is used by a later process', async () => {
    const [host] = thisHolder().split('/');
    const child = spawn('sleep', ['30']);
    expect(holderState(`${host}/${child.pid}/-`, 'x')).toBe('dead');
    const ended = new Promise(resolve => child.on('close', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(holderState(`${host}/${child.pid}/1`, 'x')).toBe('dead');
  });

  it('cannot be told for another machine, nor from a mark that is not ours', () => {
    expect(holderState('0123456789abcdef/1/1', 'x')).toBe('elsewhere');
    expect(holderState(null, 'x')).toBe('elsewhere');
    expect(holderState(`${thisHolder().split('/')[0]}/../1`, 'x')).toBe('elsewhere');
  });
});

import { describe, expect, it } from 'vitest';
import { afterFailure, afterStep, type StepStates, stepsOf, titleOf } from '../../src/work/progress-steps.ts';

describe('the heading of the progress', () => {
  it.each([
    ['a pod and its namespace', { namespace: 'pay', pod: 'api' }, 'pay/api → a.example'],
    ['a pod that was named with its namespace', { namespace: 'pay', pod: 'pay/api' }, 'pay/api → a.example'],
    ['a workload', { namespace: 'pay', pod: 'deploy/api' }, 'pay/deploy/api → a.example'],
    ['no namespace', { namespace: null, pod: 'api' }, 'api → a.example'],
  ])('%s', (_rule, asked, title) => expect(titleOf({ ...asked, host: 'a.example' })).toBe(title));
});

describe('the steps', () => {
  const begun = (states: StepStates) => afterStep(states, { step: 'target', state: 'started', text: '' });
  const states = (probe: boolean, from: StepStates) => stepsOf(from, { probe }).map(step => step.state);

  it('wait, run and are done, each on its own', () => {
    expect(states(true, {})).toEqual(['waiting', 'waiting', 'waiting', 'waiting']);
    expect(states(true, begun({}))).toEqual(['running', 'waiting', 'waiting', 'waiting']);
    expect(states(true, afterStep(begun({}), { step: 'target', state: 'done', text: '' }))[0]).toBe('done');
  });

  it('what ran when the work broke off has failed, and nothing else', () => {
    expect(states(true, afterFailure({ target: 'done', collect: 'running' }))).toEqual([
      'done',
      'failed',
      'waiting',
      'waiting',
    ]);
  });

  it('there is none for probes that were not asked for, and one for a dry run once there is something to try', () => {
    expect(stepsOf({}, { probe: false }).length).toBe(3);
    expect(stepsOf({ 'dry-run': 'running' }, { probe: false }).at(-1)).toMatchObject({ state: 'running' });
  });
});

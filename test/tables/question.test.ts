import { describe, expect, test } from 'vitest';
import { buildQuestion, type QuestionText } from '../../src/question.ts';

const asked: QuestionText = {
  pod: 'payments/billing-pod',
  host: 'api.stripe.com',
  namespace: null,
  cluster: 'prod',
  vantages: null,
  podMethods: null,
  timeoutMs: null,
  siblings: null,
};
const settings = { timeoutMs: 3000, refuseRanges: ['10.0.0.0/8'] };
const build = (change: Partial<QuestionText>) => buildQuestion({ ...asked, ...change }, settings);

test('what is not said has a default', () => {
  expect(build({})).toEqual({
    kind: 'question',
    question: {
      pod: { text: 'payments/billing-pod', namespace: 'payments', by: { kind: 'pod', name: 'billing-pod' } },
      destination: {
        text: 'api.stripe.com',
        host: { kind: 'name', name: 'api.stripe.com' },
        port: 443,
        protocol: 'TCP',
        application: 'https',
        path: '/',
      },
      cluster: 'prod',
      vantages: ['pod', 'control', 'node'],
      podMethods: ['ephemeral-container', 'twin-pod', 'exec'],
      timeoutMs: 3000,
      siblings: 0,
    },
  });
});

describe('what is said counts', () => {
  test.each([
    ['one vantage', { vantages: ['pod'] }, { vantages: ['pod'] }],
    [
      'vantages with commas, in any order, are asked in ours',
      { vantages: ['node, pod', 'outside'] },
      { vantages: ['pod', 'node', 'outside'] },
    ],
    ['a vantage twice counts once', { vantages: ['pod,pod'] }, { vantages: ['pod'] }],
    [
      'ways into the pod keep the order given',
      { podMethods: ['exec', 'twin-pod'] },
      { podMethods: ['exec', 'twin-pod'] },
    ],
    ['the time-out of the question wins', { timeoutMs: 5000 }, { timeoutMs: 5000 }],
    ['the shortest time-out', { timeoutMs: 500 }, { timeoutMs: 500 }],
    ['the longest time-out', { timeoutMs: 60_000 }, { timeoutMs: 60_000 }],
    ['siblings', { siblings: 20 }, { siblings: 20 }],
  ])('%s', (_rule, change, expected) => {
    expect(build(change)).toMatchObject({ kind: 'question', question: expected });
  });
});

describe('what cannot be asked is refused', () => {
  const vantages = 'Known are pod, control, node, outside. Name one or more of them, with commas between.';
  const methods = 'Known are ephemeral-container, twin-pod, exec. Name one or more of them, with commas between.';
  const timeout =
    'Less would call a slow answer a drop, and more outlives the stream that carries the answers. Give a whole number from 500 to 60000 milliseconds.';
  const siblings =
    'Each replica that is probed keeps an ephemeral container in its spec. Give a whole number from 0 to 20.';
  test.each([
    ['an unknown vantage', { vantages: ['moon'] }, `"moon" is no vantage. ${vantages}`],
    ['a vantage in capitals', { vantages: ['Pod'] }, `"Pod" is no vantage. ${vantages}`],
    ['no vantage at all', { vantages: [] }, `"" is no vantage. ${vantages}`],
    ['an unknown way into the pod', { podMethods: ['exec', 'ssh'] }, `"ssh" is no way into the pod. ${methods}`],
    ['a time-out that is too short', { timeoutMs: 499 }, `A time-out of 499 ms is not possible. ${timeout}`],
    ['a time-out that is too long', { timeoutMs: 60_001 }, `A time-out of 60001 ms is not possible. ${timeout}`],
    [
      'a time-out that is no whole number',
      { timeoutMs: 1000.5 },
      `A time-out of 1000.5 ms is not possible. ${timeout}`,
    ],
    ['a time-out that is no number', { timeoutMs: Number.NaN }, `A time-out of NaN ms is not possible. ${timeout}`],
    ['fewer than no siblings', { siblings: -1 }, `-1 siblings cannot be probed. ${siblings}`],
    ['too many siblings', { siblings: 21 }, `21 siblings cannot be probed. ${siblings}`],
    [
      'a host of the refuse list',
      { host: '10.1.2.3' },
      '10.1.2.3 is never probed. 10.1.2.3 is inside 10.0.0.0/8, which this installation refuses to probe. Ask for a host that the application itself connects to.',
    ],
  ])('%s', (_rule, change, message) => {
    const reading = build(change);
    if (reading.kind !== 'refused') throw new Error('it was read');
    expect(reading.faults.map(({ what, cause, remedy }) => `${what} ${cause} ${remedy}`)).toEqual([message]);
  });

  test('all faults are told at once', () => {
    const reading = build({
      pod: 'Billing',
      host: '',
      vantages: ['moon'],
      podMethods: ['ssh'],
      timeoutMs: 0,
      siblings: -1,
    });
    if (reading.kind !== 'refused') throw new Error('it was read');
    expect(reading.faults.map(fault => fault.what)).toEqual([
      '"Billing" is no name of a Pod.',
      'No host was given.',
      '"moon" is no vantage.',
      '"ssh" is no way into the pod.',
      'A time-out of 0 ms is not possible.',
      '-1 siblings cannot be probed.',
    ]);
  });
});

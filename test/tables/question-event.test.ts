import { describe, expect, test } from 'vitest';
import { readQuestionEvent } from '../../src/question-event.ts';

const asked = {
  pod: 'payments/billing-pod',
  host: 'api.stripe.com',
  namespace: null,
  context: null,
  vantages: null,
  podMethods: null,
  timeoutMs: null,
  siblings: null,
  engine: null,
  probe: true,
};
const least = { pod: 'payments/billing-pod', host: 'api.stripe.com' };

describe('an event is read', () => {
  test.each([
    ['a pod and a host are enough', least, {}],
    ['null counts as missing', { ...least, namespace: null, probe: null }, {}],
    [
      'texts',
      { ...least, namespace: 'shop', context: 'prod', engine: 'cilium@1.15.19' },
      { namespace: 'shop', context: 'prod', engine: 'cilium@1.15.19' },
    ],
    ['numbers', { ...least, timeoutMs: 5000, siblings: 2 }, { timeoutMs: 5000, siblings: 2 }],
    ['words in one text', { ...least, vantages: 'pod,node' }, { vantages: 'pod,node' }],
    ['words in a list', { ...least, podMethods: ['exec', 'twin-pod'] }, { podMethods: 'exec,twin-pod' }],
    ['predict only', { ...least, probe: false }, { probe: false }],
  ])('%s', (_rule, event, expected) => {
    expect(readQuestionEvent(event)).toEqual({ kind: 'question', question: { ...asked, ...expected } });
  });
});

describe('an event is refused, with cause and remedy', () => {
  const send = 'Send an object as in {"pod":"payments/billing-pod","host":"api.stripe.com"}.';
  const known =
    'Known are pod, host, namespace, context, vantages, podMethods, timeoutMs, siblings, engine, probe. Leave it out.';
  test.each<readonly [string, unknown, readonly string[]]>([
    ['null', null, [`The event is no question. It is not an object. ${send}`]],
    ['a text', 'payments/billing-pod api.stripe.com', [`The event is no question. It is not an object. ${send}`]],
    ['a list', [least], [`The event is no question. It is not an object. ${send}`]],
    ['no pod', { host: 'api.stripe.com' }, [`The event has no pod. A question needs a pod and a host. ${send}`]],
    [
      'a pod that is a number',
      { ...least, pod: 7 },
      [`The event's pod cannot be used. It is a number and not a text. ${send}`],
    ],
    [
      'a host that is a list',
      { ...least, host: ['a'] },
      [`The event's host cannot be used. It is a list and not a text. ${send}`],
    ],
    [
      'a list of numbers for words',
      { ...least, vantages: [1] },
      [`The event's vantages cannot be used. It is a list and not a text or a list of texts. ${send}`],
    ],
    [
      'a time-out in a text',
      { ...least, timeoutMs: '3000' },
      [`The event's timeoutMs cannot be used. It is a text and not a number. ${send}`],
    ],
    [
      'probe as a text',
      { ...least, probe: 'no' },
      [`The event's probe cannot be used. It is a text and not true or false. ${send}`],
    ],
    [
      'an object for a text',
      { ...least, engine: {} },
      [`The event's engine cannot be used. It is an object and not a text. ${send}`],
    ],
    [
      'an image, which is the installation’s',
      { ...least, image: 'a:1' },
      [`The event's key "image" is not known. ${known}`],
    ],
    [
      'a name of every object',
      JSON.parse('{"pod":"p","host":"h","__proto__":1,"toString":1}'),
      [`The event's key "__proto__" is not known. ${known}`, `The event's key "toString" is not known. ${known}`],
    ],
    [
      'everything at once',
      { pod: 1, x: 1 },
      [
        `The event's pod cannot be used. It is a number and not a text. ${send}`,
        `The event's key "x" is not known. ${known}`,
        `The event has no host. A question needs a pod and a host. ${send}`,
      ],
    ],
  ])('%s', (_rule, event, messages) => {
    const reading = readQuestionEvent(event);
    if (reading.kind !== 'refused') throw new Error('it was read');
    expect(reading.faults.map(({ what, cause, remedy }) => `${what} ${cause} ${remedy}`)).toEqual(messages);
    expect(reading.faults.every(({ code }) => code === 'usage')).toBe(true);
  });
});

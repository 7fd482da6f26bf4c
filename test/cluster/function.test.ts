import { afterAll, beforeAll, expect, test } from 'vitest';
import { onQuestion } from '../../src/handlers/on-question.ts';
import { create, dropNamespace, ENGINE, namespace, networkPolicy, pod, waitForPods } from './cluster.ts';

const NS = 'function-question';
const DENY_ALL = { podSelector: {}, policyTypes: ['Egress'] };

beforeAll(async () => {
  await dropNamespace(NS);
  await create(namespace(NS), pod(NS, 'billing'), networkPolicy(NS, 'deny-all-egress', DENY_ALL));
  await waitForPods(NS);
});

afterAll(() => dropNamespace(NS));

test('a direct invocation gives the whole diagnosis', async () => {
  const event = { pod: `${NS}/billing`, host: 'api.stripe.com', engine: ENGINE };
  expect(await onQuestion(event, { awsRequestId: 'r-1' })).toMatchObject({
    verdict: {
      code: 'denied-by-policy',
      confidence: 'confirmed',
      cause: { policies: [{ policy: `NetworkPolicy ${NS}/deny-all-egress` }] },
    },
    fix: { proof: { before: 'deny', after: 'allow' } },
  });
});

test('what the cluster does not have is a fault and no failure', async () => {
  const event = { pod: `${NS}/biling`, host: 'api.stripe.com', engine: ENGINE };
  expect(await onQuestion(event, { awsRequestId: 'r-2' })).toMatchObject({ faults: [{ code: 'not-found' }] });
});

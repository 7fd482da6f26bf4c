/**
 * A label that a selector of Cilium gives twice, as `tier` and `any:tier`, with different values. Cilium keeps any one of
 * them, so that the answer is what both readings say, and unknown where they differ.
 */
import { expect, test } from 'vitest';
import { readRuleBook } from '../../src/policy/rule-book.ts';
import { CILIUM } from './policy-builders.ts';
import { type Ask, ask, ccnp, cnp, egress, STRIPE, WORLD } from './policy-cilium-builders.ts';
import { type OddRow, oddTable } from './policy-odd-table.ts';

const OUT: Ask = { to: STRIPE };
const TO_DB: Ask = { to: 'pod:pay/db' };
const said = (where: string, key: string, ...names: readonly string[]) =>
  `${where}.matchLabels gives ${key} as ${names.map(name => `"${name}"`).join(' and ')} with different values: Cilium keeps any one of them`;
const APP = ['any:app', 'app', 'any:app'] as const;
const denyAll = (matchLabels: object) =>
  cnp('pay/p', { endpointSelector: { matchLabels }, egressDeny: [{ toEntities: ['all'] }] });
const toPods = (matchLabels: object) => egress({ toEndpoints: [{ matchLabels }] });

oddTable(
  'a label given twice',
  [
    [
      'one of both selects the pod',
      [denyAll({ app: 'api', 'any:app': 'db' })],
      [said('endpointSelector', ...APP)],
      'unknown',
    ],
    ['the other one does', [denyAll({ app: 'db', 'any:app': 'api' })], [said('endpointSelector', ...APP)], 'unknown'],
    ['neither does', [denyAll({ app: 'db', 'any:app': 'web' })], [said('endpointSelector', ...APP)], 'allow'],
    ['with the same value', [denyAll({ app: 'api', 'any:app': 'api' })], [], 'deny'],
    ['with the same value, which the pod has not', [denyAll({ app: 'db', 'any:app': 'db' })], [], 'allow'],
    ['sources that differ are different labels', [denyAll({ app: 'api', 'k8s:app': 'db' })], [], 'allow'],
    [
      'an empty source is any',
      [denyAll({ ':app': 'api', app: 'db' })],
      [said('endpointSelector', 'any:app', ':app', 'app')],
      'unknown',
    ],
    [
      'three times',
      [denyAll({ ':app': 'web', app: 'db', 'any:app': 'api' })],
      [said('endpointSelector', 'any:app', ':app', 'app', 'any:app')],
      'unknown',
    ],
    [
      'another label that the pod has not decides',
      [denyAll({ app: 'api', 'any:app': 'db', tier: 'front' })],
      [said('endpointSelector', ...APP)],
      'allow',
    ],
    [
      'another label that the pod has does not',
      [denyAll({ app: 'api', 'any:app': 'db', tier: 'back' })],
      [said('endpointSelector', ...APP)],
      'unknown',
    ],
    [
      'a label and an expression must both hold',
      [
        cnp('pay/p', {
          endpointSelector: {
            matchLabels: { app: 'api' },
            matchExpressions: [{ key: 'any:app', operator: 'In', values: ['db'] }],
          },
          egress: [],
          egressDeny: [{ toEntities: ['all'] }],
        }),
      ],
      [],
      'allow',
    ],
    [
      'a policy of the cluster',
      [
        ccnp('p', {
          endpointSelector: { matchLabels: { app: 'api', 'any:app': 'db' } },
          egressDeny: [{ toEntities: ['all'] }],
        }),
      ],
      [said('endpointSelector', ...APP)],
      'unknown',
    ],
    [
      'a peer by one of both',
      [toPods({ app: 'db', 'any:app': 'web' })],
      [said('egress[0].toEndpoints[0]', ...APP)],
      'unknown',
      TO_DB,
    ],
    [
      'a peer by neither',
      [toPods({ app: 'api', 'any:app': 'web' })],
      [said('egress[0].toEndpoints[0]', ...APP)],
      'deny',
      TO_DB,
    ],
    [
      'a value that is none beside one',
      [toPods({ app: 'db', 'any:app': 7 })],
      [said('egress[0].toEndpoints[0]', ...APP), 'egress[0].toEndpoints[0].matchLabels: a label value is no text: 7'],
      'unknown',
      TO_DB,
    ],
  ] satisfies readonly OddRow[],
  (objects, asked = OUT) => ({ all: [...WORLD, ...objects], engine: CILIUM, decision: ask(objects, asked).decision }),
);

test('the answer names the labels', () => {
  const { flows } = ask([denyAll({ app: 'api', 'any:app': 'db' })], OUT);
  expect(flows.flatMap(({ unknowns }) => unknowns).join('\n')).toContain('gives any:app as "app" and "any:app"');
  expect(readRuleBook([denyAll({ app: 'api', 'any:app': 'api' })], { engine: CILIUM }).problems).toEqual([]);
});

import { expect, test } from 'vitest';
import { collectNotLookedAt } from '../../src/diagnose/not-looked-at.ts';
import type { VantageReport } from '../../src/model.ts';
import {
  A,
  answers,
  B,
  connected,
  facts,
  flow,
  type Given,
  notRun,
  PROXY,
  rules,
  saw,
  V6,
} from './verdict-builders.ts';

const probed = (vantage: VantageReport['vantage']): VantageReport => ({
  vantage,
  status: 'probed',
  method: null,
  ranIn: 'x',
  why: '',
  startupMs: 0,
  tools: [],
});
const ALL = (['pod', 'control', 'node', 'outside'] as const).map(probed);
const CLOUD = 'cloud rules: security groups, network ACLs, routes and NAT addresses of the cloud are not read';
const named = (given: Given, missing: readonly { what: string; why: string }[] = []) =>
  collectNotLookedAt(facts({ vantages: ALL, ...given }), missing).map(each => `${each.what}: ${each.why}`);

const table: readonly (readonly [string, Given, readonly string[]])[] = [
  [
    'everything was looked at but the cloud',
    { saw: [saw('pod', 'dns', answers(A)), saw('pod', 'tcp', connected)] },
    [],
  ],
  [
    'an address that no probe of the pod tried',
    { saw: [saw('pod', 'dns', answers(A, B)), saw('pod', 'tcp', connected)] },
    [`${B} from the pod: no probe of this address ran`],
  ],
  [
    'vantages that were not asked for or did not run',
    { vantages: [probed('pod'), { ...probed('control'), status: 'not-run', why: 'pods is forbidden' }] },
    [
      'from the control pod: pods is forbidden',
      'from the node: no probe ran there',
      'from the host that this program runs on: not asked for',
    ],
  ],
  [
    'a pod on no node',
    { vantages: ALL.filter(each => each.vantage !== 'node'), target: { node: null } },
    ['from the node: the pod is on no node'],
  ],
  [
    'a layer that had no tool, once for all addresses',
    {
      saw: [A, B]
        .map(address => saw('pod', 'tls', notRun, { address }))
        .concat(saw('pod', 'tcp', connected), saw('pod', 'tcp', connected, { address: B })),
    },
    ['tls from the pod: no tool'],
  ],
  [
    'a lookup over TCP that had no tool',
    { saw: [saw('pod', 'dns', notRun, { protocol: 'TCP' })] },
    ['dns over TCP from the pod: no tool'],
  ],
  [
    'rules that are forbidden or unsupported',
    {
      coverage: [
        { kind: 'A.x', status: 'forbidden', objects: null, why: 'no list' },
        { kind: 'B.x', status: 'unsupported', objects: 2, why: 'L7' },
        { kind: 'C.x', status: 'evaluated', objects: 1 },
        { kind: 'D.x', status: 'never-decides', objects: 1 },
      ],
    },
    ['A.x: not permitted to list: no list', 'B.x: not evaluated: L7'],
  ],
  [
    'proxy settings that could not be read',
    { target: { proxy: { kind: 'unknown', why: 'from Secret payments/env', variables: {} } } },
    ['proxy settings of the pod: from Secret payments/env'],
  ],
  [
    'what is behind a proxy',
    { target: { proxy: PROXY } },
    ["rules between the proxy and the host: the proxy's own policies and firewalls are not known"],
  ],
  [
    'nameservers that are not known',
    {
      rules: [flow('destination', 'allow')],
      target: { dns: { policy: 'ClusterFirst', config: null, resolvConf: null } },
    },
    [
      "the pod's resolv.conf: no probe read it: its nameservers are taken from its DNS policy",
      'rules for the lookup: the nameservers of the pod are not known',
    ],
  ],
  [
    'siblings',
    {
      target: {
        siblings: [
          { pod: 'b', node: 'n' },
          { pod: 'c', node: 'n' },
        ],
      },
      saw: [saw('pod', 'tcp', connected, { sibling: 'b' })],
    },
    ['1 sibling with the same labels: probed only with --siblings'],
  ],
  [
    'addresses of a family that the pod lacks',
    { rules: [...rules('allow'), flow('destination', 'allow', { address: V6 })] },
    [`the host's IPv6 addresses (${V6}): the pod has only IPv4`],
  ],
];

test.each(table)('%s', (_rule, given, wanted) => {
  expect(named(given)).toEqual([...wanted, CLOUD]);
});

test('lists of the API server that were refused', () => {
  expect(named({}, [{ what: 'pods', why: 'forbidden' }])).toEqual(['pods: forbidden', CLOUD]);
});

/** What each kind of fix is not for, kind by kind, whatever other kinds would do. */
import { describe, expect, test } from 'vitest';
import { ADMIN_POLICY } from '../../src/diagnose/fix-admin.ts';
import { ANTREA_BY_NAME, ANTREA_EXACT } from '../../src/diagnose/fix-antrea.ts';
import { EKS_BY_NAME, GKE_BY_NAME } from '../../src/diagnose/fix-by-name.ts';
import { CALICO_BY_NAME, CALICO_EXACT } from '../../src/diagnose/fix-calico.ts';
import type { FixKind } from '../../src/diagnose/fix-kind.ts';
import {
  ANTREA,
  anp,
  antrea,
  antreaServed,
  bare,
  calico,
  cnp,
  denyPods,
  eksServed,
  fence,
  GKE,
  gkeServed,
  global,
  shopShut,
  shut,
  toPod,
} from '../fakes/engine-scenes.ts';
import {
  type Asked,
  CALICO,
  draftOf,
  fixFor,
  ipBlock,
  netpol,
  node,
  noFixFor,
  pod,
  STRIPE,
  tcp,
  UNKNOWN,
} from '../fakes/fix-scenes.ts';

type Refusal = readonly [rule: string, kind: FixKind, asked: Asked, why: string];

describe('a kind of fix is not proposed', () => {
  test.each<Refusal>([
    [
      'Antrea’s in a cluster of another engine',
      ANTREA_BY_NAME,
      { objects: [fence] },
      'the cluster does not run Antrea',
    ],
    [
      'Antrea’s where its kinds are not there',
      ANTREA_BY_NAME,
      { objects: [fence], engine: ANTREA },
      'the cluster does not serve policies of Antrea',
    ],
    [
      'Antrea’s by address where none of its own denies',
      ANTREA_EXACT,
      { objects: [fence], engine: ANTREA, apis: antreaServed },
      'no policy of Antrea’s own denies it',
    ],
    [
      'Antrea’s by name for an address',
      ANTREA_BY_NAME,
      { objects: [antrea('payments/drop', {})], engine: ANTREA, host: STRIPE },
      'the destination is no name',
    ],
    [
      'Antrea’s where the other side denies as well',
      ANTREA_BY_NAME,
      { objects: [fence, shopShut], engine: ANTREA, apis: antreaServed, ...toPod('10.244.0.9') },
      'the destination’s side denies it as well',
    ],
    [
      'Antrea’s before the earliest priority',
      ANTREA_BY_NAME,
      { objects: [antrea('payments/drop', { priority: 1 })], engine: ANTREA },
      'no priority is left before the policy of Antrea that denies it: its owner has to change it',
    ],
    [
      'Antrea’s to a pod without a lasting label',
      ANTREA_BY_NAME,
      { objects: [fence, bare], engine: ANTREA, apis: antreaServed, ...toPod('10.244.0.77') },
      'a pod on the way has no label that lasts, so no rule can name it',
    ],

    [
      'a FQDNNetworkPolicy in a cluster of another engine',
      GKE_BY_NAME,
      { objects: [fence], apis: gkeServed },
      'the cluster does not run GKE Dataplane V2',
    ],
    [
      'a FQDNNetworkPolicy where the kind is not served',
      GKE_BY_NAME,
      { objects: [fence], engine: GKE },
      'the cluster does not serve FQDNNetworkPolicy',
    ],
    [
      'an ApplicationNetworkPolicy in a cluster of another engine',
      EKS_BY_NAME,
      { objects: [fence], engine: GKE, apis: eksServed },
      'the cluster does not run the Amazon VPC CNI',
    ],
    [
      'a FQDNNetworkPolicy for an address',
      GKE_BY_NAME,
      { objects: [fence], engine: GKE, apis: gkeServed, host: STRIPE },
      'the destination is no name',
    ],
    [
      'a FQDNNetworkPolicy for a name of a pod',
      GKE_BY_NAME,
      { objects: [fence], engine: GKE, apis: gkeServed, ...toPod('10.244.0.9') },
      'nothing outside the cluster is denied',
    ],
    [
      'a FQDNNetworkPolicy for a name of a node',
      GKE_BY_NAME,
      {
        objects: [fence, node('node-b', '192.0.2.11', '10.244.1.0/24')],
        engine: GKE,
        apis: gkeServed,
        ...toPod('192.0.2.11'),
      },
      'nothing outside the cluster is denied',
    ],
    [
      'a FQDNNetworkPolicy where only the lookup is denied',
      GKE_BY_NAME,
      {
        objects: [netpol('payments/https', {}, { egress: [{ to: [ipBlock('0.0.0.0/0')], ports: [tcp(443)] }] })],
        engine: GKE,
        apis: gkeServed,
        nameservers: ['198.51.100.53'],
      },
      'nothing outside the cluster is denied',
    ],
    [
      'a FQDNNetworkPolicy where the rest cannot be opened beside it',
      GKE_BY_NAME,
      {
        objects: [shut, bare],
        engine: GKE,
        apis: gkeServed,
        dns: { 'api.stripe.com': [STRIPE, '10.244.0.77'] },
      },
      'pod shop/bare has no label that lasts, so no rule can name it without the rest of its namespace',
    ],

    ['Calico’s in a cluster of another engine', CALICO_EXACT, { objects: [fence] }, 'the cluster does not run Calico'],
    [
      'Calico’s where none of its own denies',
      CALICO_EXACT,
      { objects: [fence], engine: CALICO },
      'no policy of Calico’s own denies it',
    ],
    [
      'Calico’s by name for an address',
      CALICO_BY_NAME,
      { objects: [global('fence'), calico('LicenseKey', 'default', {})], engine: CALICO, host: STRIPE },
      'the destination is no name',
    ],
    [
      'Calico’s by name in its open edition',
      CALICO_BY_NAME,
      { objects: [global('fence')], engine: CALICO },
      'rules by name are of Calico Enterprise and Calico Cloud, and nothing here shows that the cluster runs one of them: open-source Calico has addresses only',
    ],
    [
      'Calico’s to a pod without a lasting label',
      CALICO_EXACT,
      { objects: [global('fence'), bare], engine: CALICO, ...toPod('10.244.0.77') },
      'a pod on the way has no label that lasts, so no rule can name it',
    ],
    [
      'Calico’s into a pod without a lasting label',
      CALICO_EXACT,
      {
        objects: [global('in', { types: ['Ingress'], egress: undefined }), bare],
        engine: CALICO,
        ...toPod('10.244.0.77'),
      },
      'a pod on the way has no label that lasts, so no rule can name it',
    ],

    [
      'the administrators’ where none of theirs denies',
      ADMIN_POLICY,
      { objects: [fence], engine: UNKNOWN },
      'no policy of the administrators’ tiers denies it',
    ],
    [
      'the administrators’ where a namesake of another kind denies',
      ADMIN_POLICY,
      {
        objects: [
          netpol('payments/fence', {}, { egress: [] }),
          anp('payments/fence', 10, { networks: ['198.51.100.0/24'] }),
        ],
        engine: UNKNOWN,
      },
      'no policy of the administrators’ tiers denies it',
    ],
    [
      'the administrators’ where the other side denies as well',
      ADMIN_POLICY,
      { objects: [cnp('fence', 10, denyPods), shopShut], engine: UNKNOWN, ...toPod('10.244.0.9') },
      'the destination’s side denies it as well',
    ],
    [
      'the administrators’ before the earliest priority',
      ADMIN_POLICY,
      { objects: [cnp('fence', 0)], engine: UNKNOWN },
      'ClusterNetworkPolicy fence has the earliest priority already: its owner has to change it',
    ],
    [
      'the administrators’ where every earlier priority is taken',
      ADMIN_POLICY,
      { objects: [cnp('fence', 1), cnp('first', 0, { egress: [] })], engine: UNKNOWN },
      'ClusterNetworkPolicy fence has the earliest priority already: its owner has to change it',
    ],
    [
      'the administrators’ to a pod without a lasting label',
      ADMIN_POLICY,
      { objects: [cnp('fence', 10, denyPods), bare], engine: UNKNOWN, ...toPod('10.244.0.77') },
      'a pod of the destination has no label that lasts',
    ],
  ])('%s', (_, kind, asked, why) => {
    expect(draftOf(kind, asked)).toEqual({ kind: 'not-applicable', why });
  });
});

describe('no fix at all', () => {
  const named = (objects: Asked['objects']) => [...objects, pod('payments/billing', '10.244.0.7', {})];
  test.each<readonly [rule: string, asked: Asked, why: string]>([
    [
      'the destination alone denies, and no rule there can name the pod',
      { objects: named([shopShut]), host: 'service:shop/web', port: 80 },
      'pod payments/billing has no label that lasts, so no rule of the destination can name it',
    ],
    [
      'the last kind that was tried says why',
      { objects: [fence, bare], host: '10.244.0.77' },
      'pod shop/bare has no label that lasts, so no rule can name it without the rest of its namespace',
    ],
  ])('%s', (_, asked, why) => {
    expect(noFixFor(asked)).toBe(why);
  });
  test('the destination alone denies: its policy names the pod, and nothing selects it', () => {
    const fix = fixFor({ objects: [shopShut], host: 'service:shop/web', port: 80 });
    expect(fix.manifests).toMatchObject([{ metadata: { namespace: 'shop' } }]);
    expect(fix.kind).toMatch(/; pods by the workload's labels$/);
  });
});

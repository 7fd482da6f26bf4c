import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { matchesPattern, permissionOf, type Wish } from '../../src/settings/permission.ts';
import { readSettings } from '../../src/settings/read-settings.ts';
import type { Settings } from '../../src/settings/settings.ts';

function settingsOf(text: string): Settings {
  const reading = readSettings(text);
  if (reading.kind === 'settings') return reading.settings;
  throw new Error(JSON.stringify(reading.faults));
}

const TEXT = `
clusters:
  - {name: prod, access: {kind: in-cluster}}
  - {name: staging, access: {kind: kubeconfig, context: staging}}
channels:
  - {id: CPAY, cluster: prod, namespaces: ['pay-*', payments]}
  - {id: CALL, cluster: staging, namespaces: ['*']}
grants:
  - {users: [UALICE], clusters: [prod], namespaces: [payments, 'pay-*'], probe: true}
  - {groups: [SDEV], clusters: ['*'], namespaces: ['*']}
`;
const SETTINGS = settingsOf(TEXT);
const ONE_CLUSTER = settingsOf(`
clusters: [{name: only, access: {kind: in-cluster}}]
grants: [{users: [UALICE], clusters: [only], namespaces: ['*'], probe: true}]
`);

/** Alice asks in CPAY about payments of prod, with probes. */
const WISH: Wish = {
  team: 'T1',
  user: 'UALICE',
  groups: [],
  channel: 'CPAY',
  cluster: null,
  namespace: null,
  probe: true,
};
const may = (change: Partial<Wish>, settings = SETTINGS): ReturnType<typeof permissionOf> =>
  permissionOf(settings, { ...WISH, ...change }, 'T1');

describe('a question', () => {
  test.each([
    ['takes cluster and namespace from its channel: the first without a star', {}, 'prod', 'payments', true],
    ['names both itself', { cluster: 'prod', namespace: 'pay-eu' }, 'prod', 'pay-eu', true],
    [
      'of a group is allowed what the group is, without probes',
      { user: 'UBOB', groups: ['SX', 'SDEV'] },
      'prod',
      'payments',
      false,
    ],
    ['without probes is no question for probes', { probe: false }, 'prod', 'payments', false],
    ['is as strong as the strongest of several grants', { groups: ['SDEV'] }, 'prod', 'payments', true],
    [
      'in a channel that is not listed goes by the grants alone',
      { channel: 'D1', cluster: 'prod', namespace: 'payments' },
      'prod',
      'payments',
      true,
    ],
  ] satisfies readonly (readonly [string, Partial<Wish>, string, string, boolean])[])(
    '%s',
    (_rule, change, cluster, namespace, probe) => {
      expect(may(change)).toEqual({ kind: 'allowed', cluster, namespace, probe });
    },
  );

  test('needs no cluster where there is one', () => {
    expect(may({ channel: 'D1', namespace: 'a' }, ONE_CLUSTER)).toMatchObject({ kind: 'allowed', cluster: 'only' });
  });

  test.each([
    ['a cluster, where there are several', { channel: 'D1', namespace: 'a' }, 'cluster', ['prod', 'staging']],
    ['a cluster that exists', { cluster: 'prdo' }, 'cluster', ['prod', 'staging']],
    ['a namespace, where the channel has none of its own', { channel: 'CALL', groups: ['SDEV'] }, 'namespace', []],
  ] satisfies readonly (readonly [string, Partial<Wish>, string, readonly string[]])[])(
    'lacks %s',
    (_rule, change, missing, known) => {
      expect(may(change)).toEqual({ kind: 'incomplete', missing, known });
    },
  );
});

/** The file with the line of a refusal added: what was refused must be allowed by then. */
function mended(text: string, { under, line }: { readonly under: string; readonly line: string }): Settings {
  if (under === '(top level)') return settingsOf(`${text}\n${line}\n`);
  const file = parse(text) as Record<string, { readonly id?: string }[]>;
  const [entry] = parse(line) as [{ readonly id?: string }];
  const kept = (file[under] ?? []).filter(({ id }) => id === undefined || id !== entry.id);
  return settingsOf(JSON.stringify({ ...file, [under]: [...kept, entry] }));
}

describe('a refusal', () => {
  test.each([
    [
      'somebody without a grant',
      { user: 'UEVE' },
      'grants',
      '- {users: [UEVE], clusters: [prod], namespaces: [payments], probe: true}',
    ],
    [
      'a namespace that the grants do not cover',
      { channel: 'D1', cluster: 'prod', namespace: 'kube-system', probe: false },
      'grants',
      '- {users: [UALICE], clusters: [prod], namespaces: [kube-system], probe: false}',
    ],
    [
      'a namespace of digits',
      { channel: 'D1', cluster: 'prod', namespace: '123' },
      'grants',
      '- {users: [UALICE], clusters: [prod], namespaces: ["123"], probe: true}',
    ],
    [
      'a cluster that the grants do not cover',
      { channel: 'D1', cluster: 'staging', namespace: 'payments' },
      'grants',
      '- {users: [UALICE], clusters: [staging], namespaces: [payments], probe: true}',
    ],
    [
      'a namespace that the channel does not have',
      { namespace: 'billing', groups: ['SDEV'] },
      'channels',
      '- {id: CPAY, cluster: prod, namespaces: ["pay-*", payments, billing]}',
    ],
    [
      'another cluster than the channel is for',
      { cluster: 'staging', namespace: 'payments', groups: ['SDEV'] },
      'channels',
      '- {id: CPAY, cluster: staging, namespaces: [payments]}',
    ],
    ['another workspace', { team: 'T2' }, '(top level)', 'teams: [T1, T2]'],
  ] satisfies readonly (readonly [string, Partial<Wish>, string, string])[])(
    'of %s names the line to add, and with it the question is allowed',
    (_rule, change, under, line) => {
      const permission = may(change);
      expect(permission).toMatchObject({ kind: 'refused', remedy: { under, line } });
      expect(may(change, mended(TEXT, { under, line }))).toMatchObject({ kind: 'allowed' });
    },
  );

  test('is the default: with no grants nobody may', () => {
    const none = settingsOf('clusters: [{name: only, access: {kind: in-cluster}}]');
    expect(may({ namespace: 'a' }, none)).toMatchObject({ kind: 'refused' });
  });

  test('of what somebody typed cannot smuggle another grant into the line', () => {
    const namespace = 'x], probe: true}\n- {users: [UEVE';
    const permission = may({ channel: 'D1', cluster: 'prod', namespace });
    if (permission.kind !== 'refused') throw new Error('it was allowed');
    expect(parse(permission.remedy.line)).toEqual([
      { users: ['UALICE'], clusters: ['prod'], namespaces: [namespace], probe: true },
    ]);
  });
});

test.each([
  ['team-*', 'team-a', true],
  ['team-*', 'my-team-a', false],
  ['team-*', 'team-', true],
  ['*', 'anything', true],
  ['*-prod', 'pay-prod', true],
  ['*-prod', 'pay-prod-2', false],
  ['a*b*c', 'a-b-c', true],
  ['a*b*c', 'acb', false],
  ['ab*ba', 'aba', false],
  ['a.c', 'abc', false],
  ['payments', 'payments', true],
  ['payments', 'payments2', false],
])('the pattern %s and the name %s: %s', (pattern, name, matches) => {
  expect(matchesPattern(pattern, name)).toBe(matches);
});

import { describe, expect, test } from 'vitest';
import type { Settings } from '../../src/settings/settings.ts';
import type { Typed } from '../../src/slack/options.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { suggester } from '../../src/work/suggest.ts';
import { testBench } from '../fakes/work.ts';

const access = { kind: 'kubeconfig', context: null, asBot: false } as const;
const SETTINGS: Settings = {
  clusters: [
    { name: 'prod', access },
    { name: 'test', access },
  ],
  channels: [{ id: 'C0PAY', cluster: 'prod', namespaces: ['payments', 'team-*'] }],
  grants: [
    { users: ['U0ANNA'], groups: [], clusters: ['prod'], namespaces: ['payments', 'team-a'], probe: true },
    { users: [], groups: ['S0ONCALL'], clusters: ['*'], namespaces: ['*'], probe: true },
  ],
  teams: [],
  subjectAccessReview: null,
};
const POD: Typed = {
  field: 'pod',
  text: 'bill',
  asker: { kind: 'user', team: 'T0TEAM', user: 'U0ANNA' },
  channel: 'C0PAY',
  cluster: null,
  namespace: null,
};

function suggest(typed: Partial<Typed>, isAway = false) {
  const asked: string[] = [];
  const { work } = testBench({ settings: SETTINGS });
  const answer = async (what: string, names: readonly string[]) => {
    asked.push(what);
    if (isAway) throw new Error('the cluster is away');
    return names;
  };
  const clusters = {
    ...work.ports.clusters,
    suggestNamespaces: (cluster: string) => answer(cluster, ['payments', 'team-a', 'team-b', 'vault']),
    suggestPods: (cluster: string, namespace: string | null) =>
      answer(`${cluster}/${namespace}`, ['billing-0', 'billing-1']),
  };
  const slack = { ...work.ports.slack, groupMembers: async () => ({ kind: 'ok', value: ['U0BERT'] }) as const };
  const store = openSqliteStore(':memory:', work.ports.now);
  const ports = { ...work.ports, clusters, slack, store };
  return suggester({ ...work, ports })({ ...POD, ...typed }).then(names => ({ names, asked }));
}

describe('the type-ahead', () => {
  test("gives pods of the channel's namespace, and what is typed itself, which may be an owner or labels", async () => {
    expect(await suggest({})).toEqual({ names: ['billing-0', 'billing-1', 'bill'], asked: ['prod/payments'] });
    expect((await suggest({ text: 'app=billing' })).names).toContain('app=billing');
  });

  test.each<readonly [rule: string, typed: Partial<Typed>, names: readonly string[], asked: readonly string[]]>([
    ['what nobody could mean is not offered', { text: 'UP!' }, ['billing-0', 'billing-1'], ['prod/payments']],
    [
      'a namespace that the form was opened with',
      { namespace: 'team-a', text: '' },
      ['billing-0', 'billing-1'],
      ['prod/team-a'],
    ],
    ['pods of a namespace that may not be asked about are not told', { namespace: 'vault' }, ['bill'], []],
    ['nor to somebody without a grant', { asker: { ...POD.asker, user: 'U0EVE' } }, ['bill'], []],
    ['nor to another workspace', { asker: { ...POD.asker, team: 'T0OTHER' } }, ['bill'], []],
    ['where the cluster is not known nothing is asked of any', { channel: 'C0NEW' }, ['bill'], []],
    [
      'namespaces are those that may be asked about here',
      { field: 'namespace', text: '' },
      ['payments', 'team-a'],
      ['prod'],
    ],
    [
      'members of a group see what the group may see',
      { field: 'namespace', text: '', channel: 'C0NEW', cluster: 'test', asker: { ...POD.asker, user: 'U0BERT' } },
      ['payments', 'team-a', 'team-b', 'vault'],
      ['test'],
    ],
    ['clusters are those with a grant', { field: 'cluster', text: '', channel: 'C0NEW' }, ['prod'], []],
    [
      'all of them for a member of that group',
      { field: 'cluster', text: 't', channel: 'C0NEW', asker: { ...POD.asker, user: 'U0BERT' } },
      ['test'],
      [],
    ],
  ])('%s', async (_rule, typed, names, asked) => {
    expect(await suggest(typed)).toEqual({ names, asked });
  });

  test('still takes what is typed when the cluster does not answer', async () => {
    expect((await suggest({}, true)).names).toEqual(['bill']);
  });
});

/** The part `watch` of the configuration file: what is taken, and everything that is wrong with it at once. */
import { describe, expect, test } from 'vitest';
import { readSettings } from '../../src/settings/read-settings.ts';

const CLUSTERS = 'clusters: [{name: prod, access: {kind: in-cluster}}, {name: other, access: {kind: in-cluster}}]\n';
const CHANNELS = 'channels: [{id: C0PAY, cluster: prod, namespaces: [payments, "team-*"]}]\n';
const FLOW = {
  name: 'stripe',
  cluster: 'prod',
  namespace: 'payments',
  pod: 'deploy/billing',
  host: 'api.stripe.com',
  channel: 'C0PAY',
};

function read(...flows: readonly object[]) {
  return readSettings(`${CLUSTERS}${CHANNELS}watch: ${JSON.stringify(flows)}`);
}

function toldOf(...flows: readonly object[]): readonly string[] {
  const reading = read(...flows);
  const faults = reading.kind === 'faults' ? reading.faults : [];
  return faults.map(({ what, cause, remedy }) => `${what.replace(/.*cannot be used: /, '')} ${cause} ${remedy}`);
}

describe('a watched flow', () => {
  test('is looked at every five minutes unless it is said otherwise', () => {
    const reading = read(FLOW, { ...FLOW, name: 'stripe-2', everyMinutes: 1440, host: '203.0.113.43:8443' });
    expect(reading).toMatchObject({
      kind: 'settings',
      settings: {
        watch: [
          { ...FLOW, everyMinutes: 5 },
          { name: 'stripe-2', everyMinutes: 1440 },
        ],
      },
    });
  });

  test('may tell a channel that is not under channels', () => {
    expect(toldOf({ ...FLOW, channel: 'C0NEW', cluster: 'other', namespace: 'shop' })).toEqual([]);
  });

  test.each<[string, object, RegExp]>([
    ['of no cluster', { cluster: 'prdo' }, /watch\[0\]\.cluster .*There is no cluster "prdo".*Did you mean prod\?/],
    ['of a pattern of namespaces', { namespace: 'team-*' }, /watch\[0\]\.namespace .*"team-\*" is not of the form/],
    ['of a pod that can be none', { pod: 'a b' }, /watch\[0\]\.pod .*"a b"/],
    [
      'of a pod with another namespace',
      { pod: 'shop/deploy/billing' },
      /watch\[0\]\.pod .*(another namespace|namespace)/,
    ],
    ['of a host that is never probed', { host: '169.254.169.254' }, /watch\[0\]\.host .*never probed/],
    ['of a host that can be none', { host: 'api stripe' }, /watch\[0\]\.host .*no host/],
    ['without a pause', { everyMinutes: 0 }, /watch\[0\]\.everyMinutes .*"0" is less than 1/],
    ['every two days', { everyMinutes: 2880 }, /watch\[0\]\.everyMinutes .*"2880" is more than 1440/],
    ['every minute and a half', { everyMinutes: 1.5 }, /watch\[0\]\.everyMinutes .*"1.5" is no whole number/],
    ['told to no channel', { channel: '#payments' }, /watch\[0\]\.channel .*"#payments" is not of the form/],
    ['told to a channel for another cluster', { cluster: 'other' }, /watch\[0\]\.channel .*for the cluster prod alone/],
    [
      'told to a channel that may not ask about its namespace',
      { namespace: 'shop' },
      /watch\[0\]\.channel .*may not ask about the namespace shop/,
    ],
    ['with a name that no key can hold', { name: 'a b' }, /watch\[0\]\.name .*"a b" is not of the form/],
    ['with a key that is not known', { every: 5 }, /watch\[0\]\.every .*A key of this name is not known/],
  ])('%s is refused, with its place and what to do', (_, change, told) => {
    const [fault, ...others] = toldOf({ ...FLOW, ...change });
    expect(fault).toMatch(told);
    expect(others).toEqual([]);
  });

  test('with the name of another is refused: they would share what is known of them', () => {
    expect(toldOf(FLOW, { ...FLOW, host: 'example.com' })).toEqual([
      expect.stringMatching(/watch\[1\]\.name .*"stripe" is already at watch\[0\]\.name/),
    ]);
  });

  test('and all that is wrong is told at once', () => {
    expect(toldOf({ ...FLOW, cluster: 'prdo', host: 'api stripe' }, { ...FLOW, pod: 'a b' }).length).toBe(4);
  });
});

/** App Home: the user's own questions, the clusters and what may be done there, the settings that concern them. */
import { expect, test } from 'vitest';
import { FaultError } from '../../src/faults.ts';
import { askedIn, BUNDLES, bundleClusters } from '../fakes/bundle-clusters.ts';
import { askJobOf, SETTINGS, testBench } from '../fakes/work.ts';

const [first] = BUNDLES;
if (first === undefined) throw new Error('no bundles');
const HOME = { kind: 'home', asker: { kind: 'user', team: 'T0TEAM', user: 'U0ANNA' } } as const;

function homeOf(bench: ReturnType<typeof testBench>, user = 'U0ANNA'): string {
  return JSON.stringify(bench.slack.homes.get(user));
}

test('it has the questions with their verdicts and threads, the newest first', async () => {
  const bench = testBench();
  await bench.deliver('cmd:1', askJobOf(askedIn(first)));
  await bench.deliver('home:1', HOME);
  const home = homeOf(bench);
  expect(home).toContain('denied-by-policy');
  expect(home).toContain('google.com');
  expect(home).toMatch(/https:\/\/example\.slack\.com\/archives\/C0ALERTS\/p\d+/);
});

test('what others asked is not there', async () => {
  const bench = testBench();
  await bench.deliver('cmd:1', askJobOf(askedIn(first)));
  await bench.deliver('home:1', { ...HOME, asker: { ...HOME.asker, user: 'U0BERT' } });
  expect(homeOf(bench, 'U0BERT')).not.toContain('google.com');
});

test('each cluster with what the bot may do there and what not', async () => {
  const bench = testBench();
  await bench.deliver('home:1', HOME);
  expect(homeOf(bench)).toMatch(/✓ may list pods[\s\S]*✗ may not create pods\/exec/);
});

test('a cluster that does not answer says so, and the page is shown all the same', async () => {
  const down = new FaultError({ code: 'cluster-unreachable', what: 'No answer.', cause: 'Off.', remedy: 'Start it.' });
  const clusters = { ...bundleClusters(async () => undefined), access: () => Promise.reject(down) };
  const bench = testBench({ clusters });
  await bench.deliver('home:1', HOME);
  expect(homeOf(bench)).toContain('No answer. Off.');
});

test('grants of the user and of groups are listed, those of others are not', async () => {
  const others = { users: ['U0MALLORY'], groups: [], clusters: ['prod'], namespaces: ['secret'], probe: true };
  const bench = testBench({ settings: { ...SETTINGS, grants: [...SETTINGS.grants, others] } });
  await bench.deliver('home:1', HOME);
  const home = homeOf(bench);
  expect(home).toContain('you: clusters prod, namespaces');
  expect(home).not.toContain('secret');
});

test('a user who has left is no failure', async () => {
  const bench = testBench();
  bench.slack.refuse = method => (method === 'publishHome' ? 'user_not_found' : null);
  expect(await bench.deliver('home:1', HOME)).toEqual({ kind: 'done' });
});

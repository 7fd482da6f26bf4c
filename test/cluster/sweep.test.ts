/** The sweep removes what dead runs left, in every namespace, and nothing that anybody still uses. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdRun, thisHolder } from '../../src/cluster/holder.ts';
import { DEFAULT_PROBE_IMAGE } from '../../src/cluster/image.ts';
import { controlPod } from '../../src/cluster/pods.ts';
import type { RunMark } from '../../src/cluster/run-mark.ts';
import { sweepOrphans } from '../../src/cluster/sweep.ts';
import { core, create, dropNamespace, namespace, pod } from './cluster.ts';
import { client, clientOf, eventually, proberRules, testNamespace } from './probe-cluster.ts';

const NS = testNamespace('sweep');
const OTHER = testNamespace('sweep-other');
const inAMinute = () => new Date(Date.now() + 60_000).toISOString();
const aMinuteAgo = () => new Date(Date.now() - 60_000).toISOString();

/** A process of this machine that has ended. */
function deadHolder(): string {
  const { pid } = spawnSync('true');
  return `${thisHolder().split('/')[0]}/${pid}/1`;
}

const elsewhere = '0123456789abcdef/1/1';
const make = async (ns: string, run: RunMark) => {
  const { items } = await core.listNode();
  const place = {
    namespace: ns,
    node: items[0]?.metadata?.name ?? '',
    image: DEFAULT_PROBE_IMAGE,
    lifetimeSeconds: 60,
    run,
    suffix: '',
  };
  await create(controlPod(place));
};
const present = async () => {
  const lists = await Promise.all([NS, OTHER].map(name => core.listNamespacedPod({ namespace: name })));
  return lists.flatMap(({ items }) => items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`)).sort();
};

beforeAll(() => create(namespace(NS), namespace(OTHER)));
afterAll(async () => {
  await Promise.all([NS, OTHER].map(dropNamespace));
});

describe('the sweep', () => {
  it('removes the pods of dead runs from all namespaces, and leaves those of living ones and of others', async () => {
    const release = holdRun('mine');
    await make(NS, { id: 'killed', holder: deadHolder(), deadline: inAMinute() });
    await make(OTHER, { id: 'killed', holder: deadHolder(), deadline: inAMinute() });
    await make(NS, { id: 'expired', holder: elsewhere, deadline: aMinuteAgo() });
    await make(NS, { id: 'working', holder: elsewhere, deadline: inAMinute() });
    await make(NS, { id: 'mine', holder: thisHolder(), deadline: inAMinute() });
    // Labels alone are anybody's.
    await create(pod(NS, 'theirs', { labels: { 'egress.dev/run': 'killed', 'egress.dev/role': 'control' } }));
    const api = client();
    const swept = await sweepOrphans({ reader: api, prober: api, namespaces: [] }, Date.now());
    await api.close();
    const removed = swept.removed.filter(each => each.pod.startsWith(`${NS}/`) || each.pod.startsWith(`${OTHER}/`));
    expect(removed.sort((a, b) => a.pod.localeCompare(b.pod))).toEqual([
      { pod: `${OTHER}/egress-control-killed`, why: 'the process that made it is gone' },
      { pod: `${NS}/egress-control-expired`, why: 'its deadline has passed' },
      { pod: `${NS}/egress-control-killed`, why: 'the process that made it is gone' },
    ]);
    const stay = ['egress-control-mine', 'egress-control-working', 'theirs'].map(name => `${NS}/${name}`);
    expect(await eventually(async () => (await present()).length === stay.length)).toBe(true);
    expect(await present()).toEqual(stay);
    release();
  });

  it('without the right to list all namespaces looks in those that it knows, and says what it could not do', async () => {
    await proberRules.install('prober', 'powerless', NS, []);
    await make(NS, { id: 'late', holder: deadHolder(), deadline: inAMinute() });
    const prober = await clientOf(NS, 'prober');
    const swept = await sweepOrphans({ reader: prober, prober, namespaces: [NS, OTHER] }, Date.now());
    await prober.close();
    expect(swept.removed.map(each => each.pod)).toContain(`${NS}/egress-control-late`);
    expect(swept.left).toEqual([{ pod: `${OTHER}/*`, why: expect.stringContaining('cannot list resource "pods"') }]);
  });
});

import { expect, test } from 'vitest';
import { askedIn, BUNDLES } from '../fakes/bundle-clusters.ts';
import { askJobOf, testBench } from '../fakes/work.ts';

test('a question ends as a thread whose root is the verdict', async () => {
  const bench = testBench();
  const [first] = BUNDLES;
  if (first === undefined) throw new Error('no bundles');
  const handled = await bench.deliver('cmd:1', askJobOf(askedIn(first)));
  console.log(handled, bench.logged);
  for (const m of bench.slack.messages)
    console.log(m.ts, m.threadTs, m.mark, m.atMs.length, m.upload?.filename, m.message.text.slice(0, 300));
  expect(handled).toEqual({ kind: 'done' });
});

/** `egress serve` under load: 50 commands a second for a minute over 100 channels, answered from bundles. */
import { type LoadResult, percentile, runLoad } from '../load/load.ts';
import type { Bench, Measurement } from './bench.ts';

const LOAD = { seconds: 60, perSecond: 50, channels: 100, workers: 128, paceMs: 1000, isTimed: true };
const MINUTE_MS = 60_000;

export const bench: Bench = {
  title: 'egress serve under load',
  needs: 'nothing',
  run: async () => {
    const result = await runLoad(LOAD, 20 * MINUTE_MS);
    const { asked, notAcked, threads, left, acksMs, memoryBytes, rateLimited } = result;
    if (notAcked > 0) throw new Error(`${notAcked} of ${asked} commands were not acknowledged within 3 s`);
    if (left > 0 || threads.length !== asked)
      throw new Error(`${threads.length} threads of ${asked}, ${left} jobs left`);
    const incomplete = threads.filter(({ parts }) => parts.at(-1) !== 'not-looked-at' || parts[0] !== 'picture');
    if (incomplete.length > 0) throw new Error(`${incomplete.length} threads are incomplete`);
    if (rateLimited > 0) throw new Error(`Slack refused ${rateLimited} messages that came too fast`);
    const ack = (percent: number): Measurement => ({
      name: `acknowledgement, p${percent}`,
      value: percentile(acksMs, percent),
      unit: 'ms',
      bound: 3000,
      note: `${asked} commands at ${LOAD.perSecond}/s over ${LOAD.channels} channels; Slack waits for 3 s`,
    });
    const half = Math.floor(memoryBytes.length / 2);
    return [
      ack(50),
      ack(99),
      ack(100),
      { name: 'memory, most', value: Math.max(...memoryBytes) / 1e6, unit: 'MB', bound: 1024, note: 'resident' },
      {
        name: 'memory, growth in the second half',
        value: Math.max(0, Math.max(...memoryBytes.slice(half)) - Math.max(...memoryBytes.slice(0, half))) / 1e6,
        unit: 'MB',
        bound: 100,
        note: 'most of the second half of the time less most of the first',
      },
      ...drained(result),
    ];
  },
};

/** When the channels were done: all have as many messages, so a fair process ends them together. */
function drained({ threads }: LoadResult): readonly Measurement[] {
  const ends = [...Map.groupBy(threads, ({ channel }) => channel).values()].map(inChannel =>
    Math.max(...inChannel.map(({ completeMs }) => completeMs)),
  );
  const messages = threads.reduce((sum, { parts }) => sum + parts.length + 1, 0) / LOAD.channels;
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  return [
    {
      name: 'first channel complete',
      value: first,
      unit: 'ms',
      bound: null,
      note: `${Math.round(messages)} messages a channel, one a second`,
    },
    { name: 'last channel complete', value: last, unit: 'ms', bound: null, note: 'all threads of all channels' },
    { name: 'last behind first', value: last - first, unit: 'ms', bound: first / 2, note: 'fair between channels' },
  ];
}

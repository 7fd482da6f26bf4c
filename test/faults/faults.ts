/** `npm run test:faults`: a thousand questions, workers killed, Slack failing; numbers at the end. */
import { runFaults } from './run.ts';
import { questions } from './scene.ts';

const [count = 1000, seed = 20261121] = process.argv.slice(2).map(Number);
const asked = (at: string) => questions(count, seed, at);
const tally = await runFaults({
  asked,
  clusters: 'bundles',
  seed,
  speed: 10,
  callsPerLife: 1000,
  pauseMs: 1250,
  downSeconds: 60,
  limitMs: 25 * 60_000,
});
const storms = Object.entries(tally.slackFaults).map(([name, times]) => `${times} × ${name}`);
process.stdout.write(
  [
    `${count} questions in ${tally.seconds} s, seed ${seed}: ${tally.threads} complete threads, ${tally.failures} clear failures, ${tally.wrong.length} wrong`,
    `workers killed with signal 9: ${tally.kills}; delivered twice: ${tally.deliveredTwice}; dead letters: ${tally.deadLetters.length}`,
    `Slack: ${storms.join(', ')}`,
    ...tally.wrong.slice(0, 20),
    ...new Set(tally.deadLetters),
    '',
  ].join('\n'),
);
process.exitCode = tally.wrong.length === 0 ? 0 : 1;

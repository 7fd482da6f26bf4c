/** Asks a live cluster: command-line options -> question, the cluster's ports, one diagnosis. */

import { withCleanup } from '../cluster/cleanup.ts';
import type { Connection } from '../cluster/connect.ts';
import { chooseProbeImage } from '../cluster/image.ts';
import { livePorts } from '../cluster/live-ports.ts';
import { STARTUP_LIMIT_MS } from '../cluster/prepare.ts';
import { type Config, readConfig } from '../config.ts';
import { concludeDiagnosis } from '../diagnose/conclude.ts';
import { type Answer, diagnose } from '../diagnose/pipeline.ts';
import { FaultError, joined } from '../faults.ts';
import type { Engine, Question } from '../model.ts';
import { readEngineOption } from '../policy/engine.ts';
import { buildQuestion } from '../question.ts';
import type { AskOptions } from './ask-options.ts';
import { connectFor } from './connect-for.ts';
import { startProgress } from './progress.ts';
import { waitUntilApplied } from './wait-applied.ts';

/** Asks one question of the cluster that the options name. Throws a FaultError where there is nothing to answer. */
export async function ask(pod: string, host: string, options: AskOptions): Promise<Answer> {
  const { config, engine } = settingsOf(options);
  // A question that cannot be asked is refused before anything is connected to.
  questionOf(pod, host, options, config, '');
  const connection = await connectFor(options);
  try {
    const question = questionOf(pod, host, options, config, connection.clusterName);
    return await askConnected(question, connection, config, engine);
  } finally {
    await connection.close();
  }
}

/**
 * Asks, waits until the proposed fix is applied by somebody, and asks again: the second look is in the bundle, and the
 * proof says whether the flow is back. Without a fix it is the first answer. Throws a `usage` fault when the wait runs out.
 */
export async function askVerified(
  pod: string,
  host: string,
  options: AskOptions,
  waitSeconds: string,
): Promise<Answer> {
  const seconds = Number(waitSeconds);
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 86_400) throw waitFault(waitSeconds);
  const first = await ask(pod, host, options);
  const fix = first.diagnosis.fix;
  if (fix === null) return first;
  await waitUntilApplied(fix, options, seconds);
  const second = await ask(pod, host, options);
  const evidence = { ...first.evidence, verify: second.evidence };
  return { evidence, diagnosis: concludeDiagnosis(evidence) };
}

async function askConnected(
  question: Question,
  connection: Connection,
  config: Config,
  engine: Engine | null,
): Promise<Answer> {
  const progress = await startProgress(process.stderr);
  try {
    return await withCleanup(async cleanup => {
      // A signal ends the process from there: the cursor must be back by then.
      cleanup.add(progress.stop);
      const settings = {
        image: config.probeImage,
        refuseRanges: config.refuseRanges,
        outside: true,
        startupLimitMs: STARTUP_LIMIT_MS,
      };
      const { namespace } = config;
      const { onStep } = progress;
      const ports = livePorts({ connection, settings, namespace, engine, cleanup, onStep, onNamespaceMade });
      return diagnose(question, ports);
    });
  } finally {
    await progress.stop();
  }
}

function onNamespaceMade(name: string): void {
  process.stderr.write(`egress: created namespace ${name} for control and node pods\n`);
}

function settingsOf(options: AskOptions): { readonly config: Config; readonly engine: Engine | null } {
  const reading = readConfig(process.env);
  if (reading.kind === 'faults') throw new FaultError(joined(reading.faults));
  const config =
    options.image === undefined
      ? reading.config
      : { ...reading.config, probeImage: chooseProbeImage(options.image, {}) };
  if (options.engine === undefined) return { config, engine: null };
  const engine = readEngineOption(options.engine);
  if (engine.kind === 'engine') return { config, engine: { ...engine.engine, evidence: '--engine' } };
  throw new FaultError({
    code: 'usage',
    what: 'The engine could not be read.',
    cause: `${engine.why}.`,
    remedy: 'Name it as in --engine cilium@1.15.19, or leave it out.',
  });
}

function questionOf(pod: string, host: string, options: AskOptions, config: Config, cluster: string): Question {
  const reading = buildQuestion(
    {
      pod,
      host,
      namespace: options.namespace ?? null,
      cluster,
      vantages: options.vantage === undefined ? null : [options.vantage],
      podMethods: options.podMethod === undefined ? null : [options.podMethod],
      timeoutMs: options.timeout === undefined ? null : Number(options.timeout),
      siblings: options.siblings === undefined ? null : Number(options.siblings),
    },
    config,
  );
  if (reading.kind === 'refused') throw new FaultError(joined(reading.faults));
  return options.probe ? reading.question : { ...reading.question, vantages: [] };
}

function waitFault(text: string): FaultError {
  return new FaultError({
    code: 'usage',
    what: `--verify-wait ${text} is not possible.`,
    cause: 'It is a whole number of seconds, from 1 to 86400.',
    remedy: 'Give a number such as 600.',
  });
}

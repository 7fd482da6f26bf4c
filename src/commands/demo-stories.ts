/** The stories of `egress demo`: bundles captured in a real cluster, answered again here. */
import { concludeDiagnosis } from '../diagnose/conclude.ts';
import { FaultError } from '../faults.ts';
import type { Diagnosis } from '../model.ts';
import { ask } from './ask.ts';
import type { AskOptions } from './ask-options.ts';
import { storyBundle, storyNames } from './demo-bundles.ts';
import { diagnosisText } from './output.ts';
import { checkOutput, printDiagnosis } from './print.ts';

/** Prints one story whole, or all of them, each with the command that asked it. A story that does not exist is a usage fault. */
export function tellStories(wanted: string | undefined, output: string): void {
  const form = checkOutput(output);
  const names = storyNames();
  if (wanted !== undefined && !names.includes(wanted)) {
    throw new FaultError({
      code: 'usage',
      what: `There is no story "${wanted}".`,
      cause: `Stories are: ${names.join(', ')}.`,
      remedy: 'Name one of them, or none to see all.',
    });
  }
  const told = (wanted === undefined ? names : [wanted]).map(name => ({ name, diagnosis: retell(name) }));
  for (const { name, diagnosis } of told) {
    if (form !== 'json') process.stdout.write(`\n── ${name} ──\n$ ${commandOf(diagnosis)}\n\n`);
    process.stdout.write(diagnosisText(diagnosis, form, process.stdout, process.env));
  }
  if (wanted === undefined && form !== 'json') process.stdout.write(summaryOf(told));
}

/** Asks the cluster of KUBECONFIG. Without pod and host there is nothing to ask: a usage fault that says so. */
export async function askLive(
  pod: string | undefined,
  host: string | undefined,
  options: Pick<AskOptions, 'output'>,
): Promise<void> {
  if (pod === undefined || host === undefined) {
    throw new FaultError({
      code: 'usage',
      what: 'A live demo needs a pod and a host.',
      cause: '--live asks the cluster of KUBECONFIG instead of the captured ones.',
      remedy: 'For example: npm run demo -- --live billing-pod api.stripe.com -n payments',
    });
  }
  const answer = await ask(pod, host, { probe: true, ...options });
  printDiagnosis(answer.diagnosis, options.output);
}

function retell(name: string): Diagnosis {
  return concludeDiagnosis(storyBundle(name));
}

function commandOf({ question, target }: Diagnosis): string {
  return `egress diagnose ${question.pod.text} ${question.destination.text} -n ${target.namespace}`;
}

function summaryOf(told: readonly { readonly name: string; readonly diagnosis: Diagnosis }[]): string {
  const widest = Math.max(...told.map(({ name }) => name.length));
  const lines = told.map(({ name, diagnosis }) => `  ${name.padEnd(widest)}  ${diagnosis.verdict.code}`);
  return [
    '',
    'These answers were concluded just now from evidence captured in a real cluster:',
    ...lines,
    '',
    'One of them: npm run demo -- STORY',
    '',
  ].join('\n');
}

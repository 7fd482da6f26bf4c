/** `onQuestion`: one question by direct invocation, without Slack. Wiring only. */
import type { Context } from 'aws-lambda';
import { writeKubeconfig } from '../cloud/kubeconfig-secret.ts';
import type { AskOptions } from '../commands/ask-options.ts';
import { readConfig } from '../config.ts';
import { type Fault, FaultError } from '../faults.ts';
import type { Diagnosis } from '../model.ts';
import { type EventQuestion, readQuestionEvent } from '../question-event.ts';

/** What `onQuestion` returns: the whole answer, or what kept it from being one. */
export type QuestionReply = Diagnosis | { readonly faults: readonly Fault[] };

/**
 * Answers a direct invocation with `{"pod":"payments/billing-pod","host":"api.stripe.com"}` (`question-event.ts` has the
 * other keys). Never throws: Lambda would run the question again, and start its probes twice. With
 * EGRESS_KUBECONFIG_SECRET the cluster is asked with the bot's ten-minute tokens only; without, as KUBECONFIG says.
 */
export async function onQuestion(event: unknown, context: Pick<Context, 'awsRequestId'>): Promise<QuestionReply> {
  try {
    const reading = readQuestionEvent(event);
    if (reading.kind === 'refused') return { faults: reading.faults };
    const settings = readConfig(process.env);
    if (settings.kind === 'faults') return { faults: settings.faults };
    const { kubeconfigSecret } = settings.config;
    if (kubeconfigSecret !== null) process.env.KUBECONFIG = await writeKubeconfig(kubeconfigSecret);
    // Only now: a malformed event needs no Kubernetes client.
    const { ask } = await import('../commands/ask.ts');
    const { pod, host } = reading.question;
    const { diagnosis } = await ask(pod, host, askOptions(reading.question, kubeconfigSecret !== null));
    return diagnosis;
  } catch (error) {
    return { faults: [error instanceof FaultError ? error.fault : internal(error, context.awsRequestId)] };
  }
}

function askOptions(question: EventQuestion, asBot: boolean): AskOptions {
  const { namespace, context, vantages, podMethods, timeoutMs, siblings, engine, probe } = question;
  return {
    output: 'json',
    probe,
    ...(namespace === null ? {} : { namespace }),
    ...(context === null ? {} : { context }),
    ...(vantages === null ? {} : { vantage: vantages }),
    ...(podMethods === null ? {} : { podMethod: podMethods }),
    ...(timeoutMs === null ? {} : { timeout: String(timeoutMs) }),
    ...(siblings === null ? {} : { siblings: String(siblings) }),
    ...(engine === null ? {} : { engine }),
    ...(asBot ? { asBot } : {}),
  };
}

/** The stack goes to the log, with the request's id; the reply tells only where to look. */
function internal(error: unknown, requestId: string): Fault {
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${JSON.stringify({ level: 'error', event: 'question-failed', requestId, stack })}\n`);
  return {
    code: 'internal',
    what: 'Something in egress itself failed.',
    cause: 'It is our fault, and says nothing about the network.',
    remedy: `Look for request ${requestId} in the log of the function, and report it.`,
  };
}

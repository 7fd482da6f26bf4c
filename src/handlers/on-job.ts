/** `onJob`: does what is in the queue. What fails goes back, alone; what fails for good goes to the dead letters. */
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { cloudEnvironment } from '../cloud/environment.ts';
import { functionLog } from '../cloud/log.ts';
import { pageSecrets } from '../cloud/page-secrets.ts';
import { MAX_ATTEMPTS, VISIBILITY_SECONDS } from '../cloud/queue-settings.ts';
import { fetchFromAws } from '../cloud/secrets.ts';
import { loadTemplates } from '../commands/templates.ts';
import { openTargets } from '../page/open-targets.ts';
import { pngOf } from '../picture/png.ts';
import type { HandleDelivery } from '../queue/queue.ts';
import { handleSqsEvent, type SqsHandling } from '../queue/sqs-event.ts';
import { sqsQueue, sqsRetry } from '../queue/sqs-queue.ts';
import type { Settings } from '../settings/settings.ts';
import { withAlways } from '../work/always-attached.ts';
import { handleDelivery } from '../work/handle-job.ts';
import { followAttached, pagingAttached } from '../work/paging.ts';
import type { WorkPorts } from '../work/ports.ts';
import type { Attached } from '../work/work.ts';
import { cloudClusters, cloudPorts, installation, slackTokens } from './worker.ts';

const { queueUrl, deadLettersUrl } = cloudEnvironment(process.env, ['queueUrl', 'deadLettersUrl']);
const { log, begin } = functionLog();

let kept: { readonly botToken: string; readonly handle: HandleDelivery } | null = null;

/** One worker for as long as the token is the same: its connections are kept from one event to the next. */
async function worker(): Promise<HandleDelivery> {
  const { botToken } = await slackTokens();
  if (kept?.botToken === botToken) return kept.handle;
  const installed = installation();
  const { ports, ownTeam } = cloudPorts(botToken, cloudClusters(installed, log), log);
  const { settings } = installed;
  const templates = loadTemplates();
  const handle = handleDelivery({
    ports,
    settings,
    templates,
    draw: pngOf,
    ownTeam,
    attached: withAlways(await attachedOf(settings, ports)),
  });
  kept = { botToken, handle };
  return handle;
}

/** Flows can be followed; with a pager, alerts ask and people can page. */
async function attachedOf({ paging }: Settings, { now, wait }: WorkPorts): Promise<Attached> {
  if (paging === undefined) return followAttached([]);
  const { slackSecret } = cloudEnvironment(process.env, ['slackSecret']);
  const secretOf = await pageSecrets(slackSecret, fetchFromAws, process.env);
  return pagingAttached(openTargets(paging, secretOf, { fetch, random: Math.random, now, wait }));
}

const handling: Omit<SqsHandling, 'settings'> = {
  handle: async delivery => (await worker())(delivery),
  queue: sqsQueue({ url: queueUrl }),
  deadLetters: sqsQueue({ url: deadLettersUrl }),
  retrySoon: sqsRetry({ url: queueUrl }),
  random: Math.random,
  onTrouble: ({ id, kind }, error) =>
    log({ level: 'error', event: 'message-failed', messageId: id, kind, why: String(error) }),
};

/** Answers an event of SQS with the messages that failed. */
export async function onJob(event: SQSEvent, context: Pick<Context, 'awsRequestId'>): Promise<SQSBatchResponse> {
  begin(context.awsRequestId);
  const settings = { maxAttempts: MAX_ATTEMPTS, visibilityMs: VISIBILITY_SECONDS * 1000, nowMs: Date.now() };
  return handleSqsEvent(event, { ...handling, settings });
}

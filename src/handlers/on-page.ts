/** `onPage`: what pagers send, put into the queue within their 5 s. Wiring only; it knows no cluster. */

import { setTimeout as wait } from 'node:timers/promises';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { cloudEnvironment } from '../cloud/environment.ts';
import { functionLog } from '../cloud/log.ts';
import { pageSecrets } from '../cloud/page-secrets.ts';
import { fetchFromAws, keepSecrets } from '../cloud/secrets.ts';
import { FaultError, joined } from '../faults.ts';
import { fetchTexts } from '../page/fetch-text.ts';
import { answerPage } from '../page/http.ts';
import { sqsQueue } from '../queue/sqs-queue.ts';
import { loadSettings } from '../settings/load-settings.ts';

const { slackSecret, queueUrl } = cloudEnvironment(process.env, ['slackSecret', 'queueUrl']);
const fetchSecret = keepSecrets(fetchFromAws, Date.now);
const fetchText = fetchTexts();
const queue = sqsQueue({ url: queueUrl });
const { log, begin } = functionLog();

/** Answers a request of API Gateway (payload version 2.0). A configuration or a secret that cannot be read is 503: it is sent again. */
export async function onPage(
  event: Pick<APIGatewayProxyEventV2, 'headers' | 'rawPath' | 'body' | 'isBase64Encoded' | 'requestContext'>,
  context: Pick<Context, 'awsRequestId'>,
): Promise<APIGatewayProxyStructuredResultV2> {
  begin(context.awsRequestId);
  try {
    const reading = loadSettings(process.env.EGRESS_CONFIG);
    if (reading.kind === 'faults') throw new FaultError(joined(reading.faults));
    const { paging } = reading.settings;
    if (paging === undefined) return { statusCode: 404 };
    const secretOf = await pageSecrets(slackSecret, fetchSecret, process.env);
    const { status, why } = await answerPage(
      {
        method: event.requestContext.http.method,
        path: event.rawPath,
        headers: Object.fromEntries(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value])),
        body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
      },
      {
        settings: { ...reading.settings, paging },
        secretOf,
        queue,
        isFull: () => false,
        fetchText,
        now: Date.now,
        wait: milliseconds => wait(milliseconds),
      },
    );
    log({ event: 'page-request', path: event.rawPath, status, why });
    return { statusCode: status, ...(status === 503 ? { headers: { 'retry-after': '30' } } : {}) };
  } catch (error) {
    log({ level: 'error', event: 'page-failed', why: String(error) });
    return { statusCode: 503, headers: { 'retry-after': '30' } };
  }
}

import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Invoked, LambdaFunction } from './runtime.ts';
import { createTable } from './table.ts';

/** What serverless.yml makes, in the test's AWS: names are of this account alone. */
export type Account = {
  readonly env: Readonly<Record<string, string>>;
  readonly putSecret: (name: string, text: string) => Promise<string>;
  readonly secret: (name: string) => Promise<string>;
  /** Hands what is in the queue to the function, as AWS does, until `isOver`; two minutes at most. */
  readonly drain: (worker: LambdaFunction, isOver: () => boolean) => Promise<readonly Invoked[]>;
  readonly deadLetters: () => Promise<number>;
  readonly close: () => void;
};

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
const REGION = 'us-east-1';

/** Makes the queues and the table. */
export async function openAccount(endpoint: string): Promise<Account> {
  const options = { endpoint, region: REGION, credentials: CREDENTIALS };
  const [sqs, dynamo, secrets] = [
    new SQSClient(options),
    new DynamoDBClient(options),
    new SecretsManagerClient(options),
  ];
  const id = randomBytes(4).toString('hex');
  await createTable(dynamo, `table-${id}`);
  const create = async (name: string): Promise<string> => {
    const attributes = { VisibilityTimeout: '1' };
    const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
    return url;
  };
  const [jobs, dead] = [await create(`jobs-${id}`), await create(`dead-${id}`)];
  return {
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      EGRESS_TABLE: `table-${id}`,
      EGRESS_QUEUE_URL: jobs,
      EGRESS_DEAD_LETTERS_URL: dead,
    },
    putSecret: async (name, text) => {
      await secrets.send(new CreateSecretCommand({ Name: `${name}-${id}`, SecretString: text }));
      return `${name}-${id}`;
    },
    secret: async name => {
      const { SecretString: text = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: name }));
      return text;
    },
    drain: (worker, isOver) => drain({ sqs, url: jobs }, worker, isOver),
    deadLetters: async () => {
      const names = ['ApproximateNumberOfMessages'] as const;
      const { Attributes: found } = await sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: [...names] }),
      );
      return Number(found?.ApproximateNumberOfMessages);
    },
    close: () => {
      for (const client of [sqs, dynamo, secrets]) client.destroy();
    },
  };
}

/** A job that fails comes back after seconds, three times. */
const LIMIT_MS = 120_000;

async function drain(
  { sqs, url }: { readonly sqs: SQSClient; readonly url: string },
  worker: LambdaFunction,
  isOver: () => boolean,
): Promise<readonly Invoked[]> {
  const invoked: Invoked[] = [];
  for (const startMs = Date.now(); !isOver() && Date.now() - startMs < LIMIT_MS; ) {
    const receive = { QueueUrl: url, MessageSystemAttributeNames: ['All' as const], VisibilityTimeout: 300 };
    const { Messages: messages = [] } = await sqs.send(new ReceiveMessageCommand({ ...receive, WaitTimeSeconds: 1 }));
    const [message] = messages;
    if (message === undefined) continue;
    const event = {
      Records: [
        {
          messageId: message.MessageId ?? '',
          receiptHandle: message.ReceiptHandle ?? '',
          body: message.Body ?? '',
          attributes: message.Attributes ?? {},
          messageAttributes: {},
          md5OfBody: message.MD5OfBody ?? '',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:jobs',
          awsRegion: REGION,
        },
      ],
    } as unknown as SQSEvent;
    const outcome = await worker.invoke(event);
    invoked.push(outcome);
    const failures = outcome.kind === 'returned' ? (outcome.value as SQSBatchResponse).batchItemFailures : null;
    if (failures?.length === 0) {
      await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message.ReceiptHandle }));
    }
  }
  return invoked;
}

/** API Gateway: an address whose requests become events of payload version 2.0, and the function's results answers. */
export type Gateway = { readonly url: string; readonly close: () => Promise<void> };

/** Starts it. `isBase64`: bodies come in base64, as they do for content types that AWS takes for binary. */
export async function startGateway(
  routes: Readonly<Record<string, LambdaFunction>>,
  isBase64: () => boolean,
): Promise<Gateway> {
  const server = createServer(async (request, response) => {
    const worker = routes[request.url ?? ''];
    const invoked = await worker?.invoke(eventOf(request, await bytesOf(request), isBase64()));
    if (invoked?.kind !== 'returned') {
      response.writeHead(worker === undefined ? 404 : 500).end();
      return;
    }
    const {
      statusCode = 200,
      headers = {},
      body = '',
    } = invoked.value as {
      readonly statusCode?: number;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    };
    response.writeHead(statusCode, headers).end(body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function eventOf({ url = '', headers, method = 'POST' }: IncomingMessage, body: Buffer, isBase64: boolean): unknown {
  return {
    version: '2.0',
    routeKey: `${method} ${url}`,
    rawPath: url,
    rawQueryString: '',
    headers,
    requestContext: { http: { method, path: url } },
    body: body.toString(isBase64 ? 'base64' : 'utf8'),
    isBase64Encoded: isBase64,
  };
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

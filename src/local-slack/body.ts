/** What is in a request to Slack's Web API: its body, form or JSON, as named arguments. */
import type { IncomingMessage } from 'node:http';

/** Arguments of a call, decoded: what a form carries as JSON text is an object here. */
export type Arguments = Readonly<Record<string, unknown>>;

/** The whole body, or null when it is longer than `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Read on to the end: an answer before that would be lost with the connection.
    if (length <= limit) chunks.push(chunk);
  }
  return length <= limit ? Buffer.concat(chunks) : null;
}

/**
 * Reads form and JSON bodies (https://docs.slack.dev/apis/web-api#basics). `wrong` is Slack's word for what it cannot read.
 */
export function readArguments(
  contentType: string,
  body: Buffer,
): { readonly kind: 'arguments'; readonly args: Arguments } | { readonly kind: 'wrong'; readonly error: string } {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/json') return readJson(body.toString('utf8'));
  if (type !== 'application/x-www-form-urlencoded' && body.length > 0)
    return { kind: 'wrong', error: 'invalid_post_type' };
  const form = new URLSearchParams(body.toString('utf8'));
  return { kind: 'arguments', args: Object.fromEntries([...form].map(([name, text]) => [name, decoded(name, text)])) };
}

/** The bytes of an upload: the body itself, or the first file of a form. null: there is none. */
export async function readUpload(contentType: string, body: Buffer): Promise<Uint8Array | null> {
  if (!contentType.toLowerCase().startsWith('multipart/form-data')) return body;
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } })
    .formData()
    .catch(() => null);
  const file = [...(form?.values() ?? [])].find(value => typeof value !== 'string');
  return file === undefined ? null : new Uint8Array(await file.arrayBuffer());
}

/** Arguments that are objects; a form carries them as JSON text. */
const OBJECTS = new Set(['blocks', 'attachments', 'metadata', 'view', 'files']);
const BOOLEANS = new Map<string, boolean>([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);
const FLAGS = new Set(['include_all_metadata', 'inclusive', 'include_disabled', 'reply_broadcast', 'mrkdwn']);

function decoded(name: string, text: string): unknown {
  if (FLAGS.has(name)) return BOOLEANS.get(text) ?? text;
  if (!OBJECTS.has(name)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readJson(text: string): ReturnType<typeof readArguments> {
  try {
    const args: unknown = JSON.parse(text);
    const isObject = typeof args === 'object' && args !== null && !Array.isArray(args);
    return isObject ? { kind: 'arguments', args: args as Arguments } : { kind: 'wrong', error: 'json_not_object' };
  } catch {
    return { kind: 'wrong', error: 'invalid_json' };
  }
}

/**
 * Requests to Slack beside its methods: to a response_url, and of a file's bytes to its upload URL. Both addresses come from
 * outside, so only Slack's own hosts are ever asked.
 */
import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';

/** What a request carries. */
export type Outgoing = { readonly contentType: string; readonly body: string | Uint8Array<ArrayBuffer> };

/** Slack's hosts, the one for governments among them. https://docs.slack.dev/govslack */
const SLACK_HOST = /(?:^|\.)slack(?:-gov)?\.com$/;

/**
 * Whether an address is one of Slack's: https on its hosts, or the origin of `apiUrl`, which replaces Slack.
 * `https://hooks.slack.com/commands/T1/2/3` is; `https://hooks.slack.com.example/` and `http://hooks.slack.com/` are not.
 */
export function isSlackUrl(text: string, apiUrl: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.origin === new URL(apiUrl).origin) return true;
  return url.protocol === 'https:' && url.port === '' && SLACK_HOST.test(url.hostname);
}

/** Sends it, and rejects as the Web API's client does. `expired_url`: the address may be used no more (404, 410). */
export async function postToSlack(url: string, { contentType, body }: Outgoing, timeoutMs: number): Promise<void> {
  const response = await send(url, { contentType, body }, timeoutMs);
  if (response.ok) return;
  const { status } = response;
  const text = (await response.text().catch(() => '')).slice(0, 300);
  if (status === 429) throw new WebAPIRateLimitedError(Number(response.headers.get('retry-after')) || 1);
  if (status === 404 || status === 410) throw refused('expired_url');
  if (status >= 400 && status < 500) throw refused(errorIn(text));
  throw new WebAPIHTTPError(status, response.statusText, {}, text);
}

async function send(url: string, { contentType, body }: Outgoing, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new WebAPIRequestError(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Slack answers some of these with a code in JSON, some with words. */
function errorIn(text: string): string {
  const code = /"error"\s*:\s*"([a-z_]+)"/.exec(text)?.[1] ?? /^[a-z_]+$/.exec(text)?.[0];
  return code ?? 'invalid_request';
}

function refused(error: string): WebAPIPlatformError {
  return new WebAPIPlatformError({ ok: false, error });
}

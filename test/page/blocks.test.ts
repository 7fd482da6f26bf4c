/** What the page does with blocks that this bot never sends, and with texts that want to be more than text. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servePage } from '../../src/demo-page/page-server.ts';
import { type LocalSlack, startLocalSlack } from '../../src/local-slack/start.ts';
import { botMessage } from '../../src/local-slack/workspace.ts';
import { launch, violations, visit } from './browser.ts';

let browser: Browser;
let slack: LocalSlack;
let page: Awaited<ReturnType<typeof servePage>>;

beforeAll(async () => {
  slack = await startLocalSlack();
  const about = { live: { note: 'A test.' }, stories: [] };
  page = await servePage({ slack, user: 'U0ADA', about, port: 0 });
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await page?.close();
  await slack?.close();
});

const post = (text: string, blocks: Parameters<typeof botMessage>[1]['blocks']) =>
  slack.state.putMessage(botMessage(slack.state, { channel: 'C0INCIDENTS', threadTs: null, text, blocks }));

test('an unknown block is shown as one, and never swallowed', async () => {
  post('later', [{ type: 'hologram', shape: 'cube' }]);
  const opened = await visit(browser, page.url, 'laptop');
  const unknown = opened.page.getByText('This page cannot show this block: hologram');
  await unknown.waitFor();
  await unknown.click();
  await opened.page.getByText('"shape": "cube"').waitFor();
  expect(await violations(opened.page)).toEqual([]);
  expect(opened.troubles).toEqual([]);
  await opened.context.close();
});

test('markup in a message is text', async () => {
  const hostile = '<img src=x onerror=alert(1)> <script>document.title="owned"</script>';
  const escaped = hostile.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  post(escaped, [
    { type: 'section', text: { type: 'mrkdwn', text: `*${escaped}*` } },
    { type: 'header', text: { type: 'plain_text', text: hostile } },
    { type: 'section', text: { type: 'mrkdwn', text: '<javascript:alert(1)|press me>' } },
  ]);
  const opened = await visit(browser, page.url, 'laptop');
  await opened.page.getByRole('heading', { name: hostile }).waitFor();
  expect(await opened.page.title()).not.toBe('owned');
  expect(await opened.page.locator('img[src=x]').count()).toBe(0);
  expect(await opened.page.locator('a[href^=javascript]').count()).toBe(0);
  expect(opened.troubles).toEqual([]);
  await opened.context.close();
});

test('other sites cannot act through the page, and other names are not it', async () => {
  const action = JSON.stringify({ kind: 'send', channel: 'C0INCIDENTS', text: 'hello' });
  const statusOf = async (headers: Readonly<Record<string, string>>) =>
    (await fetch(`${page.url}act`, { method: 'POST', headers, body: action })).status;
  const origin = page.url.slice(0, -1);
  const before = slack.state.messages.size;
  expect(await statusOf({ origin: 'https://elsewhere.example', 'content-type': 'application/json' })).toBe(403);
  expect(await statusOf({ origin, 'content-type': 'text/plain' })).toBe(403);
  expect(slack.state.messages.size).toBe(before);
  expect(await statusOf({ origin, 'content-type': 'application/json' })).toBe(200);
  expect(slack.state.messages.size).toBe(before + 1);
  const secret = await fetch(`${page.url}..%2f..%2fdemo.ts`);
  expect(secret.status).toBe(404);
});

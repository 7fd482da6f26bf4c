/** A headless Chromium at the demo's page: what a person sees and does, and what must never happen meanwhile. */
import { mkdirSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const PICTURES = new URL('../../reports/page/', import.meta.url);

/** The widths at which the page is looked at. */
export const WIDTHS = { laptop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } } as const;
export type Width = keyof typeof WIDTHS;

/** Debian's package `chromium`; another one by CHROMIUM. In a container there is no sandbox to be had. */
export function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page of its own. `troubles`: errors on the console, exceptions, and requests that went anywhere else. */
export type Visit = { readonly page: Page; readonly context: BrowserContext; readonly troubles: readonly string[] };

/** Opens the demo. */
export async function visit(browser: Browser, url: string, width: Width): Promise<Visit> {
  const context = await browser.newContext({ viewport: WIDTHS[width], reducedMotion: 'reduce' });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`console: ${message.text()}`);
  });
  page.on('pageerror', error => troubles.push(`exception: ${error.message}`));
  page.on('request', request => {
    if (!request.url().startsWith(url)) troubles.push(`request elsewhere: ${request.url()}`);
  });
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, context, troubles };
}

/** Keeps what is seen, for people. */
export async function picture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: new URL(`${name}.png`, PICTURES).pathname });
}

/** What axe-core finds wrong, one line each with the place. */
export async function violations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found: unknown = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const { violations: all } = found as {
    violations: readonly { id: string; help: string; nodes: readonly { target: readonly unknown[] }[] }[];
  };
  return all.flatMap(({ id, help, nodes }) => nodes.map(node => `${id}: ${help} at ${String(node.target[0])}`));
}

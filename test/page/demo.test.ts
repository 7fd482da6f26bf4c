/** The demo's page, used as a person uses it, at a laptop's and at a phone's width. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { demoBundles } from '../../src/commands/demo-bundles.ts';
import { loadTemplates } from '../../src/commands/templates.ts';
import { startDemo, storiesOf } from '../../src/demo-page/demo.ts';
import { replayClusters } from '../../src/demo-page/replay-clusters.ts';
import { launch, picture, type Visit, violations, visit, type Width } from './browser.ts';

/** Of the time that things took when they were captured: a test need not wait for all of it. */
const SHARE = 0.2;

const named = demoBundles();
const templates = loadTemplates();
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
});

function start(): ReturnType<typeof startDemo> {
  const wait = (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds * SHARE));
  const clusters = replayClusters({ bundles: named.map(({ bundle }) => bundle), wait });
  const stories = storiesOf(named, 'payments');
  const cluster = { name: 'lab', clusters, namespace: 'payments', note: 'Captured clusters.', stories };
  return startDemo({ cluster, templates, port: 0, log: () => undefined });
}

/** Does something on the page of a fresh demo, and then nothing must be wrong with it. */
async function at(width: Width, use: (page: Page) => Promise<void>): Promise<void> {
  const demo = await start();
  const opened: Visit = await visit(browser, demo.url, width);
  try {
    await use(opened.page).catch(async (error: unknown) => {
      await picture(opened.page, `failed-${expect.getState().currentTestName?.replace(/\W+/g, '-').slice(-60)}`);
      throw error;
    });
    expect(await violations(opened.page)).toEqual([]);
    expect(opened.troubles).toEqual([]);
  } finally {
    await opened.context.close();
    await demo.close();
  }
}

const composer = (page: Page) => page.getByRole('textbox', { name: /^Message to/ });

async function ask(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

/** The newest message of the channel. */
const newest = (page: Page) => page.locator('#channel .message').last();

/** Waits until the newest card has all of its replies: nobody answers after `Not looked at`. */
async function openFinishedThread(page: Page): Promise<void> {
  await newest(page).getByRole('button', { name: 'Check again' }).waitFor();
  await newest(page).locator('.replies').click();
  await page.locator('#thread').getByText('Not looked at', { exact: true }).waitFor();
}

describe.each(['laptop', 'phone'] as const)('at the width of a %s', width => {
  test('a question is answered in a thread: progress, verdict, picture, table, fix', async () => {
    await at(width, async page => {
      await picture(page, `${width}-1-channel`);
      expect(await violations(page)).toEqual([]);
      await composer(page).pressSequentially('/eg');
      await page.getByRole('option', { name: /^\/egress POD HOST/ }).waitFor();
      await composer(page).press('Tab');
      await composer(page).pressSequentially('deploy/api-client api.stripe.com');
      await composer(page).press('Enter');
      await newest(page).locator('.plan').waitFor();
      await picture(page, `${width}-2-progress`);
      await newest(page)
        .getByRole('heading', { name: /denied-by-policy/ })
        .waitFor();
      await openFinishedThread(page);
      const thread = page.locator('#thread');
      await picture(page, `${width}-3-thread`);
      const drawing = thread.locator('.picture img');
      expect(await drawing.getAttribute('alt')).toContain('NetworkPolicy payments/in-cluster-only');
      expect(await page.evaluate('document.querySelector("#thread .picture img").naturalWidth > 100')).toBe(true);
      await thread.getByRole('columnheader', { name: 'control' }).scrollIntoViewIfNeeded();
      await picture(page, `${width}-4-comparison`);
      expect(await thread.getByRole('rowheader', { name: /^tcp/ }).count()).toBe(1);
      await thread.locator('pre', { hasText: 'kind: ' }).first().scrollIntoViewIfNeeded();
      await picture(page, `${width}-5-fix`);
    });
  });

  test('the form: type-ahead, what is missing, submission', async () => {
    await at(width, async page => {
      await ask(page, '/egress');
      const form = page.getByRole('dialog');
      await form.waitFor();
      await form.getByRole('textbox', { name: 'Host' }).fill('refused.example');
      await form.getByRole('button', { name: 'Check' }).click();
      await form.getByText('Please fill in: Pod or workload').waitFor();
      await form.getByRole('combobox', { name: /^Pod/ }).pressSequentially('rep');
      await form.getByRole('option', { name: 'reports' }).first().waitFor();
      await picture(page, `${width}-6-form`);
      expect(await violations(page)).toEqual([]);
      await page.keyboard.press('Enter');
      expect(await form.getByRole('combobox', { name: /^Pod/ }).inputValue()).toBe('reports');
      await form.getByRole('button', { name: 'Check' }).click();
      await form.waitFor({ state: 'detached' });
      await page.getByRole('heading', { name: /refused-by-host/ }).waitFor();
    });
  });

  test('App Home lists what was asked', async () => {
    await at(width, async page => {
      await ask(page, '/egress crashing api.stripe.com');
      await newest(page)
        .getByRole('button', { name: /^Check again/ })
        .waitFor();
      // It is drawn when it is opened, and the answer is at its end only with the last message of its thread.
      const openHome = async () => {
        if (width === 'phone') await page.getByRole('button', { name: 'Show channels' }).click();
        await page.getByRole('navigation').getByRole('button', { name: 'egress' }).click();
        await page.getByRole('heading', { name: 'Your recent questions' }).waitFor();
        return page.getByText(/pod-not-running: crashing → api.stripe.com/).count();
      };
      await expect.poll(openHome, { timeout: 60_000, interval: 1_000 }).toBeGreaterThan(0);
      await page.getByText(/replay what was captured in a real cluster/).waitFor();
      await picture(page, `${width}-7-home`);
    });
  });
});

test('buttons of a card: the evidence is uploaded, and a second look says what changed', async () => {
  await at('laptop', async page => {
    await ask(page, '/egress reports expired.example');
    await page.getByRole('heading', { name: /tls-failed: reports → expired.example/ }).waitFor();
    await openFinishedThread(page);
    const thread = page.locator('#thread');
    await newest(page)
      .getByRole('button', { name: /^Show evidence/ })
      .click();
    await thread.getByRole('link', { name: /^Download .*\.json/ }).waitFor();
    await newest(page)
      .getByRole('button', { name: /^Check again/ })
      .click();
    await expect.poll(() => thread.getByRole('heading', { name: /tls-failed/ }).count(), { timeout: 60_000 }).toBe(2);
  });
});

test('a pod that was not probed with this host is predicted, and says so', async () => {
  await at('laptop', async page => {
    await ask(page, '/egress ledger google.com');
    await page.getByRole('heading', { name: /ledger → google.com/ }).waitFor();
    await newest(page)
      .getByText(/^predicted/)
      .waitFor();
    await newest(page).locator('.replies').click();
    await page
      .locator('#thread')
      .getByText(/were not probed together when the cluster was captured/)
      .first()
      .waitFor();
  });
});

test('faults are for the asker alone, and unknown pods are told with those that there are', async () => {
  await at('laptop', async page => {
    await ask(page, '/egress reports 169.254.169.254');
    const refused = newest(page).filter({ hasText: 'Only visible to you' });
    await refused
      .getByText(/169\.254\.169\.254/)
      .first()
      .waitFor();
    await ask(page, '/egress nobody api.stripe.com');
    await page
      .getByText(/payments\/ledger/)
      .first()
      .waitFor();
  });
});

test('where the bot is no member it answers all the same, and /invite adds it', async () => {
  await at('laptop', async page => {
    await page.getByRole('navigation').getByRole('button', { name: 'random' }).click();
    await ask(page, '/egress crashing api.stripe.com');
    await page.getByRole('heading', { name: /pod-not-running/ }).waitFor();
    await page.getByText('/invite @egress').last().waitFor();
    await ask(page, '/invite @egress');
    await page.getByText('@egress is a member of this channel now.').waitFor();
  });
});

test('a mention in a thread is answered in that thread, and a slash command there is not taken', async () => {
  await at('laptop', async page => {
    await page.getByRole('navigation').getByRole('button', { name: 'payments' }).click();
    await ask(page, 'reports fails with: connection refused by refused.example');
    await newest(page).hover();
    await newest(page).getByRole('button', { name: 'Reply in thread' }).click();
    const reply = page.getByRole('textbox', { name: 'Reply in the thread' });
    await reply.fill('/egress reports refused.example');
    await reply.press('Enter');
    await page.getByText('/egress is not supported in threads. Sorry!').waitFor();
    await reply.fill('@egress why can’t deploy/api-client reach api.stripe.com');
    await reply.press('Enter');
    await page
      .locator('#thread')
      .getByRole('heading', { name: /denied-by-policy/ })
      .waitFor();
  });
});

test('the shortcut on a message opens the form with the pod and the host that it quotes', async () => {
  await at('laptop', async page => {
    await ask(page, 'curl from pod ledger: could not connect to multi.example:443');
    await newest(page).hover();
    await newest(page)
      .getByRole('button', { name: /^Check egress/ })
      .click();
    const host = page.getByRole('dialog').getByRole('textbox', { name: 'Host' });
    await host.waitFor();
    expect(await host.inputValue()).toContain('multi.example');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });
});

test('everything is in reach of the keyboard', async () => {
  await at('laptop', async page => {
    await ask(page, '/egress reports allowlist.example');
    await page.getByRole('heading', { name: /reachable: reports → allowlist.example/ }).waitFor();
    await newest(page).locator('.replies').waitFor();
    const focused = () => page.evaluate('document.activeElement.textContent || document.activeElement.ariaLabel');
    for (let steps = 0; steps < 40 && !/repl(?:y|ies)/.test(String(await focused())); steps += 1) {
      await page.keyboard.press('Shift+Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Thread' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Thread' }).waitFor({ state: 'detached' });
    expect(await focused()).toMatch(/repl/);
  });
});

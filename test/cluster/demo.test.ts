/** `egress demo --live --page`: the same page, and the cluster of KUBECONFIG behind it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { create, dropNamespace, namespace, networkPolicy, pod, waitForPods } from './cluster.ts';

const NS = 'demo-live';
const EGRESS = join(import.meta.dirname, '../../src/egress.js');

let child: ChildProcess;
let output = '';

beforeAll(async () => {
  await dropNamespace(NS);
  await create(
    namespace(NS),
    pod(NS, 'billing'),
    networkPolicy(NS, 'deny-all-egress', { podSelector: {}, policyTypes: ['Egress'] }),
  );
  await waitForPods(NS);
  child = spawn(process.execPath, [EGRESS, 'demo', '--live', '--page', '-n', NS]);
  child.stdout?.on('data', chunk => (output += String(chunk)));
  child.stderr?.on('data', chunk => (output += String(chunk)));
});

afterAll(async () => {
  child.kill('SIGKILL');
  await dropNamespace(NS);
});

type Message = { readonly ts: string; readonly threadTs: string | null; readonly text: string };

/** What the page is sent when it is opened anew. */
async function messages(url: string): Promise<readonly Message[]> {
  const response = await fetch(`${url}events`);
  let text = '';
  for await (const part of response.body ?? []) {
    text += new TextDecoder().decode(part);
    const all = /event: all\ndata: (.*)\n\n/.exec(text)?.[1];
    if (all !== undefined) return (JSON.parse(all) as { readonly messages: readonly Message[] }).messages;
  }
  throw new Error(`no event: ${text}`);
}

async function until<Value>(found: () => Promise<Value | undefined>): Promise<Value> {
  for (let count = 0; count < 600; count += 1) {
    const value = await found();
    if (value !== undefined) return value;
    await pause(200);
  }
  throw new Error(`it never came: ${output}`);
}

test('a question on the page is answered in a thread, from the cluster', async () => {
  const url = await until(async () => /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0]);
  expect(output).toContain('Answers come from the cluster of KUBECONFIG');
  const action = { kind: 'send', channel: 'C0INCIDENTS', threadTs: null, text: '/egress billing api.stripe.com' };
  const headers = { 'content-type': 'application/json', origin: new URL(url).origin };
  const sent = await fetch(`${url}act`, { method: 'POST', headers, body: JSON.stringify(action) });
  expect(await sent.json()).toMatchObject({ kind: 'acked' });
  const isLast = ({ text }: Message): boolean => text.startsWith('*Not looked at*');
  const all = await until(async () => {
    const now = await messages(url);
    return now.some(isLast) ? now : undefined;
  });
  const root = all.find(({ threadTs }) => threadTs === null);
  expect(root?.text).toContain(`denied-by-policy: \`NetworkPolicy ${NS}/deny-all-egress\` drops`);
  expect(all.filter(({ threadTs }) => threadTs === root?.ts).length).toBeGreaterThan(4);
});

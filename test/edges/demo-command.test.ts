/** `egress demo` as a process: a page that a signal ends, and text where nobody looks at a page. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const EGRESS = fileURLToPath(new URL('../../src/egress.js', import.meta.url));

function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [EGRESS, 'demo', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const heard = Promise.withResolvers<string>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += String(chunk);
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(output) ?? [];
      if (url !== undefined) heard.resolve(url);
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>(resolve => {
    child.on('close', code => {
      heard.reject(new Error(`ended without an address: ${output}`));
      resolve({ code, output });
    });
  });
  heard.promise.catch(() => undefined);
  return { child, ended, url: heard.promise };
}

describe('egress demo', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('--page serves until %s, and ends well', async signal => {
    const { child, ended, url } = run('--page');
    const page = await fetch(await url);
    expect(await page.text()).toContain('<title>egress demo</title>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    child.kill(signal);
    expect((await ended).code).toBe(0);
  });

  test('piped, it tells the stories and ends', async () => {
    const { code, output } = await run().ended;
    expect(code).toBe(0);
    expect(output).toContain('These answers were concluded just now from evidence captured in a real cluster');
  });

  test('--live without a cluster says so, with the remedy', async () => {
    const { code, output } = await run('--live', '--page', '--context', 'nowhere-of-this-test').ended;
    expect([2, 4]).toContain(code);
    expect(output).toMatch(/kubeconfig|context/);
  });

  test('a port that is none is a usage fault', async () => {
    const { code, output } = await run('--page', '--port', '65536').ended;
    expect(code).toBe(2);
    expect(output).toContain('A port is a whole number from 0 to 65535.');
  });
});

import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** What answers Slack has to start within its three seconds, on a small machine too: it stays light. */
const ROOT = join(import.meta.dirname, '../..');

/** Files of ours that a bundle of the listeners holds, and its packages. */
async function contentsOf(
  entry: string,
): Promise<{ readonly sources: readonly string[]; readonly packages: readonly string[] }> {
  const { metafile } = await build({
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
  });
  const inputs = Object.values(metafile.outputs).flatMap(output =>
    Object.entries(output.inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const packageOf = (path: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  return {
    sources: inputs.filter(path => path.startsWith('src/')),
    packages: [...new Set(inputs.map(packageOf).filter(name => name !== undefined))],
  };
}

test.each(['src/slack/listeners.ts', 'src/slack/app.ts', 'src/slack/web-api.ts'])(
  '%s knows no cluster, no evaluator, no diagnosis and no templates',
  async entry => {
    const { sources, packages } = await contentsOf(entry);
    expect(sources.length).toBeGreaterThan(0);
    // Addresses are read where a host is read, and that is before anything is asked.
    const heavy = sources.filter(path => /^src\/(?!slack\/|render\/|queue\/|[^/]+$)/.test(path));
    expect(heavy.filter(path => path !== 'src/policy/address.ts')).toEqual([]);
    expect(
      sources.filter(path => /^src\/render\/(?!escape|slack\/(?:blocks|cut|modal|notices)\.ts)/.test(path)),
    ).toEqual([]);
    for (const unwanted of [
      '@kubernetes/client-node',
      'handlebars',
      'yaml',
      'zod',
      '@resvg/resvg-wasm',
      'prom-client',
      'pino',
    ]) {
      expect(packages).not.toContain(unwanted);
    }
  },
);

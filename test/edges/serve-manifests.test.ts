import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { addServeCommand } from '../../src/commands/serve.ts';
import { readConfig } from '../../src/config.ts';
import { readListenAddress } from '../../src/serve/environment.ts';
import { readSettings } from '../../src/settings/read-settings.ts';

const KUBERNETES = join(import.meta.dirname, '../../infra/kubernetes');

type Json = Readonly<Record<string, unknown>>;

function objectsIn(folder: string): readonly Json[] {
  return readdirSync(join(KUBERNETES, folder))
    .filter(file => file.endsWith('.yaml') && !file.startsWith('kustom') && !file.startsWith('egress.config'))
    .flatMap(file =>
      parseAllDocuments(readFileSync(join(KUBERNETES, folder, file), 'utf8')).map(one => one.toJS() as Json),
    );
}

/** The value at a path of keys. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((from, key) => (from as Record<string | number, unknown> | undefined)?.[key], value);
}

const objects = objectsIn('overlays/serve');
const ofKind = (kind: string): Json => objects.find(one => one.kind === kind) ?? {};
const pod = at(ofKind('Deployment'), 'spec', 'template', 'spec');
const container = at(pod, 'containers', 0);
const labels = at(ofKind('Deployment'), 'spec', 'template', 'metadata', 'labels') as Json;
const args = at(container, 'args') as readonly string[];
const http = readFileSync(join(KUBERNETES, 'overlays/serve-http/kustomization.yaml'), 'utf8');

describe('the Deployment', () => {
  test('runs once, and never beside its successor: queue and store are one file', () => {
    expect(at(ofKind('Deployment'), 'spec')).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } });
  });

  test('runs as nobody, writes nowhere but to its volumes, and may do nothing that it need not', () => {
    expect(at(pod, 'securityContext')).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(at(container, 'securityContext')).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('has the account that only mints tokens, which the base makes', () => {
    const accounts = objectsIn('base')
      .filter(one => one.kind === 'ServiceAccount')
      .map(one => at(one, 'metadata', 'name'));
    expect(at(pod, 'serviceAccountName')).toBe('egress-bot');
    expect(accounts).toContain('egress-bot');
  });

  test('is started with options that there are, on the port that is probed and served', () => {
    const program = new Command();
    addServeCommand(program);
    const known = program.commands[0]?.options.map(({ long }) => long) ?? [];
    expect(args[0]).toBe('serve');
    for (const option of [...args, ...(http.match(/--[a-z]+/g) ?? [])].filter(one => one.startsWith('--')))
      expect(known).toContain(option);
    const port = readListenAddress(args[args.indexOf('--operations') + 1] ?? '')?.port;
    expect(at(container, 'ports')).toEqual([{ name: 'operations', containerPort: port }]);
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      expect(at(container, probe, 'httpGet')).toEqual({
        path: probe === 'readinessProbe' ? '/readyz' : '/healthz',
        port: 'operations',
      });
    }
    expect(at(ofKind('Service'), 'spec', 'ports', 0, 'targetPort')).toBe('operations');
  });

  test('sets variables that there are, and mounts what they name', () => {
    const env = at(container, 'env') as readonly { readonly name: string; readonly value?: string }[];
    const reading = readConfig(Object.fromEntries(env.map(({ name, value }) => [name, value ?? 'egress-system'])));
    expect(reading.kind).toBe('config');
    const mounts = (at(container, 'volumeMounts') as readonly { readonly mountPath: string }[]).map(
      ({ mountPath }) => mountPath,
    );
    for (const { value = '' } of env.filter(({ value = '' }) => value.startsWith('/'))) {
      expect(mounts.some(path => value.startsWith(`${path}/`))).toBe(true);
    }
    const volumes = (at(pod, 'volumes') as readonly Json[]).map(({ name }) => name);
    expect((at(container, 'volumeMounts') as readonly Json[]).map(({ name }) => name)).toEqual(volumes);
  });

  test('is what Service and NetworkPolicy select, and no probe pod is', () => {
    const selectors = [
      at(ofKind('Service'), 'spec', 'selector'),
      at(ofKind('NetworkPolicy'), 'spec', 'podSelector', 'matchLabels'),
    ];
    for (const selector of selectors) {
      expect(labels).toMatchObject(selector as Json);
      // The pods that probe have the first label, too.
      expect(selector).toHaveProperty(['app.kubernetes.io/component'], 'server');
    }
  });

  test('has more time to end than its jobs', () => {
    const source = readFileSync(join(import.meta.dirname, '../../src/commands/serve.ts'), 'utf8');
    const graceMs = Number(/GRACE_MS = ([\d_]+)/.exec(source)?.[1]?.replaceAll('_', ''));
    expect(at(pod, 'terminationGracePeriodSeconds')).toBeGreaterThan(graceMs / 1000);
  });

  test('comes with a configuration that can be read', () => {
    expect(readSettings(readFileSync(join(KUBERNETES, 'overlays/serve/egress.config.yaml'), 'utf8')).kind).toBe(
      'settings',
    );
  });
});

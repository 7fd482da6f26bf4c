/** The manifests of infra/kubernetes and the table of rights say the same, both ways. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { allRights, type Right } from '../../src/cluster/rights.ts';

type Rule = {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
  readonly resourceNames?: string[];
};
type Manifest = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace: string }[];
};

const folder = fileURLToPath(new URL('../../infra/kubernetes', import.meta.url));
const ours = ['base', 'overlays/opt-in-namespace', 'overlays/dry-run', 'overlays/istio'];
const manifests: readonly Manifest[] = ours.flatMap(part =>
  readdirSync(join(folder, part))
    .filter(file => file.endsWith('.yaml') && file !== 'kustomization.yaml')
    .flatMap(file =>
      parseAllDocuments(readFileSync(join(folder, part, file), 'utf8')).map(document => document.toJS() as Manifest),
    ),
);

const roles = new Map(
  manifests.filter(manifest => manifest.rules).map(role => [`${role.kind} ${role.metadata.name}`, role]),
);

/** Where a binding puts its role in force. */
function whereOf(binding: Manifest, rule: Rule, name: string | null): string {
  if (binding.kind === 'ClusterRoleBinding') return 'cluster';
  // The overlays name no namespace: -n does, so these hold wherever somebody opts in.
  if (binding.metadata.namespace === undefined) return 'target-namespace';
  if (name !== null && rule.resources[0] === 'serviceaccounts/token') return `account ${name}`;
  if (name !== null) return `object ${binding.metadata.namespace}/${name}`;
  return binding.metadata.namespace === 'egress-system' ? 'bot-namespace' : `namespace ${binding.metadata.namespace}`;
}

/** `account verb group/resource where`, one for each right that a binding gives. */
function rightsOfManifests(): readonly string[] {
  return manifests
    .filter(manifest => manifest.roleRef)
    .flatMap(binding => {
      const role = roles.get(`${binding.roleRef?.kind} ${binding.roleRef?.name}`);
      if (role === undefined) throw new Error(`${binding.metadata.name} binds a role that is not there`);
      const account =
        role.metadata.name === 'egress-dry-run'
          ? 'dry-run'
          : (binding.subjects?.[0]?.name ?? '').replace('egress-', '');
      return (role.rules ?? []).flatMap(rule =>
        rule.verbs.flatMap(verb =>
          rule.apiGroups.flatMap(group =>
            rule.resources.flatMap(resource =>
              (rule.resourceNames ?? [null]).map(
                name => `${account} ${verb} ${group}/${resource} ${whereOf(binding, rule, name)}`,
              ),
            ),
          ),
        ),
      );
    });
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every(name => b.includes(name));
}

function told(right: Right): string {
  const { scope } = right;
  const where =
    scope.kind === 'object'
      ? `object ${scope.namespace}/${scope.name}`
      : scope.kind === 'account'
        ? `account ${scope.name}`
        : scope.kind;
  return `${right.account} ${right.verb} ${right.group}/${right.resource} ${where}`;
}

const fromManifests = rightsOfManifests();
const fromTable = allRights().map(told);

test('every right that a manifest gives is in the table', () => {
  expect(fromManifests.length).toBeGreaterThan(80);
  expect(fromManifests.filter(right => !fromTable.includes(right))).toEqual([]);
});

test('every right of the table is given by a manifest', () => {
  expect(fromTable.filter(right => !fromManifests.includes(right))).toEqual([]);
});

test('no right is given or listed twice', () => {
  expect(fromTable.filter((right, index) => fromTable.indexOf(right) !== index)).toEqual([]);
  expect(fromManifests.filter((right, index) => fromManifests.indexOf(right) !== index)).toEqual([]);
});

test('no wildcard, no Secrets, and the reader writes nothing', () => {
  expect(fromManifests.filter(right => /\*|secrets/.test(right))).toEqual([]);
  expect(fromManifests.filter(right => right.startsWith('reader ') && !/^reader (get|list) /.test(right))).toEqual([]);
});

test('the bot itself can mint tokens and nothing else', () => {
  expect(fromManifests.filter(right => right.startsWith('bot '))).toEqual(
    ['egress-reader', 'egress-prober', 'egress-bot'].map(name => `bot create /serviceaccounts/token account ${name}`),
  );
});

test('every role is bound, and every file is named in its kustomization', () => {
  const bound = new Set(
    manifests.flatMap(manifest => (manifest.roleRef ? [`${manifest.roleRef.kind} ${manifest.roleRef.name}`] : [])),
  );
  expect([...roles.keys()].filter(role => !bound.has(role))).toEqual([]);
  for (const part of ours) {
    const files = readdirSync(join(folder, part)).filter(
      file => file.endsWith('.yaml') && file !== 'kustomization.yaml',
    );
    const [kustomization] = parseAllDocuments(readFileSync(join(folder, part, 'kustomization.yaml'), 'utf8'));
    expect(kustomization?.toJS()).toMatchObject({
      resources: expect.toSatisfy((named: string[]) => sameNames(named, files)),
    });
  }
});

test('every missing right costs something that is said', () => {
  expect(allRights().filter(right => right.cost.trim() === '')).toEqual([]);
});

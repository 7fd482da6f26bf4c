import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Fault } from '../../src/faults.ts';
import { USUAL_FOLLOW_UP } from '../../src/settings/follow-up.ts';
import { loadSettings } from '../../src/settings/load-settings.ts';
import { readSettings } from '../../src/settings/read-settings.ts';
import { SCHEMA_FILE, settingsJsonSchema } from '../settings/json-schema.ts';

const EXAMPLE = new URL('../../infra/egress.config.example.yaml', import.meta.url);

const CLUSTERS = 'clusters:\n  - {name: prod, access: {kind: in-cluster}}\n';

function faultsOf(text: string): readonly Fault[] {
  const reading = readSettings(text);
  return reading.kind === 'faults' ? reading.faults : [];
}

/** `place: cause remedy` of each fault. */
function toldOf(text: string): readonly string[] {
  return faultsOf(text).map(
    ({ what, cause, remedy }) => `${what.replace('The configuration cannot be used: ', '')} ${cause} ${remedy}`,
  );
}

describe('the configuration file', () => {
  test('with clusters alone is enough: then nobody may ask', () => {
    expect(readSettings(CLUSTERS)).toEqual({
      kind: 'settings',
      settings: {
        clusters: [{ name: 'prod', access: { kind: 'in-cluster' } }],
        channels: [],
        grants: [],
        teams: [],
        subjectAccessReview: null,
      },
    });
  });

  test('of the example has every part, and what is left out has its safe default', () => {
    const reading = readSettings(readFileSync(EXAMPLE, 'utf8'));
    expect(reading).toMatchObject({
      kind: 'settings',
      settings: {
        clusters: [
          { name: 'prod', access: { kind: 'kubeconfig', context: 'prod', asBot: true } },
          { name: 'staging', access: { kind: 'kubeconfig', context: 'staging', asBot: true } },
        ],
        channels: [{ id: 'C0PAYMENTS1', cluster: 'prod', namespaces: ['payments', 'payments-*'] }],
        grants: [
          { users: [], groups: ['S0ONCALL01'], clusters: ['*'], namespaces: ['*'], probe: true },
          { users: ['U0ALICE001', 'U0BOB00001'], groups: [], probe: false },
        ],
        teams: [],
        subjectAccessReview: null,
      },
    });
  });

  test('of the example is what its JSON Schema takes, and the alternatives in its comments are, too', () => {
    const validate = new Ajv2020().compile(JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as object);
    const text = readFileSync(EXAMPLE, 'utf8');
    validate(parse(text));
    expect(validate.errors).toBeNull();
    const accesses = [...text.matchAll(/# +access: (\{.*\})/g)].map(([, access]) => access);
    expect(accesses).toHaveLength(3);
    for (const access of accesses) expect(toldOf(`clusters: [{name: a, access: ${access}}]`)).toEqual([]);
    const rest = text
      .split('\n')
      .flatMap(line => /^# ((?:teams|subjectAccessReview|followUp): .*)/.exec(line)?.[1] ?? []);
    expect(rest).toHaveLength(3);
    expect(toldOf(CLUSTERS + rest.join('\n'))).toEqual([]);
    validate({ clusters: [], grnats: [] });
    expect(validate.errors).not.toBeNull();
  });

  test('has its JSON Schema checked in (node test/settings/record.ts writes it)', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(settingsJsonSchema());
  });

  test('is refused with every fault at once, each with its place, cause and remedy', () => {
    const text = [
      'clusters:',
      '  - {name: prod, access: {kind: kubeconfig, contxt: prod}}',
      '  - {name: prod2, access: {kind: telepathy}}',
      'chanels: []',
      'grants:',
      '  - users: [alice]',
      '    clusters: []',
      '    namespaces: payments',
      '    probe: 1',
    ].join('\n');
    expect(toldOf(text)).toEqual([
      'clusters[0].access.contxt (line 2). A key of this name is not known. Did you mean context?',
      'clusters[1].access.kind (line 3). It is no kind of access. Known are kubeconfig, in-cluster, secret, eks.',
      `grants[0].users[0] (line 6). "alice" is not of the form that is needed. Id of a Slack user ('Copy member ID').`,
      'grants[0].clusters (line 7). It is empty. Name at least one.',
      'grants[0].namespaces (line 8). It is a text and not a list. infra/egress.config.example.yaml has an example.',
      'grants[0].probe (line 9). It is a number and not true or false. infra/egress.config.example.yaml has an example.',
      'chanels (line 4). A key of this name is not known. Did you mean channels?',
    ]);
  });

  test('says of each number of a follow-up what is wrong with it', () => {
    expect(toldOf(`${CLUSTERS}followUp: {minutes: [0, 16, 1.5], hours: 25, pages: true}`)).toEqual([
      'followUp.minutes[0] (line 3). "0" is less than 1. Whole minutes before a look, from 1 to 15.',
      'followUp.minutes[1] (line 3). "16" is more than 15. Whole minutes before a look, from 1 to 15.',
      'followUp.minutes[2] (line 3). "1.5" is no whole number. Whole minutes before a look, from 1 to 15.',
      'followUp.hours (line 3). "25" is more than 24. Whole hours after which following ends, from 1 to 24.',
      'followUp.pages (line 3). A key of this name is not known. Did you mean page?',
    ]);
  });

  test('follows as usual where it does not say how', () => {
    const reading = readSettings(`${CLUSTERS}followUp: {}`);
    expect(reading).toMatchObject({ settings: { followUp: USUAL_FOLLOW_UP } });
    // What the queue cannot delay would be looked at too early.
    expect(toldOf(`${CLUSTERS}followUp: {minutes: [${'1, '.repeat(20)}1]}`)[0]).toContain('It is too long.');
  });

  test.each([
    ['an empty file', '', 'clusters. It is missing; a list is needed.'],
    ['a list instead of a mapping', '- a', 'the file (line 1). It is a list and not a mapping of names to values.'],
    ['no clusters', 'clusters: []', 'clusters (line 1). It is empty. Name at least one.'],
    [
      'a cluster without access',
      'clusters:\n  - name: prod',
      'clusters[0].access (line 2). It is missing; a mapping of names to values is needed.',
    ],
    ['an unknown key far from any', `${CLUSTERS}zzzzzz: 1`, 'Known are clusters, channels, grants, teams, subject'],
    [
      'two clusters of one name',
      'clusters:\n  - {name: a, access: {kind: in-cluster}}\n  - {name: a, access: {kind: in-cluster}}',
      'clusters[1].name (line 3). "a" is already at clusters[0].name (line 2). Keep one of the two.',
    ],
    [
      "a channel's cluster that does not exist",
      `${CLUSTERS}channels: [{id: C0A, cluster: prdo, namespaces: [a]}]`,
      'channels[0].cluster (line 3). There is no cluster "prdo" under clusters. Did you mean prod?',
    ],
    [
      'a channel twice',
      `${CLUSTERS}channels:\n  - {id: C0A, cluster: prod, namespaces: [a]}\n  - {id: C0A, cluster: prod, namespaces: [b]}`,
      'channels[1].id (line 5). "C0A" is already at channels[0].id (line 4).',
    ],
    [
      "a grant's cluster that does not exist",
      `${CLUSTERS}grants: [{users: [U0A], clusters: [other-one], namespaces: [a]}]`,
      'grants[0].clusters[0] (line 3). There is no cluster "other-one" under clusters. Known are prod.',
    ],
    [
      'a grant to nobody',
      `${CLUSTERS}grants: [{clusters: [prod], namespaces: [a]}]`,
      'grants[0] (line 3). It grants something to nobody.',
    ],
    [
      'a namespace that can be none',
      `${CLUSTERS}grants: [{users: [U0A], clusters: [prod], namespaces: [Payments]}]`,
      'grants[0].namespaces[0] (line 3). "Payments" is not of the form that is needed.',
    ],
    [
      'a template of no name',
      `${CLUSTERS}subjectAccessReview: {usernameTemplate: everybody}`,
      'subjectAccessReview.usernameTemplate (line 3). "everybody" is not of the form that is needed.',
    ],
    ['no YAML', 'clusters: [', 'The configuration file is not YAML (line 1).'],
    ['a key twice', `${CLUSTERS}${CLUSTERS}`, 'The configuration file is not YAML (line 3).'],
    [
      'a bomb of aliases',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(20)}*a]\nc: &c [${'*b,'.repeat(20)}*b]\nd: [${'*c,'.repeat(20)}*c]`,
      'Excessive alias count',
    ],
    ['a file that is far too long', `# ${'x'.repeat(1_000_000)}`, 'The configuration file is too long.'],
  ])('is refused: %s', (_rule, text, told) => {
    expect(toldOf(text).join('\n')).toContain(told);
  });

  test.each([
    ['is not named', undefined, 'EGRESS_CONFIG is not set'],
    ['is not there', '/nowhere/egress.yaml', 'ENOENT'],
  ])('that %s is a fault with a remedy', (_rule, file, told) => {
    const reading = loadSettings(file);
    expect(JSON.stringify(reading)).toContain(told);
    expect(reading).toMatchObject({ kind: 'faults', faults: [{ code: 'bad-config' }] });
  });
});

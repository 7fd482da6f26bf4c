/** The templates: one file per verdict code in three parts, and no field that fails silently. */
import { describe, expect, it } from 'vitest';
import { loadTemplates } from '../../src/commands/templates.ts';
import { type Diagnosis, VERDICT_CODES } from '../../src/model.ts';
import { compileTemplates, VERDICT_PARTS } from '../../src/render/templates.ts';
import { renderTerminal } from '../../src/render/terminal.ts';
import { loadStory } from '../threads/stories.ts';
import { concluded, diagnosisOf } from '../threads/story.ts';

const templates = loadTemplates();
const PAGE = { width: null, colour: false };
const runbook = (await loadStory('runbook-deny-all-egress')).diagnosis;
const ENDS = { namespace: 'a', pod: 'b', app: 'b', host: 'c.example', port: 443, addresses: [] };

const terminal = (diagnosis: Diagnosis) =>
  renderTerminal(diagnosis, templates, { width: 200, colour: false }).replace(/\s+/g, ' ');
const withFix = (part: Partial<NonNullable<Diagnosis['fix']>>): Diagnosis => {
  if (runbook.fix === null) throw new Error('The runbook story has a fix.');
  return { ...runbook, fix: { ...runbook.fix, ...part } };
};
const withProof = (part: Partial<NonNullable<Diagnosis['fix']>['proof']>): Diagnosis => {
  if (runbook.fix === null) throw new Error('The runbook story has a fix.');
  return withFix({ proof: { ...runbook.fix.proof, ...part } });
};

describe('verdict texts', () => {
  it.each(VERDICT_CODES)('%s says what is wrong, why, and what to do', code => {
    for (const part of VERDICT_PARTS) expect(templates.has(`verdict/${code}/${part}`), part).toBe(true);
  });

  it.each(VERDICT_CODES)('%s reads well also when nothing but its summary is known', code => {
    const text = terminal(
      diagnosisOf(ENDS, {
        vantages: [],
        verdict: concluded(code, code === 'not-known' ? null : 'predicted', { summary: 'This is known' }),
      }),
    );
    expect(text).toContain(`${code === 'not-known' ? 'not-known' : `${code} (predicted)`}: This is known.`);
    expect(text).not.toMatch(/undefined|null|\[object|\. \.|: \.|: :/);
  });

  it('several policies that deny together are all named, and none is called the one', () => {
    const [first] = runbook.verdict.cause.policies;
    if (first === undefined) throw new Error('The runbook story has a culprit.');
    const both = [first, { ...first, policy: 'NetworkPolicy default/web', rule: 'rule 1: ports do not match' }];
    const cause = { ...runbook.verdict.cause, policies: both };
    expect(terminal({ ...runbook, verdict: { ...runbook.verdict, cause } })).toContain(
      'firewall-restriction-pod -> google.com:80 is dropped by NetworkPolicy default/deny-all-egress and NetworkPolicy default/web. Why',
    );
  });

  it("a denial on the far end's side is not blamed on the pod's own policies", () => {
    const cause = { ...runbook.verdict.cause, side: 'ingress' as const };
    const text = terminal({ ...runbook, verdict: { ...runbook.verdict, cause } });
    expect(text).toContain('The far end is a pod');
    expect(text).not.toContain('any egress policy selects');
  });

  it.each(['allow', 'deny', 'unknown'] as const)(
    'blocked-beyond-node speaks of allowing rules only when they allow (%s)',
    decision => {
      const verdict = concluded('blocked-beyond-node', 'observed', { summary: 'x' });
      const text = terminal(
        diagnosisOf(ENDS, { verdict, prediction: { decision, by: [], why: 'y', trace: [], flows: [] } }),
      );
      expect(text.includes('The rules allow the flow')).toBe(decision === 'allow');
    },
  );
});

describe('the fix and its proof', () => {
  it.each([
    [
      'an accepted dry run',
      { serverDryRun: { kind: 'accepted' } },
      '✓ observed: the API server accepted it in a dry run',
    ],
    [
      'a refused dry run, with the reason',
      { serverDryRun: { kind: 'refused', why: 'quota' } },
      '✗ observed: the API server refused it in a dry run: quota',
    ],
    [
      'a skipped dry run, with the reason',
      { serverDryRun: { kind: 'skipped', why: 'no permission' } },
      '– dry run skipped: no permission',
    ],
    ['verified', { verified: { kind: 'reachable' } }, '✓ observed: applied, and the same probes now get through'],
    [
      'verified, and still failing',
      { verified: { kind: 'still-failing', code: 'tls-failed' } },
      '✗ observed: applied, and the same probes still fail: tls-failed',
    ],
    ['a fix that does not flip the decision is marked', { after: 'unknown' }, '✗ predicted: deny -> unknown'],
    [
      'what it would close is shown',
      { newlyDenied: [{ pods: ['a/b'], destinations: ['192.0.2.1/32'], ports: ['1/TCP'] }] },
      '- closes: a/b -> 192.0.2.1/32, 1/TCP',
    ],
    ['closing nothing is said', { newlyDenied: [] }, '- closes: nothing that was open'],
  ] as const)('%s', (_, proof, text) => expect(terminal(withProof(proof))).toContain(text));

  it('more sets of flows than fit are counted', () => {
    const set = { pods: ['a/b'], destinations: ['192.0.2.1/32'], ports: ['1/TCP'] };
    expect(terminal(withFix({ newlyAllowed: Array.from({ length: 9 }, () => set) }))).toContain(
      'and 3 more sets of flows (all are in the JSON)',
    );
  });

  it('opening nothing is said', () => expect(terminal(withFix({ newlyAllowed: [] }))).toContain('+ opens: nothing'));

  it('what still fails afterwards stands with the fix', () => {
    const findings = [{ kind: 'still-fails-after-fix' as const, text: 'the node is dropped too' }];
    const text = terminal({ ...runbook, verdict: { ...runbook.verdict, findings } });
    expect(text.indexOf('! Still fails afterwards: the node is dropped too.')).toBeGreaterThan(text.indexOf('Proof'));
  });

  it.each([
    ['203.0.113.80/32', true],
    ['0.0.0.0/0', false],
    ['::/0', false],
  ])('a rule for %s has to follow the host: %s', (cidr, pins) => {
    const manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      spec: { egress: [{ to: [{ ipBlock: { cidr } }] }] },
    };
    expect(terminal(withFix({ manifests: [manifest] })).includes('this rule has to follow')).toBe(pins);
  });

  it('a kind without a text of its own still gets its summary and its YAML', () => {
    const text = terminal(withFix({ manifests: [{ apiVersion: 'example.org/v1', kind: 'Other' }] }));
    expect(text).toContain(runbook.fix?.summary ?? 'a summary');
    expect(text).toContain('apiVersion: example.org/v1 kind: Other');
  });
});

describe('what was not looked at', () => {
  it.each([
    ['forbidden', 'Kind.group (3 objects): forbidden: why not.'],
    ['unsupported', 'Kind.group (3 objects): unsupported: why not.'],
    ['not-enforced', 'Kind.group (3 objects): not-enforced: why not.'],
  ] as const)('a rule kind that is %s is named even if nobody else names it', (status, line) => {
    const coverage = [{ kind: 'Kind.group', status, objects: 3, why: 'why not' }];
    expect(terminal({ ...runbook, coverage, notLookedAt: [] })).toContain(line);
  });

  it('a rule kind that was named is not named twice', () => {
    const coverage = [{ kind: 'Kind.group', status: 'unsupported' as const, objects: null, why: 'why not' }];
    const text = terminal({ ...runbook, coverage, notLookedAt: [{ what: 'Kind.group', why: 'told already' }] });
    expect(text).toContain('Kind.group: told already.');
    expect(text).not.toContain('not listed');
  });

  it.each(['evaluated', 'absent', 'never-decides'] as const)('a rule kind that is %s is no gap', status => {
    expect(terminal({ ...runbook, coverage: [{ kind: 'Kind.group', status, objects: 0 }], notLookedAt: [] })).toContain(
      'Nothing was left out.',
    );
  });

  it('what was left out for one reason shares a line, and all of it is named', () => {
    const notLookedAt = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(what => ({ what, why: 'tcp did not connect' }));
    const text = terminal({ ...runbook, notLookedAt: [...notLookedAt, { what: 'cloud', why: 'not read' }] });
    expect(text).toContain('- a, b, c, d, e, f, g and h: tcp did not connect. - cloud: not read.');
  });

  it('an object that could not be read is named', () => {
    expect(terminal({ ...runbook, problems: [{ object: 'NetworkPolicy a/b', why: 'no spec' }] })).toContain(
      'NetworkPolicy a/b: could not be read: no spec.',
    );
  });
});

describe('compiling', () => {
  it('a field that the context lacks is an error, never an empty place', () => {
    expect(() => compileTemplates({ a: '{{missing}}' }).render('a', {}, PAGE)).toThrow('missing');
  });

  it('a template that does not exist is an error', () => {
    expect(() => compileTemplates({}).render('a', {}, PAGE)).toThrow('There is no template a.');
  });

  it.each(['one part', 'one\n---\ntwo\n', 'one\n---\ntwo\n---\nthree\n---\nfour\n'])(
    'a verdict file with other than three parts is refused: %j',
    text => {
      expect(() => compileTemplates({ 'verdict/a': text })).toThrow('templates/verdict/a.hbs has');
    },
  );
});

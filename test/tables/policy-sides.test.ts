/** How one side of a flow is told: who decides, what each policy did, and what is said of it besides. */
import { describe, expect, test } from 'vitest';
import { ask, CILIUM, CLUSTER } from './policy-builders.ts';
import { cnp } from './policy-cilium-builders.ts';

const HTTP = { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }], rules: { http: [{ method: 'GET' }] } }] };
const PLAIN = { toPorts: [{ ports: [{ port: '443', protocol: 'TCP' }] }] };

describe('what a rule says besides', () => {
  test.each([
    ['the rules of the other direction are not asked', { egress: [HTTP], ingress: [PLAIN] }, []],
    ['the rule that decides is asked', { egress: [PLAIN], ingress: [HTTP] }, ['http']],
  ])('%s', (_, spec, said) => {
    const { decision, flows } = ask([...CLUSTER, cnp('shop/web', spec)], { to: 'pod:shop/web', engine: CILIUM });
    expect(decision).toBe('allow');
    const assumptions = flows.flatMap(flow => flow.assumptions).join('\n');
    for (const part of said) expect(assumptions).toContain(part);
    if (said.length === 0) expect(assumptions).not.toContain('http');
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { readPodRequest } from '../../src/pod-request.ts';
import { buildQuestion } from '../../src/question.ts';

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(...'ab/=!(), -.\0\n;$`\'"|&<>*_A1ä', 'deploy/', 'pod/', 'svc/', ' in (', '-l ', '--'),
  }),
);

test('a pod request that is read holds only names that Kubernetes allows and selectors without shell', () => {
  const check = (text: string, namespace: string | null) => {
    const reading = readPodRequest(text, namespace);
    if (reading.kind === 'refused') {
      expect(reading.fault.what).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      return;
    }
    const { by, namespace: read } = reading.request;
    if (read !== null) expect(read).toMatch(/^(?!-)[a-z0-9-]{1,63}(?<!-)$/);
    if (by.kind === 'selector') expect(by.selector).toMatch(/^(?!-)[A-Za-z0-9/_.=!(), \t\r\n\f\v\p{Z}\ufeff-]+$/u);
    else expect(by.name).toMatch(/^(?![-.])[a-z0-9.-]{1,253}(?<![-.])$/);
  };
  fc.assert(fc.property(hostile, fc.option(hostile), check), { numRuns: 10_000 });
});

test('building a question never throws, and says at least one fault where there is no question', () => {
  const settings = { timeoutMs: 3000, refuseRanges: [] };
  const words = fc.option(fc.array(hostile, { maxLength: 3 }));
  const check = (pod: string, host: string, vantages: readonly string[] | null, timeoutMs: number | null) => {
    const text = {
      pod,
      host,
      namespace: null,
      cluster: 'c',
      vantages,
      podMethods: vantages,
      timeoutMs,
      siblings: timeoutMs,
    };
    const reading = buildQuestion(text, settings);
    expect(reading.kind === 'question' || reading.faults.length > 0).toBe(true);
  };
  fc.assert(fc.property(hostile, hostile, words, fc.option(fc.double()), check));
});

test('reading the environment never throws, and an unknown name is never overlooked', () => {
  const name = fc.oneof(
    fc.string().map(tail => `EGRESS_${tail}`),
    fc.constantFrom('EGRESS_TIMEOUT_MS', 'EGRESS_REFUSE_RANGES', 'EGRESS_NAMESPACE', 'PATH'),
  );
  const known = /^(PATH|EGRESS_(TIMEOUT_MS|REFUSE_RANGES|NAMESPACE|PROBE_IMAGE|KUBECONFIG_SECRET|CASES|LAB|CONFIG))$/;
  const check = (env: Readonly<Record<string, string>>) => {
    const reading = readConfig(env);
    if (Object.keys(env).some(key => !known.test(key))) expect(reading.kind).toBe('faults');
  };
  fc.assert(fc.property(fc.dictionary(name, hostile), check));
});

import { describe, expect, test } from 'vitest';
import { type Environment, type RequiredVariable, readConfig } from '../../src/config.ts';

const defaults = {
  probeImage: 'nicolaka/netshoot:v0.13',
  namespace: 'egress-system',
  timeoutMs: 3000,
  refuseRanges: [],
  kubeconfigSecret: null,
};

describe('the environment is read', () => {
  test.each<readonly [string, Environment, object]>([
    ['nothing set: defaults', {}, {}],
    ['other variables are not ours', { PATH: '/bin', EGRESSION: 'x' }, {}],
    ['an empty variable counts as not set', { EGRESS_TIMEOUT_MS: '', EGRESS_REFUSE_RANGES: '' }, {}],
    ['the variables of the tests are known', { EGRESS_CASES: 'x', EGRESS_LAB: 'y', EGRESS_CONFIG: 'z' }, {}],
    [
      'the image',
      { EGRESS_PROBE_IMAGE: 'mirror.example:5000/netshoot:v0.13' },
      { probeImage: 'mirror.example:5000/netshoot:v0.13' },
    ],
    ['the namespace', { EGRESS_NAMESPACE: 'ops' }, { namespace: 'ops' }],
    ['the time-out', { EGRESS_TIMEOUT_MS: '5000' }, { timeoutMs: 5000 }],
    [
      'ranges and lone addresses',
      { EGRESS_REFUSE_RANGES: '10.0.0.0/8, 2001:db8::1' },
      { refuseRanges: ['10.0.0.0/8', '2001:db8::1'] },
    ],
    [
      'the secret by name',
      { EGRESS_KUBECONFIG_SECRET: 'egress/kubeconfig' },
      { kubeconfigSecret: 'egress/kubeconfig' },
    ],
  ])('%s', (_rule, env, expected) => {
    expect(readConfig(env)).toEqual({ kind: 'config', config: { ...defaults, ...expected } });
  });

  test('and frozen', () => {
    const reading = readConfig({});
    expect(reading.kind === 'config' && Object.isFrozen(reading.config)).toBe(true);
  });
});

const ours = 'Names that begin with EGRESS_ are ours, and this is none of them.';
const ranges = 'Write them with commas between, as in `10.0.0.0/8,2001:db8::/32`.';
const pinned =
  'An image without a tag or with the tag latest is pulled anew for every probe, and may change under us. Name a tag or a digest, e.g. nicolaka/netshoot:v0.13.';

describe('the environment is refused, with cause and remedy', () => {
  test.each<readonly [string, Environment, string]>([
    [
      'a misspelt name',
      { EGRESS_REFUSE_RANGE: '10.0.0.0/8' },
      `The variable "EGRESS_REFUSE_RANGE" is not known. ${ours} Did you mean EGRESS_REFUSE_RANGES?`,
    ],
    [
      'a name that is like none',
      { EGRESS_ZZZZZZZZZZZZ: '1' },
      `The variable "EGRESS_ZZZZZZZZZZZZ" is not known. ${ours} Known are EGRESS_PROBE_IMAGE, EGRESS_NAMESPACE, EGRESS_TIMEOUT_MS, EGRESS_REFUSE_RANGES, EGRESS_KUBECONFIG_SECRET. Unset the others.`,
    ],
    [
      'an unknown name without a value',
      { EGRESS_TIMEOUT: '' },
      `The variable "EGRESS_TIMEOUT" is not known. ${ours} Did you mean EGRESS_TIMEOUT_MS?`,
    ],
    [
      'an image without a tag',
      { EGRESS_PROBE_IMAGE: 'netshoot' },
      `EGRESS_PROBE_IMAGE: The probe image "netshoot" is not pinned. ${pinned}`,
    ],
    [
      'a namespace in capitals',
      { EGRESS_NAMESPACE: 'Ops' },
      'EGRESS_NAMESPACE is "Ops", which cannot be used. A namespace has 1 to 63 lower-case letters, digits and inner hyphens. Name the namespace that the bot is installed in, usually egress-system.',
    ],
    [
      'a time-out with a unit',
      { EGRESS_TIMEOUT_MS: '3s' },
      'EGRESS_TIMEOUT_MS is "3s", which cannot be used. It is no whole number from 500 to 60000. Give milliseconds, as in 3000.',
    ],
    [
      'a time-out that is too short',
      { EGRESS_TIMEOUT_MS: '3' },
      'EGRESS_TIMEOUT_MS is "3", which cannot be used. It is no whole number from 500 to 60000. Give milliseconds, as in 3000.',
    ],
    [
      'a range that is none',
      { EGRESS_REFUSE_RANGES: '10.0.0.0/8,10.0/8' },
      `EGRESS_REFUSE_RANGES is "10.0.0.0/8,10.0/8", which cannot be used. "10.0/8" is no address and no CIDR block whose bits behind the prefix are zero. ${ranges}`,
    ],
    [
      'a range with bits behind its prefix',
      { EGRESS_REFUSE_RANGES: '10.0.0.1/8' },
      `EGRESS_REFUSE_RANGES is "10.0.0.1/8", which cannot be used. "10.0.0.1/8" is no address and no CIDR block whose bits behind the prefix are zero. ${ranges}`,
    ],
    [
      'a comma too many',
      { EGRESS_REFUSE_RANGES: '10.0.0.0/8,' },
      `EGRESS_REFUSE_RANGES is "10.0.0.0/8,", which cannot be used. "" is no address and no CIDR block whose bits behind the prefix are zero. ${ranges}`,
    ],
    [
      'a secret with a space',
      { EGRESS_KUBECONFIG_SECRET: 'a b' },
      'EGRESS_KUBECONFIG_SECRET is "a b", which cannot be used. It holds characters that no secret name has. Give the name or the ARN of the secret.',
    ],
  ])('%s', (_rule, env, message) => {
    expect(messages(env)).toEqual([message]);
  });

  test('missing is not malformed', () => {
    const required: readonly RequiredVariable[] = ['EGRESS_KUBECONFIG_SECRET'];
    const missing =
      'The variable EGRESS_KUBECONFIG_SECRET is not set. It has no default, and nothing can be asked without it. Set it; infra/aws and serverless.yml show where.';
    expect(messages({}, required)).toEqual([missing]);
    expect(messages({ EGRESS_KUBECONFIG_SECRET: '' }, required)).toEqual([missing]);
    expect(messages({ EGRESS_KUBECONFIG_SECRET: 'x' }, required)).toEqual([]);
  });

  test('all faults are told at once', () => {
    const env = { EGRESS_TIMEOUT_MS: 'x', EGRESS_NAMESPACE: '-', EGRESS_REFUSED: 'x' };
    expect(messages(env, ['EGRESS_KUBECONFIG_SECRET'])).toHaveLength(4);
  });
});

function messages(env: Environment, required: readonly RequiredVariable[] = []): readonly string[] {
  const reading = readConfig(env, required);
  return reading.kind === 'config' ? [] : reading.faults.map(({ what, cause, remedy }) => `${what} ${cause} ${remedy}`);
}

/**
 * The environment -> Config, once, at the start. Every fault is reported at once; a value that is missing and a value
 * that is wrong are two faults with two texts; a name that begins with EGRESS_ and is not known is a fault, because a
 * misspelt refuse list would otherwise refuse nothing.
 */
import { closest, distance } from 'fastest-levenshtein';
import { chooseProbeImage, DEFAULT_PROBE_IMAGE, PROBE_IMAGE_VARIABLE } from './cluster/image.ts';
import { type Fault, FaultError } from './faults.ts';
import { shown } from './hostname.ts';
import { TIMEOUT_LIMITS_MS } from './question.ts';
import { readRefuseRange } from './refuse.ts';

/** What an installation sets. */
export type Config = {
  /** Pinned image of every pod and container of ours. */
  readonly probeImage: string;
  /** The bot's own namespace, where control and node pods run. */
  readonly namespace: string;
  /** Milliseconds that one probe may take. */
  readonly timeoutMs: number;
  /** CIDR blocks or addresses that are never probed, beside the built-in ones. */
  readonly refuseRanges: readonly string[];
  /** Name or ARN of the AWS secret that holds the bot's kubeconfig; null: not set, KUBECONFIG counts. */
  readonly kubeconfigSecret: string | null;
};

/** The configuration, or everything that is wrong with the environment. */
export type ConfigReading =
  | { readonly kind: 'config'; readonly config: Config }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

/** Variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULTS = { namespace: 'egress-system', timeoutMs: 3000 } as const;

const OWN_VARIABLES = [
  PROBE_IMAGE_VARIABLE,
  'EGRESS_NAMESPACE',
  'EGRESS_TIMEOUT_MS',
  'EGRESS_REFUSE_RANGES',
  'EGRESS_KUBECONFIG_SECRET',
] as const;
/** Known, and read elsewhere: the tests' folders, the bot's configuration file, its database, table and queue. */
const OTHER_VARIABLES = [
  'EGRESS_CASES',
  'EGRESS_LAB',
  'EGRESS_CONFIG',
  'EGRESS_DATABASE',
  'EGRESS_TABLE',
  'EGRESS_QUEUE_URL',
  'EGRESS_DEAD_LETTERS_URL',
  'EGRESS_SLACK_SECRET',
  'EGRESS_TEAMS',
  'EGRESS_IN_VPC',
] as const;
const KNOWN_VARIABLES: readonly string[] = [...OWN_VARIABLES, ...OTHER_VARIABLES];

/** One that may be set by the installation's own variables and must be set where there is no kubeconfig file: in Lambda. */
export type RequiredVariable = (typeof OWN_VARIABLES)[number];

/**
 * Reads the EGRESS_* variables. An empty one counts as not set, which is how deployment tools pass nothing. `required`
 * are those without which the caller cannot work.
 */
export function readConfig(env: Environment, required: readonly RequiredVariable[] = []): ConfigReading {
  const set = new Map(
    Object.entries(env).flatMap(([name, value]) =>
      name.startsWith('EGRESS_') && value ? [[name, value] as const] : [],
    ),
  );
  const faults = [
    ...Object.keys(env).filter(isUnknown).map(unknownVariable),
    ...required.filter(name => !set.has(name)).map(missingVariable),
  ];
  /** The value read, or the default after its fault has been noted. */
  const take = <Value>(name: RequiredVariable, read: (text: string) => Value | Fault, otherwise: Value): Value => {
    const text = set.get(name);
    const value = text === undefined ? otherwise : read(text);
    if (!isFault(value)) return value;
    faults.push(value);
    return otherwise;
  };
  const config: Config = {
    probeImage: take(PROBE_IMAGE_VARIABLE, readImage, DEFAULT_PROBE_IMAGE),
    namespace: take('EGRESS_NAMESPACE', readNamespace, DEFAULTS.namespace),
    timeoutMs: take('EGRESS_TIMEOUT_MS', readTimeout, DEFAULTS.timeoutMs),
    refuseRanges: take('EGRESS_REFUSE_RANGES', readRanges, []),
    kubeconfigSecret: take<string | null>('EGRESS_KUBECONFIG_SECRET', readSecretName, null),
  };
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'config', config: Object.freeze(config) };
}

function readImage(text: string): string | Fault {
  try {
    return chooseProbeImage(text, {});
  } catch (error) {
    if (error instanceof FaultError) return { ...error.fault, what: `${PROBE_IMAGE_VARIABLE}: ${error.fault.what}` };
    throw error;
  }
}

function readNamespace(text: string): string | Fault {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text)) return text;
  const cause = 'A namespace has 1 to 63 lower-case letters, digits and inner hyphens.';
  return malformed(
    'EGRESS_NAMESPACE',
    text,
    cause,
    `Name the namespace that the bot is installed in, usually ${DEFAULTS.namespace}.`,
  );
}

function readTimeout(text: string): number | Fault {
  const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
  const { lowest, highest } = TIMEOUT_LIMITS_MS;
  if (value >= lowest && value <= highest) return value;
  return malformed(
    'EGRESS_TIMEOUT_MS',
    text,
    `It is no whole number from ${lowest} to ${highest}.`,
    `Give milliseconds, as in ${DEFAULTS.timeoutMs}.`,
  );
}

function readRanges(text: string): readonly string[] | Fault {
  const ranges = text.split(',').map(range => range.trim());
  const bad = ranges.find(range => readRefuseRange(range) === null);
  if (bad === undefined) return ranges;
  const cause = `${shown(bad)} is no address and no CIDR block whose bits behind the prefix are zero.`;
  return malformed(
    'EGRESS_REFUSE_RANGES',
    text,
    cause,
    'Write them with commas between, as in `10.0.0.0/8,2001:db8::/32`.',
  );
}

/** Characters of a Secrets Manager name or ARN. https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
function readSecretName(text: string): string | Fault {
  if (/^[A-Za-z0-9/_+=.@:-]{1,2048}$/.test(text)) return text;
  return malformed(
    'EGRESS_KUBECONFIG_SECRET',
    text,
    'It holds characters that no secret name has.',
    'Give the name or the ARN of the secret.',
  );
}

function isUnknown(name: string): boolean {
  return name.startsWith('EGRESS_') && !KNOWN_VARIABLES.includes(name);
}

function unknownVariable(name: string): Fault {
  const near = closest(name, [...KNOWN_VARIABLES]);
  const remedy =
    distance(name, near) <= 4 ? `Did you mean ${near}?` : `Known are ${OWN_VARIABLES.join(', ')}. Unset the others.`;
  return {
    code: 'bad-config',
    what: `The variable ${shown(name)} is not known.`,
    cause: 'Names that begin with EGRESS_ are ours, and this is none of them.',
    remedy,
  };
}

function missingVariable(name: RequiredVariable): Fault {
  return {
    code: 'bad-config',
    what: `The variable ${name} is not set.`,
    cause: 'It has no default, and nothing can be asked without it.',
    remedy: 'Set it; infra/aws and serverless.yml show where.',
  };
}

/** The value is repeated, so no variable that holds a secret may be read here. */
function malformed(name: RequiredVariable, text: string, cause: string, remedy: string): Fault {
  return { code: 'bad-config', what: `${name} is ${shown(text)}, which cannot be used.`, cause, remedy };
}

function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && 'remedy' in value;
}

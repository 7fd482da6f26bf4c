/** The variables that serverless.yml gives to the functions: each function names those that it cannot work without. */
import { type Fault, FaultError, joined } from '../faults.ts';

/** What a variable holds, by the name that the code has for it. */
const CLOUD_VARIABLES = {
  /** Name or ARN of the secret with Slack's bot token and signing secret. */
  slackSecret: 'EGRESS_SLACK_SECRET',
  table: 'EGRESS_TABLE',
  queueUrl: 'EGRESS_QUEUE_URL',
  deadLettersUrl: 'EGRESS_DEAD_LETTERS_URL',
} as const;
type Variable = keyof typeof CLOUD_VARIABLES;

/** Variables as a process has them. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the named variables. Throws one FaultError that names all that are missing. */
export function cloudEnvironment<Wanted extends Variable>(
  env: Environment,
  wanted: readonly Wanted[],
): Readonly<Record<Wanted, string>> {
  const missing = wanted.filter(name => !env[CLOUD_VARIABLES[name]]).map(name => faultOf(CLOUD_VARIABLES[name]));
  if (missing.length > 0) throw new FaultError(joined(missing));
  const values = wanted.map(name => [name, env[CLOUD_VARIABLES[name]] ?? '']);
  return Object.fromEntries(values) as Record<Wanted, string>;
}

/** Ids of the workspaces that may send beside the bot's own (EGRESS_TEAMS, with commas between). */
export function teamsOf(env: Environment): readonly string[] {
  return (env.EGRESS_TEAMS ?? '').split(',').filter(team => team !== '');
}

function faultOf(name: string): Fault {
  return {
    code: 'bad-config',
    what: `The variable ${name} is not set.`,
    cause: 'The function cannot work without it.',
    remedy: 'Deploy with serverless.yml, which sets it.',
  };
}

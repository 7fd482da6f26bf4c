/** The variables of `egress serve`, read once: everything that is missing or wrong is told at once, and no secret is repeated. */
import type { Environment } from '../config.ts';
import type { Fault } from '../faults.ts';
import { shown } from '../hostname.ts';
import { SLACK_URL } from '../slack/web-api.ts';

/** How Slack's requests arrive. */
export type Mode =
  | { readonly kind: 'socket' }
  | { readonly kind: 'http'; readonly address: { readonly host: string; readonly port: number } };

/** What the process needs of its environment. `secret` is the app token (Socket Mode) or the signing secret (HTTP). */
export type ServeEnvironment = {
  readonly botToken: string;
  readonly secret: string;
  readonly apiUrl: string;
  readonly database: string;
};

/** The environment, or all that is wrong with it. */
export type ServeReading =
  | { readonly kind: 'environment'; readonly environment: ServeEnvironment }
  | { readonly kind: 'faults'; readonly faults: readonly Fault[] };

type Secret = { readonly name: string; readonly shape: RegExp; readonly looks: string; readonly where: string };

const BOT_TOKEN: Secret = {
  name: 'SLACK_BOT_TOKEN',
  shape: /^xoxb-\S+$/,
  looks: 'A bot token begins with xoxb-.',
  where: "Copy it from the app's page, under OAuth & Permissions.",
};
const APP_TOKEN: Secret = {
  name: 'SLACK_APP_TOKEN',
  shape: /^xapp-\S+$/,
  looks: 'An app-level token begins with xapp-.',
  where: "Make one on the app's page, under Basic Information, with the scope connections:write.",
};
const SIGNING_SECRET: Secret = {
  name: 'SLACK_SIGNING_SECRET',
  shape: /^[0-9a-f]{16,128}$/,
  looks: 'A signing secret has hexadecimal digits only.',
  where: "Copy it from the app's page, under Basic Information.",
};

/** Reads them. SLACK_API_URL may only be plain http on this machine: tokens go there. */
export function readServeEnvironment(env: Environment, mode: Mode['kind']): ServeReading {
  const faults: Fault[] = [];
  const secretOf = (secret: Secret): string => {
    const value = env[secret.name] ?? '';
    const fault = faultOfSecret(secret, value);
    if (fault !== null) faults.push(fault);
    return value;
  };
  const environment: ServeEnvironment = {
    botToken: secretOf(BOT_TOKEN),
    secret: secretOf(mode === 'socket' ? APP_TOKEN : SIGNING_SECRET),
    apiUrl: env.SLACK_API_URL || SLACK_URL,
    database: env.EGRESS_DATABASE || 'egress.sqlite',
  };
  const urlFault = faultOfApiUrl(environment.apiUrl);
  if (urlFault !== null) faults.push(urlFault);
  return faults.length > 0 ? { kind: 'faults', faults } : { kind: 'environment', environment };
}

function faultOfSecret({ name, shape, looks, where }: Secret, value: string): Fault | null {
  if (value === '') return badConfig(`The variable ${name} is not set.`, 'Slack is not reached without it.', where);
  return shape.test(value) ? null : badConfig(`${name} cannot be what it should be.`, looks, where);
}

function faultOfApiUrl(text: string): Fault | null {
  const remedy = `Leave it out for Slack itself, or give an address as in ${SLACK_URL}`;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || !url.pathname.endsWith('/')) {
    return badConfig(`SLACK_API_URL is ${shown(text)}.`, 'It is no address that ends with a slash.', remedy);
  }
  if (url.protocol === 'https:' || /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) return null;
  return badConfig(`SLACK_API_URL is ${shown(text)}.`, 'The bot token would go there unencrypted.', remedy);
}

/** Reads `HOST:PORT`, `[IPV6]:PORT`, `:PORT` (all addresses of this machine) or `PORT`; null: it is none of these. */
export function readListenAddress(text: string): { readonly host: string; readonly port: number } | null {
  const [, bracketed, plain, port = ''] = /^(?:\[([0-9a-f:.]+)\]:|([^:[\]]*):)?(\d{1,5})$/i.exec(text) ?? [];
  const number = Number(port);
  if (port === '' || number > 65_535) return null;
  return { host: bracketed ?? (plain || '0.0.0.0'), port: number };
}

function badConfig(what: string, cause: string, remedy: string): Fault {
  return { code: 'bad-config', what, cause, remedy };
}

/** One call of a Web API method: what it gets, and what it answers. */
import type { Arguments } from './body.ts';
import type { Tickets } from './tickets.ts';
import type { Workspace } from './workspace.ts';

/** `ok` answers carry fields; a refusal is Slack's word, with the sentences of response_metadata where there are any. */
export type Answer =
  | { readonly kind: 'ok'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly error: string; readonly messages: readonly string[] }
  | { readonly kind: 'rate-limited'; readonly retryAfterSeconds: number };

/** What a method may use. */
export type World = { readonly workspace: Workspace; readonly tickets: Tickets; readonly origin: string };

/** A method of the Web API. What it refuses is an answer, not a throw. */
export type Method = (args: Arguments, world: World) => Answer;

/** The answer `ok: true` with these fields. */
export function ok(fields: Readonly<Record<string, unknown>> = {}): Answer {
  return { kind: 'ok', fields };
}

/** The answer `ok: false` with Slack's word for why. */
export function refused(error: string, messages: readonly string[] = []): Answer {
  return { kind: 'refused', error, messages };
}

/** An argument that is text, or null when it is absent, empty or something else. */
export function textOf(args: Arguments, name: string): string | null {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** An argument that is a whole number, or null. */
export function numberOf(args: Arguments, name: string): number | null {
  const value = Number(args[name] ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : null;
}

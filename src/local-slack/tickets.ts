/** Short-lived permissions that Slack hands out: trigger ids, response_urls, upload URLs, tickets of Socket Mode. */
import { randomBytes } from 'node:crypto';
import type { Clock, Ephemeral } from './model.ts';

/** How Slack bounds them (https://docs.slack.dev/interactivity/handling-user-interaction). */
const TRIGGER_MS = 3_000;
const RESPONSE_URL_MS = 30 * 60_000;
const RESPONSE_URL_USES = 5;

/** What a response_url stands for. `original`: the message whose button was pressed, which an answer may replace. */
export type ResponsePlace = {
  readonly channel: string;
  readonly user: string;
  readonly threadTs: string | null;
  readonly original:
    | { readonly kind: 'message'; readonly ts: string }
    | { readonly kind: 'ephemeral'; readonly ts: string }
    | null;
};

/** Files that were announced: their URL takes the bytes once. */
export type Announced = {
  readonly id: string;
  readonly name: string;
  readonly length: number;
  readonly altText: string | null;
  readonly bytes: Uint8Array | null;
};

/** What a trigger or a response_url may still be used for; otherwise Slack's word for why not. */
type Use<Value> =
  | { readonly kind: 'valid'; readonly value: Value }
  | { readonly kind: 'refused'; readonly error: string };

/** All of them, made and used up. Nothing outlives the process. */
export type Tickets = {
  readonly trigger: (user: string) => string;
  /** Uses a trigger up and gives whose it was. */
  readonly useTrigger: (id: string) => Use<string>;
  readonly responseUrl: (place: ResponsePlace) => string;
  /** Uses a response_url (its last path segment) once. */
  readonly useResponseUrl: (id: string) => Use<ResponsePlace>;
  readonly announce: (file: Omit<Announced, 'bytes'>) => void;
  readonly announced: (id: string) => Announced | null;
  readonly receive: (id: string, bytes: Uint8Array) => void;
  readonly complete: (id: string) => void;
  readonly socketTicket: () => string;
  readonly useSocketTicket: (ticket: string) => boolean;
};

/** A fresh set; `origin` is the address of this Slack, without a path. */
export function createTickets(clock: Clock, origin: () => string): Tickets {
  const triggers = new Map<string, { user: string; untilMs: number; used: boolean }>();
  const places = new Map<string, { place: ResponsePlace; untilMs: number; uses: number }>();
  const files = new Map<string, Announced>();
  const sockets = new Set<string>();
  return {
    trigger: user => {
      const id = `${Math.floor(clock.now())}.${randomBytes(6).readUIntBE(0, 6)}.${token()}`;
      forget(triggers, clock.now());
      triggers.set(id, { user, untilMs: clock.now() + TRIGGER_MS, used: false });
      return id;
    },
    useTrigger: id => {
      const trigger = triggers.get(id);
      if (trigger === undefined) return { kind: 'refused', error: 'invalid_trigger_id' };
      if (trigger.used) return { kind: 'refused', error: 'exchanged_trigger_id' };
      if (trigger.untilMs < clock.now()) return { kind: 'refused', error: 'expired_trigger_id' };
      trigger.used = true;
      return { kind: 'valid', value: trigger.user };
    },
    responseUrl: place => {
      const id = token();
      forget(places, clock.now());
      places.set(id, { place, untilMs: clock.now() + RESPONSE_URL_MS, uses: 0 });
      return `${origin()}/response/${id}`;
    },
    useResponseUrl: id => {
      const entry = places.get(id);
      if (entry === undefined || entry.untilMs < clock.now()) return { kind: 'refused', error: 'expired_url' };
      if (entry.uses >= RESPONSE_URL_USES) return { kind: 'refused', error: 'used_url' };
      entry.uses += 1;
      return { kind: 'valid', value: entry.place };
    },
    announce: file => files.set(file.id, { ...file, bytes: null }),
    announced: id => files.get(id) ?? null,
    receive: (id, bytes) => {
      const file = files.get(id);
      if (file !== undefined) files.set(id, { ...file, bytes });
    },
    complete: id => files.delete(id),
    socketTicket: () => {
      const ticket = token();
      sockets.add(ticket);
      return ticket;
    },
    useSocketTicket: ticket => sockets.delete(ticket),
  };
}

/** Where an answer goes that replaces an ephemeral message or makes one. */
export function ephemeralAt(place: ResponsePlace, ts: string): Pick<Ephemeral, 'channel' | 'user' | 'threadTs' | 'ts'> {
  return { channel: place.channel, user: place.user, threadTs: place.threadTs, ts };
}

/** Milliseconds for which what ran out is still told apart from what never was. */
const REMEMBERED_MS = 60_000;

function forget(entries: Map<string, { readonly untilMs: number }>, nowMs: number): void {
  for (const [id, { untilMs }] of entries) {
    if (untilMs + REMEMBERED_MS >= nowMs) return;
    entries.delete(id);
  }
}

function token(): string {
  return randomBytes(16).toString('hex');
}

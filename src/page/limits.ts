/** Sizes that every tool takes. */
import { createHash } from 'node:crypto';
import { cutPlain } from '../render/slack/cut.ts';

/** Of Events v2; Opsgenie's alias has 512. */
const KEY_CHARACTERS = 255;
/** 20 of them stay far below the 512 kB of an event. */
const MOST_DETAILS = 20;
const DETAIL_CHARACTERS = 2000;

/** A key that fits: the same one always, and another one for another flow, however long their names. */
export function keyOf(key: string): string {
  if (key.length <= KEY_CHARACTERS) return key;
  const digest = createHash('sha256').update(key).digest('hex');
  return `${key.slice(0, KEY_CHARACTERS - digest.length - 1).toWellFormed()}~${digest}`;
}

/** Details that fit. */
export function detailsOf(details: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(details).slice(0, MOST_DETAILS);
  return Object.fromEntries(entries.map(([name, value]) => [name, cutPlain(value, DETAIL_CHARACTERS)]));
}

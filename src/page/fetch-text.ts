/** Gets small texts over https, each once: certificates, and confirmations of subscriptions. */
import type { FetchText } from './sns-signature.ts';

/** A caller must be answered within 5 s. */
const TIMEOUT_MS = 3000;
const MOST_CHARACTERS = 20_000;
/** Certificates change once a year or so. */
const MOST_KEPT = 20;

/** Makes it. Only certificates (`.pem`) are kept; redirections are refused, since they could lead anywhere. */
export function fetchTexts(): FetchText {
  const kept = new Map<string, string>();
  return async url => {
    const known = kept.get(url);
    if (known !== undefined) return known;
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const text = (await response.text()).slice(0, MOST_CHARACTERS);
    if (url.endsWith('.pem') && kept.size < MOST_KEPT) kept.set(url, text);
    return text;
  };
}

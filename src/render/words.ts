/** Facts of the model in words that a tired reader understands. Every word stands beside a symbol; no colour is needed. */
import type { Confidence, FlowSet, Outcome, TlsFailure } from '../model.ts';

/** How good the news is; the words say it too, never colour alone. */
export type Tone = 'good' | 'bad' | 'unsure' | 'none';

/** An outcome in two or three words, without its time. */
export type OutcomeWords = { readonly tone: Tone; readonly words: string };

const SYMBOLS: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', unsure: '?', none: '–' };

/** The symbol that goes with a tone. */
export function symbolOf(tone: Tone): string {
  return SYMBOLS[tone];
}

/** Milliseconds for a reader: `<1 ms`, `12 ms`, `3.0 s`. */
export function durationText(ms: number): string {
  if (ms < 1) return '<1 ms';
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** They stand in a row named tls. */
const TLS_WORDS: Readonly<Record<TlsFailure, string>> = {
  expired: 'expired',
  'not-yet-valid': 'not yet valid',
  'wrong-name': 'wrong name',
  untrusted: 'untrusted',
  reset: 'reset in hello',
  closed: 'closed in hello',
  protocol: 'no common version',
  other: 'TLS failed',
};

/**
 * Names an outcome for a table cell. A status such as 403 is good: the network delivered it. Silence after an accepted
 * connection, and all silence of UDP, is unsure: it proves nothing.
 */
export function outcomeWords(outcome: Outcome): OutcomeWords {
  switch (outcome.kind) {
    case 'connected':
      return { tone: 'good', words: 'connected' };
    case 'refused':
      return { tone: 'bad', words: 'refused (RST)' };
    case 'unreachable':
      return { tone: 'bad', words: `unreachable (${icmpText(outcome)})` };
    case 'syn-dropped':
      return { tone: 'bad', words: 'dropped' };
    case 'reset':
      return { tone: 'bad', words: 'reset' };
    case 'no-answer':
      return { tone: 'unsure', words: 'no answer' };
    case 'no-route':
      return { tone: 'bad', words: 'no route' };
    case 'local-error':
      return { tone: 'bad', words: `local error ${outcome.errno}` };
    case 'resolver-answered':
      return resolverWords(outcome.rcode, outcome.addresses.length);
    case 'no-records':
      return {
        tone: 'bad',
        words: `no ${outcome.families.map(family => (family === 'IPv4' ? 'A' : 'AAAA')).join('/')} record`,
      };
    case 'resolver-timeout':
      return { tone: 'bad', words: 'no answer' };
    case 'tls-failed':
      return { tone: 'bad', words: TLS_WORDS[outcome.why] };
    case 'http-status':
      return { tone: 'good', words: `HTTP ${outcome.status}` };
    case 'not-run':
      return { tone: 'none', words: 'not run' };
    default:
      return outcome satisfies never;
  }
}

function icmpText(outcome: Extract<Outcome, { kind: 'unreachable' }>): string {
  return outcome.codes.length === 1 ? `ICMP code ${outcome.codes[0]}` : outcome.errno;
}

function resolverWords(rcode: string, addresses: number): OutcomeWords {
  if (rcode !== 'NOERROR') return { tone: 'bad', words: rcode };
  return { tone: 'good', words: addresses === 1 ? '1 address' : `${addresses} addresses` };
}

/** What a confidence stands for, in a clause. */
export function confidenceMeaning(confidence: Confidence | null): string {
  switch (confidence) {
    case 'confirmed':
      return 'observed and predicted agree';
    case 'observed':
      return 'probes saw it; the rules alone do not say it';
    case 'predicted':
      return 'the rules say it; no probe saw it';
    case null:
      return 'neither the probes nor the rules settle it';
    default:
      return confidence satisfies never;
  }
}

/** Joins like a person: `a`, `a and b`, `a, b and c`. After `limit` items: `a, b and 3 more`. */
export function listText(items: readonly string[], limit = 6): string {
  const shown = items.length > limit ? items.slice(0, limit - 1) : items;
  const rest = items.length - shown.length;
  const words = rest > 0 ? [...shown, `${rest} more`] : shown;
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `1 pod`, `3 pods`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** One set of flows on one line; long lists are cut with their count (the JSON has all). */
export function flowSetText(set: FlowSet): string {
  return `${listText(set.pods)} -> ${listText(set.destinations)}, ${listText(set.ports)}`;
}

/** The sentence with its full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return trimmed === '' || /[.!?:]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** An ISO time without seconds and zone letters: `2026-11-21 07:14 UTC`; anything else as it came. */
export function timeText(iso: string): string {
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(iso);
  return parts === null ? iso : `${parts[1]} ${parts[2]} UTC`;
}

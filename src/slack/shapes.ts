/**
 * What a word looks like by itself: a host, a pod, both, neither. `certain` is what can hardly be anything else; `likely` is
 * only good for filling in a form that somebody then looks at. Pure.
 */

/** How sure the look of a word makes us. */
export type Likeness = 'certain' | 'likely' | 'no';

const LABEL = '[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const DOTTED_NAME = new RegExp(`^(?:${LABEL}\\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)\\.?(?::\\d{1,5})?(?:/\\S*)?$`, 'i');
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?$/;
const IPV6 = /^(?:\[[0-9a-f:.]*:[0-9a-f:.]*\](?::\d{1,5})?|(?=(?:[^:]*:){2})[0-9a-f:.]*[0-9a-f][0-9a-f:.]*)$/i;
const NAME_AND_PORT = new RegExp(`^(${LABEL}):\\d{1,5}$`, 'i');
const URL_TEXT = /^(?:https?|tcp|udp):\/\/[^\s/]+/i;

/** Endings of file names that no pasted host is likely to have; some are also top-level domains, which only a verb before them tells. */
const FILE_ENDINGS =
  /\.(?:ya?ml|json|js|mjs|cjs|ts|tsx|go|py|java|kt|rb|rs|sh|log|txt|md|conf|cfg|ini|toml|tf|html?|xml|csv|png|jar|lock|env|sql|c|h|cpp|cs|php)(?::\d+)*$/i;

/** Words that stand before a colon and a number without being hosts. */
const COUNTED = new Set([
  'port',
  'status',
  'code',
  'error',
  'errno',
  'line',
  'exit',
  'id',
  'pid',
  'attempt',
  'retry',
  'http',
  'https',
  'tcp',
  'udp',
]);

/** How much a word looks like a host. `api.stripe.com`, `10.0.0.1:443` are certain; `redis:6379` is likely; `billing-pod` is none. */
export function hostLikeness(word: string): Likeness {
  if (word.length > 2048 || /[\s@,;"'`\\]/.test(word)) return 'no';
  if (URL_TEXT.test(word) || IPV4.test(word) || IPV6.test(word)) return 'certain';
  if (word.includes('=')) return 'no';
  if (DOTTED_NAME.test(word)) return isProgramText(word) ? 'no' : 'certain';
  const name = NAME_AND_PORT.exec(word)?.[1];
  return name !== undefined && /[a-z]/i.test(name) && !COUNTED.has(name.toLowerCase()) ? 'likely' : 'no';
}

/** A file, or a name of a program's: `main.go:12`, `java.net.UnknownHostException`. */
function isProgramText(word: string): boolean {
  return FILE_ENDINGS.test(word) || /[a-z][A-Z]/.test(word) || /(?:Exception|Error)$/i.test(word);
}

/** The random ends of names: ReplicaSet hash and pod suffix, from the alphabet without vowels that Kubernetes uses. */
const REPLICA = /^[a-z0-9][a-z0-9.-]*-[a-z0-9]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/;
const KIND_AND_NAME =
  /^(?:[a-z0-9-]+\/)?(?:po|pods?|deploy|deployments?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|jobs?|cj|cronjobs?)\/[a-z0-9][a-z0-9.-]*$/i;
const NAME = /^(?:[a-z0-9][a-z0-9-]*\/)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** English words with a hyphen or a slash that stand in such questions. */
const ENGLISH =
  /^(?:i\/o|n\/a|and\/or|tcp\/ip|read\/write|yes\/no|time-?out|time-?outs|timed-out|third-party|in-cluster|on-call|follow-up|e-mail|read-only|well-known|self-signed|cross-site|end-to-end|up-to-date|one-off|set-up|roll-?out|kube-system|no-probe)$/;

/**
 * How much a word looks like a pod, or what owns pods. Certain: `deploy/billing`, `billing-7d9f8b6c5d-x2x4z`. Likely:
 * `billing-pod`, `web-0`, `payments/billing`. None: `billing`, `api.stripe.com`, `time-out`.
 */
export function podLikeness(word: string): Likeness {
  if (word.length > 320) return 'no';
  if (KIND_AND_NAME.test(word) || (REPLICA.test(word) && /\d/.test(word))) return 'certain';
  if (!NAME.test(word) || ENGLISH.test(word)) return 'no';
  if (hostLikeness(word) === 'certain') return 'no';
  if (word.includes('/')) return 'likely';
  return /-/.test(word) && /[a-z]/.test(word) ? 'likely' : 'no';
}

/** Whether a word could be the name of a pod at all, where a sentence says that it is one: `billing`. */
export function couldNamePod(word: string): boolean {
  return word.length <= 320 && NAME.test(word) && /[a-z]/.test(word) && hostLikeness(word) !== 'certain';
}

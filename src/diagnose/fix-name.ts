/** Names of proposed objects: the same question gives the same name, and it never takes one that exists. */

/** A name of a Kubernetes object that is also a label: RFC 1123, the strictest form that any kind asks for. */
const LONGEST_NAME = 63;
/** Characters of the hash that keeps two shortened names apart; base 36, so about 36^6 values. */
const HASH_LENGTH = 6;

/** The words that an object's name is made of. */
export type NameParts = {
  /** Read as a sentence: `allow`, `billing`, `to`, `api.stripe.com`. */
  readonly words: readonly string[];
  /** Added, in this order, only while the name is taken: usually the port. */
  readonly onCollision: readonly string[];
};

/**
 * Makes a name such as `allow-billing-to-api-stripe-com`: at most 63 characters, none of `taken`. What is cut off goes
 * into a hash at the end, so that two long hosts do not share a name.
 */
export function nameFor(parts: NameParts, taken: ReadonlySet<string>): string {
  const attempts = [parts.words, ...parts.onCollision.map(word => [...parts.words, word])];
  for (const words of attempts) {
    const name = shortened(slug(words));
    if (!taken.has(name)) return name;
  }
  const words = [...parts.words, ...parts.onCollision];
  for (let number = 2; ; number++) {
    const name = shortened(slug([...words, String(number)]));
    if (!taken.has(name)) return name;
  }
}

function slug(words: readonly string[]): string {
  return words
    .map(word =>
      word
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, ''),
    )
    .filter(word => word !== '')
    .join('-');
}

function shortened(name: string): string {
  if (name.length <= LONGEST_NAME) return name;
  const head = name.slice(0, LONGEST_NAME - HASH_LENGTH - 1).replace(/-+$/, '');
  return `${head}-${hashOf(name)}`;
}

/** FNV-1a, 32 bits: no secret, only apart. http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash.toString(36).padStart(HASH_LENGTH, '0').slice(-HASH_LENGTH);
}

/** Words of a command line that a person copies into a POSIX shell: a hostile name stays one word. */

/** Characters that no POSIX shell treats as special anywhere in a word. */
const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * Quotes one word for sh, bash, dash and zsh: `billing-pod` stays, `a'; rm -rf ~` becomes `'a'\''; rm -rf ~'`. Returns
 * null for a word with control characters: a terminal acts on those while they are pasted, before any shell quotes them.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02_02
 */
export function quoteWord(word: string): string | null {
  if (/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}|\p{Cs}/u.test(word)) return null;
  // zsh expands a leading = (`=ls`), and a leading ~ is not in PLAIN.
  if (PLAIN.test(word) && !word.startsWith('=')) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Joins words into one command line; null when one of them cannot be quoted. */
export function commandLine(words: readonly string[]): string | null {
  const quoted = words.map(quoteWord);
  return quoted.every(word => word !== null) ? quoted.join(' ') : null;
}

/** Text as Slack sends it -> text as somebody typed it: its links, entities and typographic marks taken back. Pure. */

/** Characters that a keyboard or Slack puts in place of the plain ones, which mean the same here. */
const TYPOGRAPHY: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032\uff07]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02]/g, '"'],
  [/[\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad]/g, ''],
  [/[^\S\n]/gu, ' '],
  // Phones make one long dash out of two hyphens, and a short one out of one.
  [/(^|\s)[\u2013\u2014\u2015](?=[a-z]{2})/giu, '$1--'],
  [/(^|\s)[\u2013\u2014\u2212](?=[a-z](\s|=|$))/giu, '$1-'],
  [/[\u2010\u2011]/g, '-'],
];

/** Slack escapes these three and no others. https://docs.slack.dev/messaging/formatting-message-text#escaping */
const ENTITIES: Readonly<Record<string, string>> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/**
 * Reads mrkdwn back: `<http://api.stripe.com|api.stripe.com>` is what was typed, `api.stripe.com`; a link whose label is no
 * address is its address; mentions of people and groups go, channels and e-mail addresses become their labels. Backticks stay,
 * since they say that something is a name. https://docs.slack.dev/messaging/formatting-message-text#automatic-parsing
 */
export function plainText(slackText: string): string {
  const unlinked = slackText.replace(/<([^<>\n]*)>/g, (whole, inner: string) => linkText(inner) ?? whole);
  const decoded = unlinked.replace(/&(?:lt|gt|amp);/g, entity => ENTITIES[entity] ?? entity);
  return TYPOGRAPHY.reduce((text, [mark, plain]) => text.replace(mark, plain), decoded).trim();
}

/** null: it is no link of Slack's, so the brackets were typed. */
function linkText(inner: string): string | null {
  const [target = '', label = null] = splitOnce(inner, '|');
  if (target.startsWith('@') || target.startsWith('!')) return ' ';
  if (target.startsWith('#')) return label === null ? ' ' : `#${label}`;
  if (/^(?:mailto|tel):/i.test(target)) return label ?? target.replace(/^[a-z]+:/i, '');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(target)) return null;
  return label !== null && isAddressLike(label) ? label : target;
}

/** A label that somebody typed as an address, and that Slack made a link of. "docs" is none. */
function isAddressLike(label: string): boolean {
  return /^\S+$/.test(label) && /[.:]/.test(label);
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

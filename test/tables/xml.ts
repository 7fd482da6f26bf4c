/** Reads XML as strictly as a test of what we write ourselves needs: one root, tags that match, entities that exist. */
export type Element = { readonly name: string; readonly attributes: Readonly<Record<string, string>> };

/** Every element in document order. Throws for what is not well-formed. */
export function elementsOf(xml: string): readonly Element[] {
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, '');
  if (body === xml) throw new Error('no XML declaration');
  if (/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(body))
    throw new Error('a character that XML has not');
  const elements: Element[] = [];
  const open: string[] = [];
  for (const [token] of body.matchAll(/<[^>]*>|[^<]+/g)) {
    if (!token.startsWith('<')) {
      if (open.length === 0 && token.trim() !== '') throw new Error(`text outside of the root: ${token}`);
      decoded(token);
    } else if (token.startsWith('</')) {
      if (open.pop() !== token.slice(2, -1)) throw new Error(`unexpected ${token}`);
    } else {
      const element = readTag(token);
      if (open.length === 0 && elements.length > 0) throw new Error('a second root');
      elements.push(element);
      if (!token.endsWith('/>')) open.push(element.name);
    }
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join()}`);
  return elements;
}

function readTag(tag: string): Element {
  const match = /^<([a-z-]+)((?: [a-z]+="[^"<]*")*)\/?>$/.exec(tag);
  if (match === null) throw new Error(`no tag: ${tag}`);
  const attributes = [...(match[2] ?? '').matchAll(/ ([a-z]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    decoded(value),
  ]);
  if (new Set(attributes.map(([name]) => name)).size !== attributes.length)
    throw new Error(`an attribute twice: ${tag}`);
  return { name: match[1] ?? '', attributes: Object.fromEntries(attributes) };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#10': '\n', '#9': '\t' };

function decoded(text: string): string {
  return text.replace(/&([^;]*);?/g, (_, entity: string) => {
    const found = ENTITIES[entity];
    if (found === undefined) throw new Error(`no entity: &${entity}`);
    return found;
  });
}

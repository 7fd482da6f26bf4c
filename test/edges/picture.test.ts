/** SVG -> PNG with the font that is in the package: no font of the machine is needed, and hostile text draws too. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assetUrl } from '../../src/picture/assets.ts';
import { pngOf } from '../../src/picture/png.ts';
import { DRAWN } from '../../src/render/picture/drawable.ts';
import { pictureOf } from '../../src/render/picture/picture.ts';
import { charactersOf } from '../fakes/font-characters.ts';
import { loadStory, STORY_NAMES } from '../threads/stories.ts';

const svg = (text: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="40"><text x="5" y="30" font-family="DejaVu Sans" font-size="24">${text}</text></svg>`;

/** Width and height from the header. https://www.w3.org/TR/png-3/#11IHDR */
function sizeOf(png: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

it('the picture is a PNG of twice the size', async () => {
  const png = await pngOf(svg('a'));
  expect([...png.slice(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  expect(sizeOf(png)).toEqual({ width: 200, height: 80 });
});

it('its words are drawn, and so are the symbols', async () => {
  const [empty, ...drawn] = await Promise.all(['', 'a', '✓', '✗', '→', '…'].map(async text => pngOf(svg(text))));
  const pictures = [empty, ...drawn].map(png => Buffer.from(png ?? []).toString('base64'));
  expect(new Set(pictures).size).toBe(pictures.length);
});

it('the same SVG gives the same bytes', async () => {
  expect(Buffer.from(await pngOf(svg('a'))).equals(Buffer.from(await pngOf(svg('a'))))).toBe(true);
});

it('an SVG that is none is refused, and the next one is drawn', async () => {
  await expect(pngOf('<svg')).rejects.toBeDefined();
  expect(sizeOf(await pngOf(svg('b'))).width).toBe(200);
});

describe('a story', () => {
  it.each(STORY_NAMES)('%s has a picture that a phone can show', async name => {
    const { diagnosis } = await loadStory(name);
    const png = await pngOf(pictureOf(diagnosis).svg);
    const { width, height } = sizeOf(png);
    expect(width).toBe(1440);
    expect(height).toBeLessThan(1.2 * width);
    expect(png.length).toBeLessThan(300_000);
  });

  it('draws whatever a cluster writes into its names', async () => {
    const { diagnosis } = await loadStory('runbook-deny-all-egress');
    for (const text of [
      '</text><image href="file:///etc/passwd"/>',
      '&lt;&#0;',
      '\ud800\uffff\u0000\u202e',
      '漢字👩‍👩‍👧‍👦',
      ']]>',
      '',
    ]) {
      const target = { ...diagnosis.target, pod: text, namespace: text };
      expect(sizeOf(await pngOf(pictureOf({ ...diagnosis, target }).svg)).width).toBe(1440);
    }
  });
});

describe('the font', () => {
  const fonts = { regular: 'sans', bold: 'sans-bold' } as const;
  const has = Object.fromEntries(
    Object.entries(fonts).map(([weight, asset]) => [weight, charactersOf(readFileSync(assetUrl(asset)))]),
  );
  /** Characters of a picture's texts that the font of their weight lacks. */
  const lacked = (picture: string): readonly string[] =>
    [...picture.matchAll(/<text[^>]*?(font-weight="bold")?[^>]*>([^<]*)<\/text>/g)].flatMap(([whole, , text = '']) => {
      const weight = whole.includes('font-weight="bold"') ? 'bold' : 'regular';
      const shown = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      return [...shown].filter(character => !has[weight]?.has(character.codePointAt(0) ?? 0));
    });

  it('has every character that is taken to be drawn, regular and bold', () => {
    const taken = DRAWN.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
    expect(taken.length).toBeGreaterThan(1000);
    for (const weight of ['regular', 'bold']) expect(taken.filter(code => !has[weight]?.has(code))).toEqual([]);
    expect(has.regular?.has(0x6f22)).toBe(false);
  });

  it.each(STORY_NAMES)('has every character of the picture of %s', async name => {
    expect(lacked(pictureOf((await loadStory(name)).diagnosis).svg)).toEqual([]);
  });

  it('has every character of a picture whatever a cluster writes', async () => {
    const { diagnosis } = await loadStory('runbook-deny-all-egress');
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(text, text, (name, rule) => {
        const [first] = diagnosis.verdict.cause.policies;
        if (first === undefined) throw new Error('no policy');
        const cause = { ...diagnosis.verdict.cause, policies: [{ ...first, policy: name, rule }] };
        const target = { ...diagnosis.target, pod: name, namespace: rule };
        const { svg: drawn } = pictureOf({ ...diagnosis, target, verdict: { ...diagnosis.verdict, cause } });
        expect(lacked(drawn)).toEqual([]);
      }),
    );
  });
});

it('every file that a picture needs is there: a bundle has to take them along', () => {
  for (const asset of ['resvg', 'sans', 'sans-bold'] as const)
    expect(readFileSync(assetUrl(asset)).length).toBeGreaterThan(100_000);
});

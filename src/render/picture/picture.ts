/** The picture of an answer. */
import type { Diagnosis } from '../../model.ts';
import { visibleLine } from '../escape.ts';

/** An SVG of the path, and the same in words for those who cannot see it. */
export type Picture = { readonly svg: string; readonly altText: string };

/** Draws the path that the packet takes and where it dies. */
export function pictureOf(diagnosis: Diagnosis): Picture {
  const title = `${diagnosis.verdict.code}: ${diagnosis.target.pod} to ${diagnosis.destination.text}`;
  return {
    svg: `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="120" viewBox="0 0 900 120"><rect width="900" height="120" fill="#ffffff"/><text x="20" y="60" font-family="DejaVu Sans" font-size="24">${xml(title)}</text></svg>`,
    altText: `${title}. ${visibleLine(diagnosis.verdict.cause.summary)}`.slice(0, 1000),
  };
}

function xml(text: string): string {
  return visibleLine(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

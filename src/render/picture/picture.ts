/** The picture of an answer: people look before they read. */
import type { Diagnosis } from '../../model.ts';
import type { Lane } from './lanes.ts';
import { type Path, pathOf } from './path.ts';
import { svgOf } from './svg.ts';

/** An SVG of the path, and the same in words for those who cannot see it. */
export type Picture = { readonly svg: string; readonly altText: string };

/** https://docs.slack.dev/reference/methods/files.getUploadURLExternal (alt_txt) */
const ALT_TEXT_CHARACTERS = 1000;

/** Draws the path of the packet from the pod to the host, where it dies, and how far control pod and node get. */
export function pictureOf(diagnosis: Diagnosis): Picture {
  const path = pathOf(diagnosis);
  return { svg: svgOf(path), altText: wordsOf(path) };
}

function wordsOf({ headline, from, to, stops, lanes, culprit, because }: Path): string {
  const ends = `${headline}. The path from ${short(from)} to ${short(to)}: ${stops.join(', ')}.`;
  return [ends, ...lanes.map(laneWords), `${culprit === '' ? '' : `${short(culprit)}: `}${short(because)}`]
    .join(' ')
    .slice(0, ALT_TEXT_CHARACTERS)
    .toWellFormed();
}

function laneWords({ name: vantage, ends, words }: Lane): string {
  const name = vantage === 'control' ? 'control pod' : vantage;
  switch (ends.kind) {
    case 'through':
      return `The ${name} gets through: ${words}.`;
    case 'dies':
      return `The ${name} is stopped at ${ends.at}: ${words}.`;
    case 'partly':
      return `The ${name} gets through, but look at ${ends.at}: ${words}.`;
    case 'at-start':
      return `The ${name} sends nothing: ${words}.`;
    case 'unknown':
      return `Where the ${name} is stopped is not known: ${words}.`;
    case 'not-looked':
      return `The ${name} was not looked from.`;
    default:
      return ends satisfies never;
  }
}

function short(text: string): string {
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}

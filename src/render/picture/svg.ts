/** Path -> SVG. Every fact is a word and a shape; colour only repeats them. Legible when it is 360 pixels wide. */
import { drawable } from './drawable.ts';
import type { Lane } from './lanes.ts';
import type { Path } from './path.ts';
import { filledLines, shortened, widthOf } from './text-width.ts';

const WIDTH = 720;
const MARGIN = 24;
const FIRST_STOP = 262;
const LAST_STOP = 648;
const START = 168;
const HEAD = 178;
const LANE = 92;
const LINE_HEIGHT = 32;

/** Sizes of text in units: at 360 pixels a unit is half a pixel. */
const BIG = 36;
const TEXT = 24;

const INK = '#1b1f24';
const GOOD = '#116329';
const BAD = '#a40e26';
const FAINT = '#6e7781';

const WHOLE_LINE = WIDTH - 2 * MARGIN;
const REGULAR = { size: TEXT, bold: false };
const BOLD = { size: TEXT, bold: true };

/** Draws the path. What the font lacks is written as its number: the alternative text has it as it is. */
export function svgOf(found: Path): string {
  const path = drawablePath(found);
  const because = becauseLines(path);
  const lanesEnd = HEAD + 44 + path.lanes.length * LANE;
  const height = lanesEnd + 16 + because.length * LINE_HEIGHT + MARGIN;
  const at = new Map(path.stops.map((stop, index) => [stop as string, stopX(index, path.stops.length)]));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    label(path.headline, { x: MARGIN, y: 54, size: BIG, bold: true }),
    label(shortened(`from ${path.from}`, WHOLE_LINE, REGULAR), { x: MARGIN, y: 96, size: TEXT }),
    label(shortened(`to ${path.to}`, WHOLE_LINE, REGULAR), { x: MARGIN, y: 130, size: TEXT }),
    `<line x1="0" y1="150" x2="${WIDTH}" y2="150" stroke="${FAINT}" stroke-width="2"/>`,
    ...path.stops.map(stop =>
      label(stop, { x: at.get(stop) ?? 0, y: HEAD + 14, size: TEXT, anchor: 'middle', fill: FAINT }),
    ),
    ...path.lanes.map((lane, index) => drawLane(lane, HEAD + 62 + index * LANE, at)),
    ...because.map(({ text, bold }, index) =>
      label(text, { x: MARGIN, y: lanesEnd + 40 + index * LINE_HEIGHT, size: TEXT, bold }),
    ),
    '</svg>',
  ].join('\n');
}

function drawablePath(path: Path): Path {
  const { headline, from, to, lanes, culprit, because } = path;
  return {
    ...path,
    headline: drawable(headline),
    from: drawable(from),
    to: drawable(to),
    lanes: lanes.map(lane => ({ ...lane, words: drawable(lane.words) })),
    culprit: drawable(culprit),
    because: drawable(because),
  };
}

function stopX(index: number, stops: number): number {
  return Math.round(FIRST_STOP + ((LAST_STOP - FIRST_STOP) * index) / (stops - 1));
}

/** A policy's name in bold, and up to three lines of why. */
function becauseLines({ culprit, because }: Path): readonly { readonly text: string; readonly bold: boolean }[] {
  const name = culprit === '' ? [] : [shortened(culprit, WHOLE_LINE, BOLD)];
  const why = filledLines(because, WHOLE_LINE, { font: REGULAR, count: 3 });
  return [...name.map(text => ({ text, bold: true })), ...why.map(text => ({ text, bold: false }))];
}

type Place = {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly fill?: string;
};

function label(text: string, { x, y, size, bold = false, anchor = 'start', fill = INK }: Place): string {
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" font-size="${size}"${weight} text-anchor="${anchor}" fill="${fill}">${xml(text)}</text>`;
}

type Stops = ReadonlyMap<string, number>;

function drawLane(lane: Lane, y: number, stops: Stops): string {
  const start = lane.from === null ? START : (stops.get(lane.from) ?? START);
  const ahead = [...stops.values()].filter(x => x >= start);
  const end = Math.max(...stops.values());
  const name = label(lane.name, { x: MARGIN, y: y + 9, size: TEXT, bold: true });
  return [name, ...drawWay(lane, { y, start, ahead, end, stops })].join('\n');
}

type Way = {
  readonly y: number;
  readonly start: number;
  /** The stops from where it starts. */
  readonly ahead: readonly number[];
  readonly end: number;
  readonly stops: Stops;
};

function drawWay({ ends, words }: Lane, { y, start, ahead, end, stops }: Way): readonly string[] {
  switch (ends.kind) {
    case 'through':
      return [line(start, end, y, 'solid'), ...ahead.map(x => passed(x, y)), under(words, end, y, GOOD)];
    case 'dies': {
      const at = stops.get(ends.at) ?? end;
      const before = ahead.filter(x => x < at).map(x => passed(x, y));
      const after = ahead.filter(x => x > at).map(x => notReached(x, y));
      const lines = [line(start, at, y, 'solid'), line(at, end, y, 'dashed')];
      return [...lines, ...before, ...after, stopped(at, y), under(words, at, y, BAD)];
    }
    case 'partly': {
      const at = stops.get(ends.at) ?? end;
      const others = ahead.filter(x => x !== at).map(x => passed(x, y));
      return [line(start, end, y, 'solid'), ...others, warned(at, y), under(words, at, y, INK)];
    }
    case 'at-start':
      return [
        line(start, end, y, 'dashed'),
        ...ahead.map(x => notReached(x, y)),
        stopped(start, y),
        under(words, start, y, BAD),
      ];
    case 'unknown': {
      // Somewhere after the first stop: nobody knows where.
      const [first = start, second = end] = ahead;
      const middleX = Math.round((first + second) / 2);
      return [
        line(start, end, y, 'dashed'),
        ...ahead.map(x => notReached(x, y)),
        asked(middleX, y),
        under(words, middleX, y, INK),
      ];
    }
    case 'not-looked':
      return [line(start, end, y, 'dotted'), under(words, Math.round((start + end) / 2), y, FAINT)];
    default:
      return ends satisfies never;
  }
}

const DASHES = { solid: '', dashed: ' stroke-dasharray="10 8"', dotted: ' stroke-dasharray="2 8"' } as const;

function line(from: number, to: number, y: number, style: keyof typeof DASHES): string {
  const [colour, width] = style === 'solid' ? [INK, 5] : [FAINT, 3];
  return `<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" stroke="${colour}" stroke-width="${width}"${DASHES[style]}/>`;
}

function passed(x: number, y: number): string {
  const ring = `<circle cx="${x}" cy="${y}" r="18" fill="#ffffff" stroke="${GOOD}" stroke-width="4"/>`;
  return ring + label('✓', { x, y: y + 9, size: TEXT, bold: true, anchor: 'middle', fill: GOOD });
}

function notReached(x: number, y: number): string {
  return `<circle cx="${x}" cy="${y}" r="9" fill="#ffffff" stroke="${FAINT}" stroke-width="3"/>`;
}

function stopped(x: number, y: number): string {
  const box = `<rect x="${x - 25}" y="${y - 25}" width="50" height="50" rx="8" fill="${BAD}"/>`;
  return box + label('✗', { x, y: y + 13, size: BIG, bold: true, anchor: 'middle', fill: '#ffffff' });
}

function warned(x: number, y: number): string {
  const sign = `<path d="M${x} ${y - 28} L${x + 30} ${y + 22} L${x - 30} ${y + 22} Z" fill="#ffffff" stroke="${INK}" stroke-width="4" stroke-linejoin="round"/>`;
  return sign + label('!', { x, y: y + 16, size: 32, bold: true, anchor: 'middle' });
}

function asked(x: number, y: number): string {
  const ring = `<circle cx="${x}" cy="${y}" r="22" fill="#ffffff" stroke="${INK}" stroke-width="4" stroke-dasharray="8 5"/>`;
  return ring + label('?', { x, y: y + 11, size: 30, bold: true, anchor: 'middle' });
}

/** Words under a sign, moved so that they stay inside the picture. */
function under(words: string, x: number, y: number, fill: string): string {
  const shown = shortened(words, WIDTH - START - MARGIN, BOLD);
  const half = widthOf(shown, BOLD) / 2;
  const inside = Math.round(Math.min(WIDTH - MARGIN - half, Math.max(START - 20 + half, x)));
  return label(shown, { x: inside, y: y + 47, size: TEXT, bold: true, anchor: 'middle', fill });
}

/** Text of a cluster as XML text: no markup. What XML 1.0 forbids is not drawable. */
function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

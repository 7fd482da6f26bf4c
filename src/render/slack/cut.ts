/**
 * Cutting of text to a limit. Slack counts UTF-16 units at most, so that is what is counted here; a cut never leaves half
 * a surrogate pair, half an entity, half a mention or an open code span.
 */

const ELLIPSIS = '…';
const FENCE = '\n```';

/** The first `max` units of plain text, the last of which is an ellipsis when something was cut. */
export function cutPlain(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${wholeCharacters(text.slice(0, Math.max(0, max - ELLIPSIS.length))).trimEnd()}${ELLIPSIS}`;
}

/**
 * The same for mrkdwn that is escaped already: `&amp;` and `<@U123>` stay whole or go, and code that was cut is closed. https://docs.slack.dev/messaging/formatting-message-text
 */
export function cutMrkdwn(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = wholeCharacters(text.slice(0, max - ELLIPSIS.length - FENCE.length))
    .replace(/&[a-z]*$/, '')
    .replace(/<[^>]*$/, '')
    .trimEnd();
  return `${kept}${ELLIPSIS}${closingOf(kept)}`;
}

/** What closes the code that the text leaves open. */
function closingOf(text: string): '' | '`' | typeof FENCE {
  const parts = text.split('```');
  if (parts.length % 2 === 0) return FENCE;
  return (parts.at(-1)?.split('`').length ?? 1) % 2 === 0 ? '`' : '';
}

function wholeCharacters(text: string): string {
  return /[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text;
}

/** How many lines a part shows, and how long each may be. */
export type Room = { readonly characters: number; readonly lines: number; readonly lineCharacters: number };

/** Lines that fit, and how many of the others there are. */
export type Fitted = { readonly lines: readonly string[]; readonly left: number; readonly wasCut: boolean };

/** The first lines that fit into the room, each cut by `cutLine`. `wasCut`: lines are left out or shortened. */
export function fitLines(lines: readonly string[], room: Room, cutLine: typeof cutPlain): Fitted {
  const kept: string[] = [];
  let used = 0;
  for (const line of lines) {
    const short = cutLine(line, room.lineCharacters);
    used += short.length + 1;
    if (used > room.characters || kept.length === room.lines) break;
    kept.push(short);
  }
  const left = lines.length - kept.length;
  return { lines: kept, left, wasCut: left > 0 || kept.some((line, index) => line !== lines[index]) };
}

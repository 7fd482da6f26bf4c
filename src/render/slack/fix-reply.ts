/** The reply with the fix: YAML to copy, what it changes, and its proof. */
import type { RichTextBlockElement } from '@slack/types';
import { visibleLine } from '../escape.ts';
import type { FixView } from '../fix-view.ts';
import { message, preformatted, richLine, richText, sections } from './blocks.ts';
import { cutMrkdwn, cutPlain, fitLines, type Room } from './cut.ts';
import { moreIn, proseReply, type Reply, type Sources, textFile } from './replies.ts';

const YAML: Room = { characters: 3500, lines: 120, lineCharacters: 700 };
const DIFF: Room = { characters: 1200, lines: 40, lineCharacters: 400 };
const INTRO: Room = { characters: 1600, lines: 20, lineCharacters: 1400 };
const PROOF: Room = { characters: 2500, lines: 40, lineCharacters: 900 };
const NAME_CHARACTERS = 300;

const YAML_FILE = 'fix.yaml';
const TEXT_FILE = 'fix.txt';

/** The fix, or why there is none; null: neither. */
export function fixReply(sources: Sources): Reply | null {
  const { view, mrkdwn, plainText } = sources;
  if (view.fix !== null) return replyOf(view.fix, sources);
  if (view.noFixBecause === null || view.noFixBecause === '') return null;
  return proseReply({ mrkdwn, plainText }, { part: 'fix', title: 'Why there is no fix', templates: ['thread/fix'] });
}

function replyOf(fix: FixView, { mrkdwn, plainText }: Pick<Sources, 'mrkdwn' | 'plainText'>): Reply {
  const intro = fitLines(mrkdwn('slack/fix').split('\n'), INTRO, cutMrkdwn);
  const proof = fitLines(mrkdwn('slack/proof').split('\n'), PROOF, cutMrkdwn);
  const yaml = fitLines(fix.yaml.text.split('\n'), YAML, cutPlain);
  const change = changeOf(fix.diffs);
  const blocks = [
    ...sections([...intro.lines, ...moreIn(TEXT_FILE, intro)]),
    richText([preformatted(yaml.lines.join('\n')), ...moreIn(YAML_FILE, yaml).map(richLine), ...change.elements]),
    ...sections([...proof.lines, ...moreIn(TEXT_FILE, proof)]),
  ];
  const textWasCut = intro.wasCut || proof.wasCut || change.wasCut;
  return {
    part: 'fix',
    message: message(mrkdwn('thread/fix'), blocks),
    files: [
      ...(yaml.wasCut ? [textFile(YAML_FILE, 'The fix, for kubectl apply', `${fix.yaml.text}\n`)] : []),
      ...(textWasCut ? [textFile(TEXT_FILE, 'The fix and its proof, in full', plainText('thread/fix'))] : []),
    ],
  };
}

/** The first policy that is changed, line by line; the others are in the file. */
function changeOf(diffs: FixView['diffs']): {
  readonly elements: readonly RichTextBlockElement[];
  readonly wasCut: boolean;
} {
  const [first, ...others] = diffs;
  if (first === undefined) return { elements: [], wasCut: false };
  const lines = fitLines(first.diff.text.split('\n'), DIFF, cutPlain);
  const more = others.length === 0 ? [] : [`… ${others.length} more changed in the file ${TEXT_FILE}`];
  return {
    elements: [
      richLine(`Change of ${cutPlain(visibleLine(first.policy), NAME_CHARACTERS)}, line by line:`),
      preformatted(lines.lines.join('\n')),
      ...[...moreIn(TEXT_FILE, lines), ...more].map(richLine),
    ],
    wasCut: lines.wasCut || others.length > 0,
  };
}

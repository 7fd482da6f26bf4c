/** The parts that a whole thread of an answer has, in order, under the names that they are marked with. */
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Diagnosis } from '../../src/model.ts';
import { renderAnswer } from '../../src/render/slack/answer.ts';

const TEMPLATES = loadTemplates();
const known = new WeakMap<Diagnosis, readonly string[]>();

/** `root`, `picture`, then each reply and its files. */
export function answerParts(diagnosis: Diagnosis): readonly string[] {
  const parts = known.get(diagnosis) ?? partsOf(diagnosis);
  known.set(diagnosis, parts);
  return parts;
}

function partsOf(diagnosis: Diagnosis): readonly string[] {
  const { replies } = renderAnswer(diagnosis, TEMPLATES, {
    answerId: 'any',
    buttons: [],
    headline: null,
    note: null,
    askedBy: null,
  });
  const named = replies.flatMap(({ part, files }) => [
    part,
    ...files.map(({ filename }) => `file-${filename.replaceAll('.', '-')}`),
  ]);
  return ['root', 'picture', ...named];
}

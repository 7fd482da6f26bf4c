/** Each story as Slack gets it: the payloads of its thread, and its picture. */
import { join } from 'node:path';
import { loadTemplates } from '../../src/commands/templates.ts';
import type { Diagnosis } from '../../src/model.ts';
import { type RenderedAnswer, renderAnswer } from '../../src/render/slack/answer.ts';
import { HERE } from './stories.ts';

const templates = loadTemplates();

/** The thread of an answer as it is first posted. */
export function slackThreadOf(diagnosis: Diagnosis): RenderedAnswer {
  const buttons = ['again', 'applied', 'follow', 'page', 'evidence'] as const;
  return renderAnswer(diagnosis, templates, {
    answerId: 'cmd:13.37',
    buttons,
    headline: null,
    note: null,
    askedBy: '<@U0ASKED>',
  });
}

export const SLACK_GOLDENS = join(HERE, 'slack');

/** The goldens of one story: file name -> text. */
export function slackGoldensOf(name: string, diagnosis: Diagnosis): Readonly<Record<string, string>> {
  const { root, replies, picture } = slackThreadOf(diagnosis);
  const thread = { root, replies, altText: picture.altText };
  return {
    [`${name}.json`]: `${JSON.stringify(thread, null, 2)}\n`,
    [`${name}.svg`]: `${picture.svg}\n`,
  };
}

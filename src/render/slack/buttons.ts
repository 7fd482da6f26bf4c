/** The buttons under an answer: one primary at most, in the order in which somebody needs them. */
import type { ActionsBlock, Button } from '@slack/types';
import { ACTIONS, type Action } from '../../queue/job.ts';
import { plain } from './blocks.ts';
import { cutPlain } from './cut.ts';

type Look = { readonly action: Action; readonly label: string; readonly says: string };

const LOOKS: readonly Look[] = [
  { action: 'applied', label: 'I applied the fix', says: 'I applied the fix: probe again and say what changed' },
  { action: 'again', label: 'Check again', says: 'Check again: ask the same question once more' },
  { action: 'follow', label: 'Follow until it recovers', says: 'Follow: look again until the pod gets through' },
  {
    action: 'followAndPage',
    label: 'Follow, and page if it does not',
    says: 'Follow until the pod gets through; page the people on call if not',
  },
  { action: 'stop', label: 'Stop following', says: 'Stop following this flow' },
  { action: 'page', label: 'Page', says: 'Page the people on call' },
  { action: 'evidence', label: 'Show evidence', says: 'Show evidence: upload everything that was looked at' },
  { action: 'report', label: 'Incident report', says: 'Write the incident report of this thread' },
];

const LABEL_CHARACTERS = 75;
/** Slack takes 2,000; our ids are far shorter, and every character counts for the whole message. */
const VALUE_CHARACTERS = 255;

/** The buttons of a card, or no block when it has none. `choose` is no button of an answer: see notices.ts. */
export function buttonsOf(answerId: string, buttons: readonly Action[]): readonly ActionsBlock[] {
  const shown = LOOKS.filter(look => buttons.includes(look.action));
  if (shown.length === 0) return [];
  const primary = shown.find(look => look.action === 'applied') ?? shown.find(look => look.action === 'again');
  return [{ type: 'actions', elements: shown.map(look => buttonOf(look, answerId, look === primary)) }];
}

function buttonOf({ action, label, says }: Look, answerId: string, isPrimary: boolean): Button {
  return {
    type: 'button',
    action_id: ACTIONS[action],
    text: plain(label, LABEL_CHARACTERS),
    accessibility_label: says,
    value: cutPlain(answerId.toWellFormed(), VALUE_CHARACTERS),
    ...(isPrimary ? { style: 'primary' as const } : {}),
    ...(action === 'page' ? { confirm: PAGE_CONFIRM } : {}),
  };
}

/** It wakes somebody. */
const PAGE_CONFIRM = {
  title: plain('Page the people on call?', 100),
  text: plain('They get this verdict, its thread and the proposed fix.', 300),
  confirm: plain('Page', 30),
  deny: plain('Not now', 30),
};

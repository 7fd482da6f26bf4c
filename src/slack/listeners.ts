/**
 * What Slack sends, answered within its 3 s: read, handed to the queue, acknowledged with what is true by then. It is part of
 * the function that has to start and answer within that time, so nothing here knows a cluster or an evaluator.
 */
import type { App, BlockAction, MessageShortcut, ViewSubmitAction } from '@slack/bolt';
import { ASK_CALLBACK } from '../render/slack/modal.ts';
import { COMMAND, EVENTS, SHORTCUT } from './names.ts';
import { onCommand } from './on-command.ts';
import { onHome, onMention } from './on-event.ts';
import { onForm, onShortcut, onSubmission } from './on-form.ts';
import { onPress } from './on-press.ts';
import type { ListenerPorts } from './send-job.ts';
import { OPEN_FORM } from './texts.ts';

/** Registers everything but the type-ahead of the form (`options.ts`), which needs the cluster. */
export function registerListeners(app: App, ports: ListenerPorts): void {
  app.command(COMMAND, args => onCommand(ports, args));
  app.event(EVENTS.mention, args => onMention(ports, args));
  app.event(EVENTS.home, args => onHome(ports, args));
  app.shortcut<MessageShortcut>({ type: 'message_action', callback_id: SHORTCUT }, args => onShortcut(ports, args));
  app.view<ViewSubmitAction>({ type: 'view_submission', callback_id: ASK_CALLBACK }, args => onSubmission(ports, args));
  // All presses: links, and what an older version had, are acknowledged too, or Slack shows a warning.
  app.action<BlockAction>({ type: 'block_actions' }, async args => {
    const isForm = 'action_id' in args.payload && args.payload.action_id === OPEN_FORM;
    return isForm ? onForm(ports, args) : onPress(ports, args);
  });
}

/** What the person of the page does in the local Slack, and what is said when that does not work. */
import { confirmed } from './dialogs.js';
import { act } from './state.js';

/** The deeds. `announcer` is read out; `toEnd` shows the newest of a channel (threadTs null) or of the thread. */
export function deedsOf({ dialogs, announcer, toEnd }) {
  return {
    sendTo: async (channel, threadTs, text) => {
      toEnd(threadTs);
      const outcome = await act({ kind: 'send', channel, threadTs, text });
      if (outcome.kind === 'offline') announcer.textContent = 'The demo has ended: start it again with npm run demo.';
    },
    press: async (where, element, _blockId, button, entered) => {
      if (element.confirm !== undefined && !(await confirmed(element.confirm, dialogs))) return;
      button?.setAttribute('aria-busy', 'true');
      const outcome = await act({ kind: 'press', where, actionId: element.action_id, value: element.value, entered });
      button?.removeAttribute('aria-busy');
      if (outcome.kind !== 'acked') announcer.textContent = 'The app did not answer this press.';
      button?.classList.toggle('failed', outcome.kind !== 'acked');
    },
    chose,
    suggest,
    submitView: entered => act({ kind: 'submit', entered }),
    closeView: () => act({ kind: 'close' }),
    shortcut: ts => act({ kind: 'shortcut', ts }),
  };
}

/** A choice in an input of a form is sent with the form. */
function chose(where, view, element, blockId, chosen, entered) {
  const isInput = view.blocks.some(
    block => block.type === 'input' && block.block_id === blockId && block.dispatch_action !== true,
  );
  if (!isInput) void act({ kind: 'press', where, actionId: element.action_id, chosen, entered });
}

async function suggest(where, element, text) {
  const outcome = await act({ kind: 'suggest', where, actionId: element.action_id, text });
  return outcome.kind === 'options' ? outcome.options : null;
}

/** Modals of the app, and the confirmation of a button. `<dialog>` keeps the focus inside. */
import { blockNodes } from './blocks.js';
import { h, held, ICONS, icon, replaceChildren } from './dom.js';

/** Shows the topmost view; `page` acts. What is entered is kept by view until it closes. */
export function viewDialog(page, parent) {
  const entered = new Map();
  let dialog = null;
  let shown = null;
  let opener = null;

  const close = () => {
    dialog?.close();
    dialog?.remove();
    dialog = null;
    shown = null;
    opener?.focus?.();
    opener = null;
  };
  const show = views => {
    for (const id of entered.keys()) if (!views.some(view => view.id === id)) entered.delete(id);
    const open = views.at(-1);
    if (open === undefined) return dialog !== null && close();
    if (
      shown !== null &&
      shown.id === open.id &&
      shown.hash === open.hash &&
      shown.errorText === JSON.stringify(open.errors)
    )
      return;
    shown = { id: open.id, hash: open.hash, errorText: JSON.stringify(open.errors) };
    if (!entered.has(open.id)) entered.set(open.id, new Map());
    if (dialog === null) {
      opener = document.activeElement;
      dialog = h('dialog', { class: 'modal', 'aria-labelledby': 'modal-title' });
      dialog.addEventListener('cancel', event => {
        event.preventDefault();
        page.closeView();
      });
      parent.append(dialog);
      draw(dialog, open, entered.get(open.id), page);
      dialog.showModal();
      dialog.querySelector('input:not([type=checkbox]), textarea')?.focus();
    } else {
      draw(dialog, open, entered.get(open.id), page);
    }
    dialog.querySelector('[aria-invalid=true]')?.focus();
  };
  return { show };
}

function draw(dialog, open, fields, page) {
  const { view } = open;
  const where = { kind: 'view', id: open.id };
  const status = h('p', { class: 'modal-status', role: 'alert' }, open.errors[''] ?? '');
  const submit = async event => {
    event.preventDefault();
    status.textContent = '';
    const outcome = await page.submitView(Object.fromEntries(fields));
    if (outcome.kind === 'incomplete') status.textContent = `Please fill in: ${outcome.labels.join(', ')}`;
    if (outcome.kind === 'failed' || outcome.kind === 'offline')
      status.textContent = 'We had some trouble connecting. Try again?';
  };
  replaceChildren(
    dialog,
    h(
      'form',
      { class: 'modal-form', novalidate: true, on: { submit } },
      h(
        'div',
        { class: 'modal-head' },
        h('img', { src: '/icon.svg', alt: '', width: 28, height: 28, class: 'modal-icon' }),
        h('h2', { id: 'modal-title', class: 'modal-title' }, view.title.text),
        h(
          'button',
          { type: 'button', class: 'icon-button', 'aria-label': 'Close', on: { click: page.closeView } },
          icon(ICONS.close),
        ),
      ),
      h(
        'div',
        { class: 'modal-body' },
        blockNodes(view.blocks, {
          names: page.names,
          level: 3,
          surface: open.id,
          fields,
          errors: open.errors,
          suggest: (element, typed) => page.suggest(where, element, typed),
          chosen: (element, blockId, option) =>
            page.chose(where, view, element, blockId, option, Object.fromEntries(fields)),
          press: (element, blockId, button) => page.press(where, element, blockId, button, Object.fromEntries(fields)),
        }),
        status,
      ),
      h(
        'div',
        { class: 'modal-foot' },
        h('button', { type: 'button', class: 'button', on: { click: page.closeView } }, view.close?.text ?? 'Cancel'),
        view.submit === undefined ? null : h('button', { type: 'submit', class: 'button primary' }, view.submit.text),
      ),
    ),
  );
}

/** Asks `confirm` of an element. Resolves with whether it was confirmed. */
export function confirmed(confirm, parent) {
  return new Promise(resolve => {
    const opener = document.activeElement;
    const end = answer => {
      dialog.close();
      dialog.remove();
      opener?.focus?.();
      resolve(answer);
    };
    const dialog = h(
      'dialog',
      {
        class: 'modal small',
        'aria-labelledby': 'confirm-title',
        on: { cancel: held(() => end(false)) },
      },
      h('div', { class: 'modal-head' }, h('h2', { id: 'confirm-title', class: 'modal-title' }, confirm.title.text)),
      h('div', { class: 'modal-body' }, h('p', {}, confirm.text.text)),
      h(
        'div',
        { class: 'modal-foot' },
        h('button', { type: 'button', class: 'button', on: { click: () => end(false) } }, confirm.deny.text),
        h(
          'button',
          { type: 'button', class: `button ${confirm.style ?? 'primary'}`, on: { click: () => end(true) } },
          confirm.confirm.text,
        ),
      ),
    );
    parent.append(dialog);
    dialog.showModal();
  });
}

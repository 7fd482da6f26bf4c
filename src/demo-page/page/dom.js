/** Elements without innerHTML: what comes from a message is only ever text. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. Of `props`: `class`, `on` (listeners by event), `data`, and attributes; null and false leave one out.
 * Children are nodes, texts, or nested lists of them; null and false are left out.
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  return filled(element, props, children);
}

/** The same in SVG. */
function svg(tag, props, ...children) {
  return filled(document.createElementNS(SVG, tag), props, children);
}

function filled(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    else if (name === 'data') Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.flat(Number.POSITIVE_INFINITY).filter(isShown));
  return element;
}

function isShown(child) {
  return child !== null && child !== undefined && child !== false;
}

/** A listener that does `run` instead of what the browser would do: the focus stays where it is, a dialog stays open. */
export function held(run) {
  return event => {
    event.preventDefault();
    run();
  };
}

/** Puts new children in the place of the old, and the focus back to where it was by `data-key`. */
export function replaceChildren(parent, ...children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children.flat(Number.POSITIVE_INFINITY).filter(isShown));
  if (key !== undefined) parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** An icon of lines, by its path; hidden from screen readers. */
export function icon(path, size = 20) {
  return svg(
    'svg',
    { viewBox: '0 0 24 24', width: size, height: size, class: 'icon', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: path }),
  );
}

export const ICONS = {
  menu: 'M4 6h16M4 12h16M4 18h16',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M4 5l17 7-17 7 3-7-3-7zM7 12h6',
  reply: 'M4 5h16v11H11l-5 4v-4H4z',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  cross: 'M7 7l10 10M17 7L7 17',
  back: 'M15 5l-7 7 7 7',
  eye: 'M2.500 12s3.500-6.500 9.500-6.500S21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 9.200a2.800 2.800 0 100 5.600 2.800 2.800 0 000-5.600z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  search: 'M10.500 4a6.500 6.500 0 100 13 6.500 6.500 0 000-13zM15.500 15.500L21 21',
  down: 'M6 9l6 6 6-6',
  bolt: 'M13 2L5 13h6l-1 9 8-12h-6z',
};

/** `8:23 AM` of a ts, in this machine's zone. */
export function timeOf(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString('en-US', { hour: 'numeric', minute: '2-digit' });
}

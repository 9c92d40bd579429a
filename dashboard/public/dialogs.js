// The two dialogs: the reason of a decision, and the keyboard.
import { h, render } from './dom.js';
import { coded, sentence } from './pages/parts.js';

const REASON_LENGTH_MAX = 1000;
const KEYS_OFF = 'slipway-keys-off';

const dialog = () => /** @type {HTMLDialogElement} */ (document.getElementById('dialog'));
const close = () => dialog().close();

/** Single keys can be in the way of speech input, so they can be switched off. */
export const keysAreOn = () => localStorage.getItem(KEYS_OFF) === null;

/** @typedef {import('./view/release.js').Action} Action */

/**
 * @param {Action} action @param {string} about the release, as people call it
 * @param {(reason: string) => Promise<void>} send throws with a sentence when it is refused
 */
export function askReason(action, about, send) {
  let busy = false;
  let refusal = '';
  const show = () => {
    render(dialog(), [
      h(
        'div',
        { key: `reason ${action.kind}`, class: 'box' },
        h('h2', { id: 'dialog-title' }, `${action.title}: ${about}`),
        action.explain !== '' && h('p', {}, action.explain),
        h('label', { for: 'reason' }, action.reasonNeeded ? 'Reason (needed)' : 'Reason (for the record)'),
        h('textarea', { id: 'reason', rows: 3, maxlength: REASON_LENGTH_MAX, 'aria-describedby': 'refusal', on: { keydown } }),
        h('p', { id: 'refusal', class: 'refusal', role: 'alert' }, ...coded(refusal)),
        h('div', { class: 'actions' }, h('button', { key: 'send', type: 'button', class: action.tone, disabled: busy, on: { click: () => void submit() } }, busy ? 'Sending …' : action.title), h('button', { key: 'cancel', type: 'button', class: 'plain', on: { click: close } }, 'Cancel')),
      ),
    ]);
  };
  const keydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void submit();
  };
  const submit = async () => {
    const field = /** @type {HTMLTextAreaElement} */ (document.getElementById('reason'));
    const reason = field.value.trim();
    if (busy) return;
    if (action.reasonNeeded && reason === '') {
      refusal = 'Say why: those who asked for this release will read it.';
      show();
      field.focus();
      return;
    }
    busy = true;
    refusal = '';
    show();
    try {
      await send(reason);
      close();
    } catch (error) {
      const { message = 'It did not work.', hint } = /** @type {{ message?: string, hint?: string }} */ (error);
      refusal = `${sentence(message)}${hint === undefined ? '' : ` ${hint}`}`;
    }
    busy = false;
    show();
  };
  open(show);
}

const KEYS = [
  ['g p', 'the pipelines'],
  ['g h', 'the history'],
  ['j  k', 'next and previous link'],
  ['/', 'into the text filter'],
  ['1 … 9', 'a stage of the release'],
  ['a', 'approve'],
  ['r', 'reject'],
  ['p', 'skip the bake'],
  ['o', 'override a freeze'],
  ['x', 'abort'],
  ['t', 'release it again'],
  ['u', 'undo'],
  ['Ctrl Enter', 'send the decision'],
  ['← →', 'read the chart, when it has the focus'],
  ['?', 'this list'],
  ['Esc', 'close a dialog'],
];

export function showKeys() {
  const show = () =>
    render(dialog(), [
      h(
        'div',
        { key: 'keys', class: 'box' },
        h('h2', { id: 'dialog-title' }, 'Keyboard'),
        h('dl', { class: 'keys' }, ...KEYS.map(([keys = '', what = '']) => h('div', { key: keys }, h('dt', {}, ...keys.split(/\s+/).map((key) => h('kbd', {}, key))), h('dd', {}, what)))),
        h('label', { class: 'switch' }, h('input', { type: 'checkbox', id: 'keys-on', checked: keysAreOn(), on: { change: toggle } }), ' Single keys act (not while you type)'),
        h('div', { class: 'actions' }, h('button', { type: 'button', class: 'plain', on: { click: close } }, 'Close')),
      ),
    ]);
  const toggle = (/** @type {Event} */ event) => {
    const { checked } = /** @type {HTMLInputElement} */ (event.target);
    if (checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, '1');
  };
  open(show);
}

/** @param {() => void} show */
function open(show) {
  if (dialog().open) return;
  show();
  dialog().showModal();
  dialog().querySelector('textarea')?.focus();
  dialog().addEventListener('close', () => render(dialog(), []), { once: true });
}

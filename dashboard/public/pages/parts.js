// Small parts that every page uses. Pure: they answer trees.
import { h } from '../dom.js';
import { clean } from '../view/words.js';

/** @typedef {import('../view/words.js').Tone} Tone */

const SIGNS = { good: '✓', bad: '✗', busy: '●', asks: '?', quiet: '–' };

/** A state in a word, with a sign and a colour: never a colour alone. @param {string} word @param {Tone} tone */
export const badge = (word, tone) => h('span', { class: `badge ${tone}` }, h('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[tone]), ` ${word}`);

/** A share from 0 to 1. @param {number} share @param {string} label @param {string} [tone] */
export const bar = (share, label, tone = 'busy') =>
  h('svg', { class: `bar ${tone}`, viewBox: '0 0 100 6', preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, h('rect', { class: 'track', width: 100, height: 6 }), h('rect', { class: 'fill', width: Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10, height: 6 }));

/** @param {string} title @param {string} text @param {...(import('../dom.js').Child | undefined | false)} more */
export const notice = (title, text, ...more) => h('section', { class: 'notice' }, h('h2', {}, title), h('p', {}, text), ...more);

export const looking = () => h('p', { class: 'looking', role: 'status' }, 'Looking …');

/** @typedef {{ code: string, message: string, hint?: string | undefined }} Fault */

/** What is wrong, as a title people recognise. @param {Fault} fault */
export function faultTitle({ code }) {
  if (code === 'CredentialsExpired') return 'Your credentials have expired';
  if (code === 'NoCredentials') return 'There are no AWS credentials to sign with';
  if (code === 'TokenMissing') return 'This page has no token';
  if (code === 'ServerGone') return 'The dashboard has stopped';
  if (code === 'NotFound') return 'Nothing here by that name';
  if (code === 'NotAllowed' || code === 'notAllowed' || /AccessDenied|ExpiredToken/.test(code)) return 'AWS does not let you look';
  return 'The cloud does not answer';
}

/** Commands and names in a sentence stand between backticks. @param {string} text @returns {import('../dom.js').Child[]} */
export const coded = (text) => clean(text).split(/`([^`]+)`/).flatMap((part, index) => (part === '' ? [] : [index % 2 === 1 ? h('code', {}, part) : part]));

/** Instead of a page. @param {Fault} fault @param {string} [again] when it looks again */
export const faultNotice = (fault, again) => h('section', { class: 'notice fault', role: 'alert' }, h('h2', {}, faultTitle(fault)), h('p', {}, ...coded(sentence(fault.message))), fault.hint !== undefined && h('p', { class: 'hint' }, ...coded(fault.hint)), again !== undefined && h('p', { class: 'muted' }, again));

/** Above a page that shows what was last known. @param {Fault} fault @param {string} again */
export const faultStrip = (fault, again) => h('div', { key: 'strip', class: 'strip fault', role: 'alert' }, h('strong', {}, `${faultTitle(fault)}.`), ...coded(` ${sentence(fault.message)} What you see may be old. ${fault.hint ?? ''} ${again}`));

/** @param {string} text */
export const sentence = (text) => {
  const trimmed = clean(text).trim();
  const first = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?]"?$/.test(first) ? first : `${first}.`;
};

// Asks the dashboard's server, with the token of this run. The token stays in this tab, and in other tabs of this very page.
import { tokenOf } from './view/route.js';
import { clean } from './view/words.js';

const HEADER = 'x-slipway-token';
const STORED = 'slipway-token';
const TIMEOUT_MS = 40_000;
const NEIGHBOUR_MS = 300;

/** A no, or no answer: always with a sentence for people. */
export class ApiError extends Error {
  /** @param {{ code: string, message: string, hint?: string | undefined, status?: number | undefined }} fault */
  constructor({ code, message, hint, status }) {
    super(clean(message));
    this.name = 'ApiError';
    this.code = code;
    this.hint = hint === undefined ? undefined : clean(hint);
    this.status = status;
  }
}

/** Takes the token out of the address, so that it stays out of the history and of screenshots. */
export async function findToken() {
  const given = tokenOf(location.hash);
  if (given !== undefined) {
    history.replaceState(null, '', '#/');
    sessionStorage.setItem(STORED, given);
  }
  const neighbours = new BroadcastChannel('slipway-dashboard');
  const token = () => sessionStorage.getItem(STORED);
  neighbours.addEventListener('message', (event) => {
    const data = /** @type {unknown} */ (event.data);
    if (data === 'token?' && token() !== null) neighbours.postMessage(`token ${token()}`);
    else if (typeof data === 'string' && data.startsWith('token ') && token() === null) sessionStorage.setItem(STORED, data.slice('token '.length));
  });
  if (token() === null) {
    neighbours.postMessage('token?');
    await new Promise((resolve) => setTimeout(resolve, NEIGHBOUR_MS));
  }
}

/** @param {string} path @returns {Promise<unknown>} */
export const get = (path) => ask(path, {});

/** @param {string} path @param {unknown} body @returns {Promise<unknown>} */
export const post = (path, body) => ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** @param {string} path @param {RequestInit} init @returns {Promise<unknown>} */
async function ask(path, init) {
  let response;
  try {
    const headers = { ...init.headers, [HEADER]: sessionStorage.getItem(STORED) ?? '' };
    response = await fetch(`/api${path}`, { ...init, headers, signal: AbortSignal.timeout(TIMEOUT_MS), credentials: 'omit', cache: 'no-store' });
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    throw new ApiError({ code: 'ServerGone', message: late ? 'The dashboard took too long to answer.' : 'The dashboard is not running any more.', hint: 'Start `slipway dashboard` again, and open the address that it prints.' });
  }
  const body = /** @type {unknown} */ (await response.json().catch(() => undefined));
  if (response.ok && body !== undefined) return body;
  throw new ApiError({ code: 'Unknown', message: `The dashboard answered ${response.status}.`, ...faultIn(body), status: response.status });
}

/** @param {unknown} body @returns {{ code: string, message: string, hint?: string } | undefined} */
const faultIn = (body) => /** @type {{ error?: { code: string, message: string, hint?: string } } | undefined} */ (body)?.error;

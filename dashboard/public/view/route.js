// Addresses of the page, all of them in the fragment: the server needs to know none of them, and no log sees them. Pure.

/**
 * @typedef {{ page: 'pipelines' }
 *   | { page: 'release', id: string, stage: string | undefined }
 *   | { page: 'history', pipeline: string, outcome: string, text: string }
 *   | { page: 'nowhere' }} Route
 */

/** @param {string} fragment `#/releases/ID?stage=production` @returns {Route} */
export function routeOf(fragment) {
  const [path = '', query = ''] = fragment.replace(/^#/, '').split('?', 2);
  const asked = new URLSearchParams(query);
  const [, noun = '', id, ...more] = path.split('/');
  if (more.length > 0) return { page: 'nowhere' };
  if (noun === '' && id === undefined) return { page: 'pipelines' };
  if (noun === 'history' && id === undefined) return { page: 'history', pipeline: asked.get('pipeline') ?? '', outcome: asked.get('outcome') ?? '', text: asked.get('text') ?? '' };
  if (noun === 'releases' && id !== undefined && id !== '') {
    try {
      return { page: 'release', id: decodeURIComponent(id), stage: asked.get('stage') ?? undefined };
    } catch {
      return { page: 'nowhere' };
    }
  }
  return { page: 'nowhere' };
}

/** @param {string} id @param {string} [stage] */
export const releaseHref = (id, stage) => `#/releases/${encodeURIComponent(id)}${stage === undefined ? '' : `?${new URLSearchParams({ stage })}`}`;

/** @param {{ pipeline?: string, outcome?: string, text?: string }} filter */
export function historyHref(filter) {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined && value !== '');
  return `#/history${given.length === 0 ? '' : `?${new URLSearchParams(/** @type {[string, string][]} */ (given))}`}`;
}

/** The secret of this run, when the address carries it. @param {string} fragment */
export const tokenOf = (fragment) => /^#token=([\w-]{8,})$/.exec(fragment)?.[1];

// The look-alike's page: channels, messages with their threads, buttons to press as somebody, and the switches of the weather.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const bodyOfPage = `<header><strong>Slack look-alike</strong>
<label>You are <select id="user"></select></label>
<label>Slack is <select id="outage"><option value="none">well</option><option value="down">down (503)</option><option value="dead">unreachable</option><option value="mute">losing its answers</option></select></label>
<label><input type="checkbox" id="revoked"> token revoked</label></header>
<main id="channels" aria-live="polite"></main>
<dialog id="modal"><h2 id="modal-title"></h2><p id="modal-about"></p><label id="modal-label" for="modal-text"></label><textarea id="modal-text" rows="3"></textarea><p id="modal-error" role="alert"></p>
<button type="button" id="modal-cancel">Cancel</button> <button type="button" id="modal-submit" class="danger"></button></dialog>`;

/** `folder` holds the style and the script. */
export function page(folder: string): { html: string; nonce: string } {
  const nonce = randomBytes(16).toString('base64');
  const style = readFileSync(join(folder, 'page.css'), 'utf8');
  const script = readFileSync(join(folder, 'page.client.mjs'), 'utf8');
  return {
    nonce,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Slack look-alike</title><style nonce="${nonce}">${style}</style></head><body>${bodyOfPage}<script nonce="${nonce}">${script}</script></body></html>`,
  };
}

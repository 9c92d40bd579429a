// Slack's mrkdwn as a browser shows it. Calls to everybody are marked, so that a test and a person see at once that there is one.

const escapeHtml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
/** What Slack escapes and nothing more. */
const unescape = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

export function htmlOfMrkdwn(mrkdwn: string, nameOf: (userId: string) => string): string {
  const parts = mrkdwn.split(/(```[\s\S]*?```|`[^`\n]+`|<[^<>]+>)/);
  return parts
    .map((part) => {
      if (part.startsWith('```') && part.length > 5) return `<pre>${escapeHtml(unescape(part.slice(3, -3).trim()))}</pre>`;
      if (part.startsWith('`') && part.length > 2) return `<code>${escapeHtml(unescape(part.slice(1, -1)))}</code>`;
      if (part.startsWith('<') && part.endsWith('>')) return special(part.slice(1, -1), nameOf);
      return escapeHtml(unescape(part)).replace(/\*([^*\n]+)\*/g, '<b>$1</b>').replaceAll('\n', '<br>');
    })
    .join('');
}

function special(inside: string, nameOf: (userId: string) => string): string {
  const date = /^!date\^(\d+)\^([^|]*)\|(.*)$/.exec(inside);
  if (date) return `<time data-ms="${date[1] ?? ''}000" data-format="${escapeHtml(date[2] ?? '')}">${escapeHtml(date[3] ?? '')}</time>`;
  if (inside.startsWith('@')) return `<span class="mention">@${escapeHtml(nameOf(inside.slice(1)))}</span>`;
  if (inside.startsWith('!')) return `<span class="everybody">@${escapeHtml(inside.slice(1))}</span>`;
  const [address = '', label = address] = inside.split('|');
  return /^https?:/.test(address) ? `<a href="${escapeHtml(unescape(address))}" rel="noreferrer" target="_blank">${escapeHtml(unescape(label))}</a>` : escapeHtml(unescape(inside));
}

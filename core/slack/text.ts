// Text that came from outside (tags, reasons, log lines, names), made fit for a Slack message: no mention, no link, no markup that
// the writer of it chose, and never longer than Slack takes.
// https://docs.slack.dev/messaging/formatting-message-text

/** Line feeds and tabs stay. The rest either does nothing in a message or turns the order of reading around. */
const UNSHOWN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** Half of a surrogate pair: no JSON parser owes us anything for it. */
const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

const ELLIPSIS = '…';

const clean = (text: string): string => text.replace(/\r\n?/g, '\n').replace(UNSHOWN, '').replace(HALVES, '');

const escapeCharacters = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Cuts to `lengthMax` UTF-16 units, without cutting a surrogate pair in two. */
export function clip(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  return `${text.slice(0, Math.max(0, lengthMax - 1)).replace(/[\ud800-\udbff]$/, '')}${ELLIPSIS}`;
}

/** For `plain_text` objects, where Slack interprets nothing. */
export const plain = (text: string, lengthMax: number): string => clip(clean(text).replace(/\s+/g, ' ').trim(), lengthMax);

/** For `mrkdwn` text and the `text` of a message. Cut before it is escaped, so that no `&lt;` is cut in two: at most five times as long. */
export const escaped = (text: string, lengthMax = 500): string => escapeCharacters(clip(clean(text), lengthMax)).trim();

/** The same on one line, without back-ticks: one of them would turn everything after it into code. */
export const inline = (text: string, lengthMax = 200): string => escaped(text.replace(/\s+/g, ' ').replaceAll('`', "'"), lengthMax);

/** Inline code: what stands in it is shown as it is, so a back-tick must not end it early. */
export const code = (text: string, lengthMax = 200): string => `\`${inline(text, lengthMax) || ' '}\``;

/** One line of what Slipway says, where commands stand between back-ticks: they are shown as code. Back-ticks that do not pair up are none of ours. */
export function prose(text: string, lengthMax = 200): string {
  const parts = clip(clean(text).replace(/\s+/g, ' ').trim(), lengthMax).split('`');
  if (parts.length % 2 === 0) return inline(text, lengthMax);
  return parts.map((part, index) => (index % 2 === 0 ? escapeCharacters(part) : code(part, lengthMax))).join('');
}

/** A block of code, of which the end is the part that matters (the last lines of a log). */
export function codeBlock(text: string, lengthMax: number): string {
  const cleaned = clean(text).replaceAll('```', "'''");
  const kept = cleaned.length <= lengthMax ? cleaned : `${ELLIPSIS}${cleaned.slice(cleaned.length - lengthMax + 1).replace(/^[\udc00-\udfff]/, '')}`;
  return `\`\`\`\n${escapeCharacters(kept)}\n\`\`\``;
}

/** A time that every reader sees in their own time zone. https://docs.slack.dev/messaging/formatting-message-text#date-formatting */
export const localTime = (atMs: number): string => date(atMs, '{date_short_pretty} {time_secs}');

/** For what is said to the minute. */
export const localMinute = (atMs: number): string => date(atMs, '{date_short_pretty} {time}');

/** What is counted down to: Slack's clients say themselves how long it is still, whenever they are looked at. */
export const until = (atMs: number): string => `until ${date(atMs, '{date_short_pretty} {time_secs} ({ago})')}`;

function date(atMs: number, format: string): string {
  const seconds = Math.floor(atMs / 1000);
  const fallback = `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return `<!date^${seconds}^${format}|${fallback}>`;
}

/** Only what can be a Slack user id becomes a mention. */
export const mention = (userId: string): string => (/^[UW][A-Z0-9]{2,20}$/.test(userId) ? `<@${userId}>` : inline(userId));

export const link = (url: string, label: string): string => `<${encodeURI(url).replaceAll('|', '%7C').replaceAll('>', '%3E')}|${inline(label)}>`;

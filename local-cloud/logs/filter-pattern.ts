// Filter patterns of FilterLogEvents: terms of plain text, or a selector over JSON messages.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
// Space-delimited patterns (`[ip, user, ...]`) and regular expressions (`%...%`) are not modelled.
import { NotModelled } from '../kernel/errors.ts';
import { parseJsonPattern } from './json-pattern.ts';

export type Matcher = (message: string) => boolean;

export function parseFilterPattern(pattern: string | undefined): Matcher {
  const text = (pattern ?? '').trim();
  if (text === '') return () => true;
  if (text.startsWith('[')) throw new NotModelled('space-delimited filter patterns');
  if (text.includes('%')) throw new NotModelled('regular expressions in filter patterns');
  return text.startsWith('{') ? parseJsonPattern(text) : parseTerms(text);
}

/** `a b`: both; `?a ?b`: either; `-a`: not; `"a b"`: the phrase. With plain terms, optional ones (`?`) do not matter. */
function parseTerms(text: string): Matcher {
  const all: string[] = [];
  const any: string[] = [];
  const none: string[] = [];
  for (const [, sign, phrase, word] of text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const term = phrase === undefined ? (word ?? '') : phrase.replace(/\\(.)/g, '$1');
    (sign === '?' ? any : sign === '-' ? none : all).push(term);
  }
  return (message) => {
    const has = (term: string): boolean => message.includes(term);
    if (none.some(has)) return false;
    return all.length > 0 ? all.every(has) : any.length === 0 || any.some(has);
  };
}

// Pages of a list. A token is the position of the next page's first item; it is opaque to callers.
import { invalidNextToken } from './faults.ts';

export function pageOf<Item>(items: readonly Item[], size: number, token: string | undefined): { page: Item[]; nextToken: string | undefined } {
  const from = token === undefined ? 0 : positionOf(token);
  const end = from + size;
  return { page: items.slice(from, end), nextToken: end < items.length ? tokenOf(end) : undefined };
}

export const tokenOf = (position: number): string => Buffer.from(`at:${position}`).toString('base64url');

export function positionOf(token: string): number {
  const digits = /^at:(\d+)$/.exec(Buffer.from(token, 'base64url').toString())?.[1];
  if (digits === undefined) throw invalidNextToken();
  return Number(digits);
}

// Pages of lists, with tokens that only this service can have written.
import { AwsError } from '../../kernel/errors.ts';

const LARGEST_PAGE = 1000;
const DEFAULT_PAGE = 100;

/** `list` must keep its order between calls: new items go to the end. */
export function pageOf<Item>(list: readonly Item[], { maxResults, nextToken }: { maxResults?: number; nextToken?: string }): { items: Item[]; nextToken: string | undefined } {
  if (maxResults !== undefined && (maxResults < 0 || maxResults > LARGEST_PAGE)) {
    throw new AwsError('ValidationException', `1 validation error detected: Value '${maxResults}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to ${LARGEST_PAGE}`);
  }
  const size = maxResults || DEFAULT_PAGE; // 0 asks for the default
  const first = nextToken === undefined ? 0 : readOffset(nextToken);
  const items = list.slice(first, first + size);
  return { items, nextToken: first + size < list.length ? writeOffset(first + size) : undefined };
}

const writeOffset = (offset: number) => Buffer.from(JSON.stringify({ offset })).toString('base64');

function readOffset(token: string): number {
  const match = /^\{"offset":(\d+)\}$/.exec(Buffer.from(token, 'base64').toString());
  if (!match) throw new AwsError('InvalidToken', `Invalid Token: 'Invalid token'`);
  return Number(match[1]);
}

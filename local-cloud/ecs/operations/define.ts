// Ties an operation's permissions to its handler with the SDK's types, and forgets the types again for the table of operations.
import type { Answer, CallContext, Operation, Permission } from '../../kernel/service.ts';

export type Operations = Record<string, Operation>;

export function operation<Input, Output>(definition: {
  permissions(input: Input, context: CallContext): Permission[];
  handle(input: Input, context: CallContext): Answer<Output> | Promise<Answer<Output>>;
}): Operation {
  return definition;
}

/** One page of a list, with a token that is the index of the next item. */
export function page<Item>(items: Item[], input: { nextToken?: string | undefined; maxResults?: number | undefined }, defaultSize: number): { items: Item[]; nextToken: string | undefined } {
  const from = input.nextToken === undefined ? 0 : Number(Buffer.from(input.nextToken, 'base64').toString());
  const to = from + Math.min(100, input.maxResults ?? defaultSize);
  return { items: items.slice(from, to), nextToken: to < items.length ? Buffer.from(String(to)).toString('base64') : undefined };
}

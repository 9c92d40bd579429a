// ProjectionExpression: document paths, separated by commas.
import type { Placeholders } from './placeholders.ts';
import type { Path } from './syntax.ts';
import { TokenReader } from './token-reader.ts';
import { refuseMixedPaths } from './update-parser.ts';

export function parseProjection(expression: string, placeholders: Placeholders): Path[] {
  const reader = new TokenReader('ProjectionExpression', expression, placeholders);
  const paths = [reader.path()];
  while (reader.acceptSymbol(',')) paths.push(reader.path());
  reader.expectEnd();
  refuseMixedPaths(reader, paths);
  return paths;
}

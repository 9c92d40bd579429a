// Cuts an expression into tokens. All four kinds of expression share one vocabulary.

export type TokenKind = 'identifier' | 'namePlaceholder' | 'valuePlaceholder' | 'number' | 'symbol' | 'end';

export interface Token {
  kind: TokenKind;
  text: string;
  /** Where the token starts in the expression. */
  offset: number;
}

const TOKEN = /\s*(?:(?<namePlaceholder>#[A-Za-z0-9_]+)|(?<valuePlaceholder>:[A-Za-z0-9_]+)|(?<identifier>[A-Za-z_][A-Za-z0-9_]*)|(?<number>\d+)|(?<symbol><>|<=|>=|[=<>()[\],.+-]))/y;

export const END_TOKEN_TEXT = '<EOF>';

const KEPT = 1000;
/** By text: programs have few expressions and send each of them often. */
const known = new Map<string, readonly Token[]>();

export function tokensOf(expression: string, refuse: (character: string, offset: number) => never): readonly Token[] {
  const before = known.get(expression);
  if (before) return before;
  const tokens = tokenize(expression, refuse);
  if (known.size >= KEPT) known.clear();
  known.set(expression, tokens);
  return tokens;
}

/** `refuse` is given the piece of text that no token starts with. */
function tokenize(expression: string, refuse: (character: string, offset: number) => never): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  const end = expression.trimEnd().length;
  while (pattern.lastIndex < end) {
    const from = pattern.lastIndex;
    const match = pattern.exec(expression);
    if (!match) {
      const rest = expression.slice(from).trimStart();
      return refuse(rest.slice(0, 1), expression.length - rest.length);
    }
    const [kind, text] = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined) ?? ['symbol', ''];
    tokens.push({ kind: kind as TokenKind, text: text ?? '', offset: pattern.lastIndex - (text ?? '').length });
  }
  tokens.push({ kind: 'end', text: END_TOKEN_TEXT, offset: expression.length });
  return tokens;
}

// What the parsers share: looking at tokens, refusing them in AWS's words, and reading document paths and placeholders.
import type { AttributeValue } from '../attribute-values.ts';
import { validation } from '../errors.ts';
import type { Placeholders } from './placeholders.ts';
import { isReservedWord } from './reserved-words.ts';
import type { Path } from './syntax.ts';
import type { Token } from './tokens.ts';
import { tokensOf } from './tokens.ts';

export type ExpressionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression';

export class TokenReader {
  readonly kind: ExpressionKind;
  private readonly expression: string;
  private readonly placeholders: Placeholders;
  private readonly tokens: readonly Token[];
  private index = 0;

  constructor(kind: ExpressionKind, expression: string, placeholders: Placeholders) {
    this.kind = kind;
    this.expression = expression;
    this.placeholders = placeholders;
    if (expression.trim() === '') throw this.invalid('The expression can not be empty;');
    if (Buffer.byteLength(expression, 'utf8') > 4096) throw this.invalid('Expression size has exceeded the maximum allowed size;');
    this.tokens = tokensOf(expression, (character, offset) => {
      throw this.invalid(`Syntax error; token: "${character}", near: "${expression.slice(Math.max(0, offset - 10), offset + 10).trim()}"`);
    });
  }

  invalid(detail: string): Error {
    return validation(`Invalid ${this.kind}: ${detail}`);
  }

  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.index + ahead, this.tokens.length - 1)] ?? { kind: 'end', text: '', offset: 0 };
  }

  next(): Token {
    const token = this.peek();
    this.index++;
    return token;
  }

  isSymbol(text: string): boolean {
    const token = this.peek();
    return token.kind === 'symbol' && token.text === text;
  }

  acceptSymbol(text: string): boolean {
    const found = this.isSymbol(text);
    if (found) this.index++;
    return found;
  }

  expectSymbol(text: string): void {
    if (!this.acceptSymbol(text)) throw this.syntaxError();
  }

  /** Keywords are identifiers in any letter case. */
  isKeyword(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === 'identifier' && token.text.toUpperCase() === word;
  }

  acceptKeyword(word: string): boolean {
    const found = this.isKeyword(word);
    if (found) this.index++;
    return found;
  }

  expectEnd(): void {
    if (this.peek().kind !== 'end') throw this.syntaxError();
  }

  /** Names the token at hand and its neighbours, as AWS does. */
  syntaxError(): Error {
    const token = this.peek();
    const from = this.tokens[Math.max(0, this.index - 1)] ?? token;
    const after = this.peek(1);
    const near = this.expression.slice(from.offset, after.kind === 'end' ? undefined : after.offset + after.text.length).trim();
    return this.invalid(`Syntax error; token: "${token.text}", near: "${near}"`);
  }

  startsFunction(): boolean {
    const after = this.peek(1);
    return this.peek().kind === 'identifier' && after.kind === 'symbol' && after.text === '(';
  }

  value(): AttributeValue {
    const token = this.peek();
    if (token.kind !== 'valuePlaceholder') throw this.syntaxError();
    this.index++;
    const value = this.placeholders.value(token.text);
    if (!value) throw this.invalid(`An expression attribute value used in expression is not defined; attribute value: ${token.text}`);
    return value;
  }

  path(): Path {
    const steps: (string | number)[] = [this.pathName()];
    for (;;) {
      if (this.acceptSymbol('.')) {
        steps.push(this.pathName());
      } else if (this.acceptSymbol('[')) {
        const index = this.peek();
        if (index.kind !== 'number') throw this.syntaxError();
        this.index++;
        this.expectSymbol(']');
        steps.push(Number(index.text));
      } else {
        return steps;
      }
    }
  }

  private pathName(): string {
    const token = this.peek();
    if (token.kind === 'identifier') {
      if (isReservedWord(token.text)) throw this.invalid(`Attribute name is a reserved keyword; reserved keyword: ${token.text}`);
      this.index++;
      return token.text;
    }
    if (token.kind !== 'namePlaceholder') throw this.syntaxError();
    this.index++;
    const name = this.placeholders.name(token.text);
    if (name === undefined) {
      throw this.invalid(`An expression attribute name used in the document path is not defined; attribute name: ${token.text}`);
    }
    return name;
  }
}

// What expressions parse to. Placeholders are resolved while parsing, so these trees hold real names and values.
import type { AttributeValue } from '../attribute-values.ts';

/** `a.b[2].c`: attribute and map member names are strings, list indexes numbers. The first step is always a name. */
export type Path = readonly (string | number)[];

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type Operand = { kind: 'path'; path: Path } | { kind: 'value'; value: AttributeValue } | { kind: 'size'; path: Path };

export type Condition =
  | { kind: 'and'; left: Condition; right: Condition }
  | { kind: 'or'; left: Condition; right: Condition }
  | { kind: 'not'; condition: Condition }
  | { kind: 'compare'; comparator: Comparator; left: Operand; right: Operand }
  | { kind: 'between'; operand: Operand; lower: Operand; upper: Operand }
  | { kind: 'in'; operand: Operand; candidates: Operand[] }
  | { kind: 'attributeExists'; path: Path; negated: boolean }
  | { kind: 'attributeType'; path: Path; type: string }
  | { kind: 'beginsWith'; operand: Operand; prefix: Operand }
  | { kind: 'contains'; operand: Operand; element: Operand };

/** The right side of SET. */
export type SetOperand =
  | { kind: 'path'; path: Path }
  | { kind: 'value'; value: AttributeValue }
  | { kind: 'ifNotExists'; path: Path; otherwise: SetOperand }
  | { kind: 'listAppend'; left: SetOperand; right: SetOperand }
  | { kind: 'plus' | 'minus'; left: SetOperand; right: SetOperand };

export type UpdateAction =
  | { kind: 'set'; path: Path; operand: SetOperand }
  | { kind: 'remove'; path: Path }
  | { kind: 'add'; path: Path; value: AttributeValue }
  | { kind: 'delete'; path: Path; value: AttributeValue };

/** As AWS's messages print a path: `[a, b, [2]]`. */
export const pathText = (path: Path): string => `[${path.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(', ')}]`;

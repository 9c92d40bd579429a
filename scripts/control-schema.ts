// Makes docs/control-api.schema.json out of the types in core/view, by asking the compiler what they are. It knows what those types
// use and refuses the rest, so that nothing is published that says less than the code. `npm run schema` writes the file; a test
// keeps it up to date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

type Json = { [key: string]: unknown };

const ROOT = join(import.meta.dirname, '..');
const TYPES = join(ROOT, 'core/view/api.ts');
export const SCHEMA_FILE = join(ROOT, 'docs/control-api.schema.json');

export function controlSchema(): Json {
  const program = ts.createProgram([TYPES], { strict: true, exactOptionalPropertyTypes: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, allowImportingTsExtensions: true, noEmit: true, types: [] });
  return new Generator(program).schema();
}

class Generator {
  private readonly checker: ts.TypeChecker;
  private readonly file: ts.SourceFile;
  private readonly definitions = new Map<string, Json>();

  constructor(program: ts.Program) {
    this.checker = program.getTypeChecker();
    const file = program.getSourceFile(TYPES);
    if (!file) throw new Error(`${TYPES} is not there`);
    this.file = file;
  }

  schema(): Json {
    const routes = Object.fromEntries(
      this.exported('ControlRoutes').getProperties().map((route) => {
        const parts = this.typeOf(route).getProperties().map((part): [string, Json] => [part.name, this.schemaOf(this.typeOf(part), `${route.name} ${part.name}`)]);
        return [route.name, { ...Object.fromEntries(parts), errors: this.reference('ControlErrorAnswer') }];
      }),
    );
    const statuses = Object.fromEntries(this.exported('ControlErrorCode', 'types').map((code) => [code, this.statusOf(code)]));
    return {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'The control API of Slipway, version 1',
      description: 'Made by `npm run schema` from core/view. Every route with the schema of its query, request and answer; answers may gain keys.',
      routes,
      errorStatus: statuses,
      $defs: Object.fromEntries([...this.definitions].sort(([one], [other]) => (one < other ? -1 : 1))),
    };
  }

  private exported(name: string): ts.Type;
  private exported(name: string, as: 'types'): string[];
  private exported(name: string, as?: 'types'): ts.Type | string[] {
    const module = this.checker.getSymbolAtLocation(this.file);
    const symbol = module && this.checker.getExportsOfModule(module).find((one) => one.name === name);
    if (!symbol) throw new Error(`core/view/api.ts exports no ${name}`);
    const type = this.checker.getDeclaredTypeOfSymbol(symbol);
    if (as === undefined) return type;
    return (type.isUnion() ? type.types : [type]).map((one) => String((one as ts.StringLiteralType).value));
  }

  private statusOf(code: string): number {
    const text = new RegExp(`^  ${code}: (\\d{3}),$`, 'm').exec(this.file.text)?.[1];
    if (text === undefined) throw new Error(`CONTROL_ERROR_STATUS does not spell out ${code}`);
    return Number(text);
  }

  private reference(name: string): Json {
    return this.schemaOf(this.exported(name), name);
  }

  private schemaOf(type: ts.Type, at: string): Json {
    const { flags } = type;
    if (flags & ts.TypeFlags.Unknown) return {};
    if (flags & ts.TypeFlags.String) return { type: 'string' };
    if (flags & ts.TypeFlags.Number) return { type: 'number' };
    if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' };
    if (type.isStringLiteral() || type.isNumberLiteral()) return { enum: [type.value] };
    if (flags & ts.TypeFlags.BooleanLiteral) return { enum: [this.checker.typeToString(type) === 'true'] };
    if (type.isUnion()) return this.union(type, at);
    if (this.checker.isTupleType(type)) return this.tuple(type as ts.TupleTypeReference, at);
    if (this.checker.isArrayType(type)) return { type: 'array', items: this.schemaOf(this.argument(type, at), `${at}[]`) };
    const name = type.aliasSymbol?.name ?? type.symbol?.name;
    if (name === undefined || name === '__type') return this.object(type, at);
    this.define(name, type, (one) => this.object(one, name));
    return { $ref: `#/$defs/${name}` };
  }

  private define(name: string, type: ts.Type, make: (type: ts.Type) => Json): void {
    if (this.definitions.has(name)) return;
    this.definitions.set(name, {});
    this.definitions.set(name, { ...describe((type.aliasSymbol ?? type.symbol).getDocumentationComment(this.checker)), ...make(type) });
  }

  private union(type: ts.UnionType, at: string): Json {
    const shape = (): Json => {
      const literals = type.types.filter((one) => one.isStringLiteral() || one.isNumberLiteral() || (one.flags & ts.TypeFlags.BooleanLiteral) !== 0);
      if (literals.length === type.types.length) return { enum: literals.map((one) => (this.schemaOf(one, at)['enum'] as unknown[])[0]) };
      return { anyOf: type.types.map((one) => this.schemaOf(one, at)) };
    };
    const name = type.aliasSymbol?.name;
    if (name === undefined) return shape();
    this.define(name, type, shape);
    return { $ref: `#/$defs/${name}` };
  }

  private tuple(type: ts.TupleTypeReference, at: string): Json {
    const [first, ...others] = this.checker.getTypeArguments(type);
    if (first === undefined || others.some((other) => other !== first)) throw new Error(`${at}: a tuple of different things`);
    return { type: 'array', items: this.schemaOf(first, at), minItems: others.length + 1, maxItems: others.length + 1 };
  }

  private argument(type: ts.Type, at: string): ts.Type {
    const [of] = this.checker.getTypeArguments(type as ts.TypeReference);
    if (!of) throw new Error(`${at}: an array of what?`);
    return of;
  }

  private object(type: ts.Type, at: string): Json {
    if ((type.flags & ts.TypeFlags.Object) === 0 || type.getCallSignatures().length > 0 || this.checker.getIndexInfosOfType(type).length > 0) throw new Error(`${at}: ${this.checker.typeToString(type)} has no schema`);
    const members = type.getProperties();
    const required = members.filter((member) => (member.flags & ts.SymbolFlags.Optional) === 0).map(({ name }) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(members.map((member) => [member.name, { ...describe(member.getDocumentationComment(this.checker)), ...this.schemaOf(this.typeOf(member), `${at}.${member.name}`) }])),
      ...(required.length === 0 ? {} : { required }),
    };
  }

  /** Without the `undefined` that stands for a key being absent. */
  private typeOf(symbol: ts.Symbol): ts.Type {
    const type = this.checker.getTypeOfSymbol(symbol);
    return type.flags & ts.TypeFlags.Unknown ? type : this.checker.getNonNullableType(type);
  }
}

function describe(comment: ts.SymbolDisplayPart[]): Json {
  const text = ts.displayPartsToString(comment).replaceAll(/\s+/g, ' ').trim();
  return text === '' ? {} : { description: text };
}

export const schemaText = (): string => `${JSON.stringify(controlSchema(), null, 2)}\n`;

if (process.argv[1] === import.meta.filename) writeFileSync(SCHEMA_FILE, schemaText());

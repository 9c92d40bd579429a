// `slipway.yml` with its lines: reads the file, and says of every fault where in the text it is.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments } from 'yaml';
import type { Fault } from '../core/pipeline/index.ts';
import { CliError, codeOf, messageOf } from './exit.ts';
import { clean, type Paint } from './print.ts';

export interface LocatedFault extends Fault {
  file: string;
  line: number;
  column: number;
}

export interface SpecificationFile {
  /** As the user named it. */
  name: string;
  value: unknown;
  /** Faults of YAML itself; when there are any, `value` is not to be used. */
  faults: LocatedFault[];
  locate: (fault: Fault) => LocatedFault;
  /** The text of a line, counted from 1. */
  line: (line: number) => string;
}

export async function readSpecificationFile(name: string, workingFolder: string): Promise<SpecificationFile> {
  let text: string;
  try {
    text = await readFile(resolve(workingFolder, name), 'utf8');
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    throw new CliError(missing ? 'notFound' : 'badInput', missing ? `there is no ${name} here` : `${name} cannot be read`, {
      hint: missing ? 'Name it with --file PATH, or change to the folder it is in.' : messageOf(error),
      cause: error,
    });
  }
  return parseSpecificationText(text, name);
}

export function parseSpecificationText(text: string, name: string): SpecificationFile {
  const lines = text.split(/\r?\n/);
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false, merge: true });
  const [document] = Array.isArray(documents) ? documents : [];
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const faults: LocatedFault[] = [];
  for (const error of document === undefined ? [] : [...document.errors, ...document.warnings]) {
    faults.push({ file: name, path: [], message: clean(error.message), hint: hintFor(error.code), ...at(error.pos[0]) });
  }
  const second = Array.isArray(documents) ? documents[1] : undefined;
  if (second !== undefined) {
    faults.push({ file: name, path: [], message: 'a second YAML document starts here', hint: 'One file holds one specification: remove the --- line.', ...at(second.range[0]) });
  }

  let value: unknown = null;
  if (faults.length === 0 && document !== undefined) {
    try {
      value = document.toJS();
    } catch (error) {
      faults.push({ file: name, path: [], message: clean(messageOf(error)), line: 1, column: 1 });
    }
  }
  return {
    name,
    value,
    faults,
    locate: (fault) => ({ ...fault, file: name, ...at(document === undefined ? 0 : offsetOf(document, fault)) }),
    line: (line) => lines[line - 1] ?? '',
  };
}

function hintFor(code: string): string | undefined {
  if (code === 'TAB_AS_INDENT') return 'YAML is indented with spaces.';
  if (code === 'DUPLICATE_KEY') return 'Every key stands once in its mapping.';
  if (code === 'BAD_INDENT') return 'Lines of one mapping start in the same column.';
  return undefined;
}

/** Where the path ends; where it leads nowhere (a key that is missing), the last place on the way that exists. */
function offsetOf(document: Document, fault: Fault): number {
  let node = resolved(document, document.contents);
  let offset = node?.range?.[0] ?? 0;
  for (const [depth, step] of fault.path.entries()) {
    const isLast = depth === fault.path.length - 1;
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find((item) => isPair(item) && keyOf(item) === String(step));
      if (pair === undefined) return offset;
      const keyOffset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      const written = isNode(pair.value) ? pair.value : undefined;
      // A mapping or list that lacks something is found by its key; a value that is wrong is found itself.
      const pointsAtKey = (isLast && fault.at === 'key') || written === undefined || written.range == null || isMap(written) || isSeq(written) || isEmpty(written);
      offset = pointsAtKey ? keyOffset : (written.range?.[0] ?? keyOffset);
      node = resolved(document, written);
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(step)];
      if (!isNode(item)) return offset;
      offset = item.range?.[0] ?? offset;
      node = resolved(document, item);
    } else {
      return offset;
    }
  }
  return offset;
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === '';
}

function resolved(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isNode(node) ? node : undefined;
}

/** The way compilers do it: place and message, the line, a mark, the hint. */
export function printFaults(faults: readonly LocatedFault[], source: SpecificationFile, paint: Paint): string {
  return [...faults]
    .sort((left, right) => left.line - right.line || left.column - right.column)
    .map((fault) => {
      const margin = ' '.repeat(String(fault.line).length + 3);
      const text = source.line(fault.line);
      const shown = clean(text.length > 160 ? `${text.slice(0, 157)}...` : text);
      return [
        `${paint('bold', `${fault.file}:${fault.line}:${fault.column}`)}  ${paint('red', clean(fault.message))}`,
        ...(text.trim() === '' ? [] : [`${paint('dim', `  ${fault.line} |`)} ${shown}`, `${paint('dim', `${margin}|`)} ${' '.repeat(Math.min(fault.column, 160) - 1)}${paint('red', '^')}`]),
        ...(fault.hint === undefined ? [] : [`${paint('dim', `${margin}=`)} ${clean(fault.hint)}`]),
        '',
      ].join('\n');
    })
    .join('\n');
}

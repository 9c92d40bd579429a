// The query protocol: forms with dotted names in (`Rules.member.1.Priority=5`), XML out.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
import type { Member, Shape } from './shape.ts';
import { asDate, base64, below, plainBytes, readTimestamp, scalarText, unknownMember, wrongType } from './values.ts';
import type { Wire } from './values.ts';

/** A form as the tree that its dotted names spell. */
export interface FormNode {
  value?: string;
  children: Map<string, FormNode>;
}

const emptyNode = (): FormNode => ({ children: new Map() });

/** Builds the tree; `Action` and `Version` belong to the protocol and stay out of it. */
export function formTree(form: URLSearchParams): FormNode {
  const root = emptyNode();
  for (const [name, value] of form) {
    if (name === 'Action' || name === 'Version') continue;
    let node = root;
    for (const part of name.split('.')) {
      const child = node.children.get(part) ?? emptyNode();
      node.children.set(part, child);
      node = child;
    }
    node.value = value;
  }
  return root;
}

export function readForm(shape: Shape, node: FormNode, path: string, traits: Member['traits'] = {}): unknown {
  switch (shape.kind) {
    case 'structure':
      return readFormMembers(shape.members, node, path);
    case 'list':
      return readFormList(shape.item, node, path, traits.xmlFlattened === true);
    case 'map':
      return readFormMap(shape, node, path, traits.xmlFlattened === true);
    case 'unit':
      return readFormMembers([], node, path);
    default:
      return node.value === undefined ? undefined : readText(shape, node.value, path);
  }
}

function readFormMembers(members: readonly Member[], node: FormNode, path: string): Wire {
  const read: Wire = {};
  const names = new Set<string>();
  for (const member of members) {
    const name = member.traits.xmlName ?? member.name;
    names.add(name);
    const child = node.children.get(name);
    const value = child && readForm(member.shape, child, below(path, member.name), member.traits);
    if (value !== undefined) read[member.name] = value;
  }
  for (const name of node.children.keys()) if (!names.has(name)) throw unknownMember(below(path, name));
  return read;
}

const inOrder = (node: FormNode): [string, FormNode][] => [...node.children].sort(([a], [b]) => Number(a) - Number(b));

function readFormList(item: Member, node: FormNode, path: string, flattened: boolean): unknown[] {
  // Clients send an empty list as `Name=`, and most items under `member` even where the schema names them otherwise.
  const items = flattened ? node : (node.children.get(item.traits.xmlName ?? 'member') ?? node.children.get('member'));
  if (!items) return [];
  return inOrder(items).map(([index, child]) => readForm(item.shape, child, below(path, index), item.traits));
}

function readFormMap(shape: Extract<Shape, { kind: 'map' }>, node: FormNode, path: string, flattened: boolean): Wire {
  const entries = flattened ? node : node.children.get('entry');
  const map: Wire = {};
  for (const [index, child] of entries ? inOrder(entries) : []) {
    const key = child.children.get(shape.key.traits.xmlName ?? 'key')?.value;
    const value = child.children.get(shape.value.traits.xmlName ?? 'value');
    if (key === undefined || !value) throw wrongType(below(path, index), 'a key and a value');
    map[key] = readForm(shape.value.shape, value, below(path, key), shape.value.traits);
  }
  return map;
}

/** A scalar written as text, in a form, a query string, a header or a path. */
export function readText(shape: Shape, text: string, path: string): unknown {
  switch (shape.kind) {
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw wrongType(path, 'true or false');
      return text === 'true';
    case 'number': {
      const number = Number(text);
      if (text.trim() === '' || (Number.isNaN(number) && text !== 'NaN')) throw wrongType(path, 'a number');
      return number;
    }
    case 'blob':
      return plainBytes(Buffer.from(text, 'base64'));
    case 'timestamp':
      return readTimestamp(text, path);
    case 'string':
    case 'bigNumber':
    case 'document':
      return text;
    case 'structure':
    case 'list':
    case 'map':
    case 'unit':
      throw wrongType(path, `a ${shape.kind}, which text cannot carry`);
  }
}

// ---- XML -------------------------------------------------------------------------------------------------------------------

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Line breaks and their relatives as numeric entities: XML parsers would fold them otherwise. */
export const escapeXml = (text: string): string =>
  text.replace(/[&<>"'\r\n\u0085\u2028]/g, (char) => ENTITIES[char] ?? `&#x${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()};`);

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

export function writeXml(shape: Shape, value: unknown, name: string, path: string, traits: Member['traits'] = {}): string {
  if (value === null || value === undefined) return '';
  switch (shape.kind) {
    case 'structure': {
      const source = value as Wire;
      return element(name, shape.members.map((member) => writeXmlMember(member, source[member.name], path)).join(''));
    }
    case 'list': {
      const itemName = traits.xmlFlattened ? name : (shape.item.traits.xmlName ?? 'member');
      const items = (value as unknown[]).map((item, index) => writeXml(shape.item.shape, item, itemName, below(path, index), shape.item.traits)).join('');
      return traits.xmlFlattened ? items : element(name, items);
    }
    case 'map': {
      const entryName = traits.xmlFlattened ? name : 'entry';
      const entries = Object.entries(value as Wire).map(([key, item]) =>
        element(
          entryName,
          element(shape.key.traits.xmlName ?? 'key', escapeXml(key)) +
            writeXml(shape.value.shape, item, shape.value.traits.xmlName ?? 'value', below(path, key), shape.value.traits),
        ),
      );
      return traits.xmlFlattened ? entries.join('') : element(name, entries.join(''));
    }
    case 'timestamp':
      return element(name, asDate(value, path).toISOString());
    case 'blob':
      return element(name, base64(value));
    case 'string':
    case 'boolean':
    case 'number':
    case 'bigNumber':
    case 'document':
      return element(name, escapeXml(scalarText(value, path)));
    case 'unit':
      return element(name, '');
  }
}

const writeXmlMember = (member: Member, value: unknown, path: string): string =>
  writeXml(member.shape, value, member.traits.xmlName ?? member.name, below(path, member.name), member.traits);

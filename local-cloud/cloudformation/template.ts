// Reads a template: JSON or YAML, with YAML's short forms (`!Ref X`) turned into the long ones (`{ "Ref": "X" }`).
import type { Document, Node } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { validationError } from './errors.ts';

export interface TemplateParameter {
  Type: string;
  Default?: unknown;
  NoEcho?: unknown;
  AllowedValues?: unknown[];
  AllowedPattern?: string;
  ConstraintDescription?: string;
  Description?: string;
  MinLength?: unknown;
  MaxLength?: unknown;
  MinValue?: unknown;
  MaxValue?: unknown;
}

export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  Condition?: string;
  DeletionPolicy?: 'Delete' | 'Retain' | 'RetainExceptOnCreate' | 'Snapshot';
  UpdateReplacePolicy?: 'Delete' | 'Retain' | 'Snapshot';
  Metadata?: unknown;
}

export interface TemplateOutput {
  Value: unknown;
  Description?: string;
  Export?: { Name: unknown };
  Condition?: string;
}

export interface Template {
  Description?: string;
  Parameters: Record<string, TemplateParameter>;
  Mappings: Record<string, Record<string, Record<string, unknown>>>;
  Conditions: Record<string, unknown>;
  Resources: Record<string, TemplateResource>;
  Outputs: Record<string, TemplateOutput>;
}

const SECTIONS = ['AWSTemplateFormatVersion', 'Description', 'Metadata', 'Parameters', 'Mappings', 'Conditions', 'Resources', 'Outputs'];
const ATTRIBUTES = ['Type', 'Properties', 'DependsOn', 'Condition', 'DeletionPolicy', 'UpdateReplacePolicy', 'Metadata'];
const TEMPLATES_KEPT = 8;
const known = new Map<string, Template>();

/** The same text is read once; a template stays what it is. */
export function readTemplate(body: string): Template {
  const before = known.get(body);
  if (before) return before;
  const template = templateIn(body);
  if (known.size >= TEMPLATES_KEPT) known.clear();
  known.set(body, template);
  return template;
}

function templateIn(body: string): Template {
  let parsed: unknown;
  try {
    parsed = body.trimStart().startsWith('{') ? JSON.parse(body) : readYaml(body);
  } catch (error) {
    throw validationError(`Template format error: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isRecord(parsed)) throw validationError('Template format error: unsupported structure.');
  const unknown = Object.keys(parsed).filter((section) => !SECTIONS.includes(section));
  if (unknown.length > 0) throw validationError(`Invalid template property or properties [${unknown.join(', ')}]`);
  const section = <T>(name: string): Record<string, T> => (isRecord(parsed[name]) ? (parsed[name] as Record<string, T>) : {});
  const template: Template = {
    ...(typeof parsed['Description'] === 'string' ? { Description: parsed['Description'] } : {}),
    Parameters: section('Parameters'),
    Mappings: section('Mappings'),
    Conditions: section('Conditions'),
    Resources: section('Resources'),
    Outputs: section('Outputs'),
  };
  if (Object.keys(template.Resources).length === 0) throw validationError('Template format error: At least one Resources member must be defined.');
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    if (!isRecord(resource) || typeof resource.Type !== 'string') {
      throw validationError(`Template format error: [/Resources/${logicalId}] Every Resources object must contain a Type member.`);
    }
    if (!/^[A-Za-z0-9]+$/.test(logicalId)) throw validationError(`Template format error: Resource name ${logicalId} is non alphanumeric.`);
    const strange = Object.keys(resource).filter((attribute) => !ATTRIBUTES.includes(attribute));
    if (strange.length > 0) throw validationError(`Invalid template resource property '${strange.join("', '")}'`);
  }
  return template;
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function readYaml(body: string): unknown {
  // Unresolved tags are what the parser warns about, and what the walk below resolves.
  const document = parseDocument(body, { schema: 'core', merge: true, logLevel: 'silent' });
  const [error] = document.errors;
  if (error) throw error;
  return plain(document.contents, document);
}

function plain(node: Node | null | undefined, document: Document): unknown {
  if (!node) return null;
  if (isAlias(node)) return plain(node.resolve(document), document);
  const tag = node.tag?.startsWith('!') && !node.tag.startsWith('!!') ? node.tag.slice(1) : undefined;
  const value = untagged(node, document);
  if (tag === undefined) return value;
  if (tag === 'Ref' || tag === 'Condition') return { [tag]: value };
  if (tag === 'GetAtt' && typeof value === 'string') {
    const dot = value.indexOf('.');
    return { 'Fn::GetAtt': dot === -1 ? [value] : [value.slice(0, dot), value.slice(dot + 1)] };
  }
  return { [`Fn::${tag}`]: value };
}

function untagged(node: Node, document: Document): unknown {
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item) => plain(item as Node, document));
  if (!isMap(node)) return null;
  const merged: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const pair of node.items) {
    const key = pair.key;
    // The parser reads a merge key as a symbol.
    const name = isScalar(key) ? (typeof key.value === 'symbol' ? '<<' : String(key.value)) : String(key);
    const value = plain(pair.value as Node, document);
    if (name === '<<') for (const source of (Array.isArray(value) ? (value as unknown[]) : [value]).reverse()) Object.assign(merged, source);
    else own[name] = value;
  }
  return { ...merged, ...own };
}

// One service's API as the wire needs it: operations with their shapes and HTTP bindings, and exceptions with their codes.
// Read from whatever the SDK client package exports: `Invoke$` is `[9, namespace, name, traits, () => input, () => output]`
// and an exception is `[-3, namespace, name, traits, memberNames, members]`.
import { catalog } from './catalog.ts';
import type { CatalogEntry } from './catalog.ts';
import { shapeOf } from './shape.ts';
import type { Shape, Structure } from './shape.ts';

export interface OperationSchema {
  name: string;
  input: Shape;
  output: Shape;
  http: HttpBinding | undefined;
}

export interface HttpBinding {
  method: string;
  /** Matches the request's path; its groups are the labels, in order. */
  path: RegExp;
  labels: readonly string[];
  /** Query parameters that are part of the operation's address. */
  fixedQuery: readonly (readonly [string, string])[];
  successStatus: number;
  /** How much of the address is fixed: the more, the earlier it is tried. */
  specificity: number;
}

export interface ExceptionSchema {
  name: string;
  httpStatus: number;
  /** What query clients know the exception as (`AlreadyExists` for `QueueNameExists`). */
  queryCode: string;
  queryStatus: number;
  shape: Structure | undefined;
}

export interface ServiceSchema {
  entry: CatalogEntry;
  /** The SDK client package. */
  module: Readonly<Record<string, unknown>>;
  operations: ReadonlyMap<string, OperationSchema>;
  exceptions: ReadonlyMap<string, ExceptionSchema>;
  /** Operations with HTTP bindings, most specific first. */
  routes: readonly (OperationSchema & { http: HttpBinding })[];
}

interface OperationTraits {
  http?: [method: string, uri: string, status?: number];
}

interface ExceptionTraits {
  error?: 'client' | 'server';
  httpError?: number;
  awsQueryError?: [code: string, status: number];
}

const OPERATION = 9;
const EXCEPTION = -3;

const loaded = new Map<CatalogEntry, Promise<ServiceSchema>>();

export function loadServiceSchema(entry: CatalogEntry): Promise<ServiceSchema> {
  const before = loaded.get(entry);
  if (before) return before;
  const loading = entry.load().then((module) => readServiceSchema(entry, module));
  loaded.set(entry, loading);
  return loading;
}

/** Loads every service's schemas now, so that no call waits for the disk: virtual time does not wait for it either. */
export async function preloadSchemas(): Promise<void> {
  await Promise.all(catalog.map(loadServiceSchema));
}

function readServiceSchema(entry: CatalogEntry, module: object): ServiceSchema {
  const operations = new Map<string, OperationSchema>();
  const exceptions = new Map<string, ExceptionSchema>();
  for (const schema of Object.values(module) as unknown[]) {
    if (!Array.isArray(schema)) continue;
    const name = String(schema[2]);
    if (schema[0] === OPERATION) operations.set(name, readOperation(name, schema));
    if (schema[0] === EXCEPTION) exceptions.set(name, readException(name, schema));
  }
  if (operations.size === 0) throw new Error(`the SDK client of ${entry.title} exports no operation schemas: its version is not one this cloud can read`);
  const routes = [...operations.values()]
    .filter((operation): operation is OperationSchema & { http: HttpBinding } => operation.http !== undefined)
    .sort((a, b) => b.http.fixedQuery.length - a.http.fixedQuery.length || b.http.specificity - a.http.specificity);
  return { entry, module: module as Record<string, unknown>, operations, exceptions, routes };
}

function readOperation(name: string, schema: readonly unknown[]): OperationSchema {
  const traits = (typeof schema[3] === 'object' ? schema[3] : {}) as OperationTraits;
  return { name, input: shapeOf(schema[4]), output: shapeOf(schema[5]), http: traits.http && httpBinding(traits.http) };
}

function httpBinding([method, uri, successStatus = 200]: NonNullable<OperationTraits['http']>): HttpBinding {
  const [path = '', query] = uri.split('?');
  const labels: string[] = [];
  const pattern = path
    .replace(/\/$/, '')
    .replaceAll('.', '\\.')
    .replace(/\{(\w+)(\+?)\}/g, (_match, label: string, greedy: string) => {
      labels.push(label);
      return greedy ? '(.+)' : '([^/]+)';
    });
  return {
    method,
    path: new RegExp(`^${pattern}/?$`),
    labels,
    fixedQuery: query ? [...new URLSearchParams(query)] : [],
    successStatus,
    specificity: path.replaceAll(/\{.*?\}/g, '').length,
  };
}

function readException(name: string, schema: readonly unknown[]): ExceptionSchema {
  const traits = (typeof schema[3] === 'object' ? schema[3] : {}) as ExceptionTraits;
  const httpStatus = traits.httpError ?? (traits.error === 'server' ? 500 : 400);
  const shape = shapeOf(schema);
  return {
    name,
    httpStatus,
    queryCode: traits.awsQueryError?.[0] ?? name,
    queryStatus: traits.awsQueryError?.[1] ?? httpStatus,
    shape: shape.kind === 'structure' ? shape : undefined,
  };
}

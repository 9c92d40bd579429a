// Policies that services keep as text, read once per text: every call asks for its resource's policy.
import type { PolicyDocument } from './service.ts';

const KEPT = 1000;
const documents = new Map<string, PolicyDocument>();

/** Throws a SyntaxError for what is no JSON. Frozen, so that whoever reads statements out of it may remember them. */
export function policyDocument(text: string): PolicyDocument {
  const known = documents.get(text);
  if (known) return known;
  const document = Object.freeze(JSON.parse(text) as PolicyDocument);
  if (documents.size >= KEPT) documents.clear();
  documents.set(text, document);
  return document;
}

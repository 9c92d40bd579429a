// docs/control-api.schema.json is what the types say, and docs/control-api.md tells of every route, code and status in it.
import { readFileSync } from 'node:fs';
import { CONTROL_ERROR_STATUS } from '../core/view/index.ts';
import { SCHEMA_FILE, schemaText } from '../scripts/control-schema.ts';

const published = readFileSync(SCHEMA_FILE, 'utf8');
const { routes, errorStatus } = JSON.parse(published) as { routes: Record<string, unknown>; errorStatus: Record<string, number> };
const docs = readFileSync('docs/control-api.md', 'utf8');

test('the published schema is what the types say; `npm run schema` writes it', () => {
  expect(schemaText()).toBe(published);
});

test('the statuses that are published are those that are answered', () => {
  expect(errorStatus).toEqual(CONTROL_ERROR_STATUS);
});

test('every route and every error code is in the text, and no other', () => {
  const told = [...docs.matchAll(/^\| `((?:GET|PUT|POST) \/v1\/[^`?]*)/gm)].map(([, route]) => route).sort();
  expect(told).toEqual(Object.keys(routes).sort());
  const codes = [...docs.matchAll(/^\| `([A-Z]\w+)` \| (\d{3}) \|/gm)].map(([, code, status]) => [code, Number(status)]);
  expect(Object.fromEntries(codes)).toEqual(errorStatus);
});

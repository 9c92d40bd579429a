// Against a server that answers like Secrets Manager does.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { secretOf, SecretUnreadable } from './secrets.ts';

const Shape = v.object({ token: v.string() });
let server: Server;
let endpoint: string;
let asked: { target: string; body: string; authorization: string }[];
let answer: { status: number; body: string };
beforeEach(async () => {
  asked = [];
  answer = { status: 200, body: JSON.stringify({ SecretString: '{"token":"one"}' }) };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      asked.push({ target: String(request.headers['x-amz-target']), body, authorization: String(request.headers.authorization) });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const open = () => secretOf({ region: 'eu-west-1', credentials: async () => ({ accessKeyId: 'AKIA', secretAccessKey: 's' }), endpoint }, 'arn:aws:secretsmanager:eu-west-1:1:secret:x', Shape);

test('a secret is asked for once, however many wait for it, and signed for its service', async () => {
  const secret = open();
  expect(await Promise.all([secret.get(), secret.get()])).toEqual([{ token: 'one' }, { token: 'one' }]);
  await secret.get();
  expect(asked).toEqual([{ target: 'secretsmanager.GetSecretValue', body: '{"SecretId":"arn:aws:secretsmanager:eu-west-1:1:secret:x"}', authorization: expect.stringContaining('/eu-west-1/secretsmanager/aws4_request') }]);
});

test('what was forgotten is read again', async () => {
  const secret = open();
  await secret.get();
  answer.body = JSON.stringify({ SecretString: '{"token":"two"}' });
  secret.forget();
  expect(await secret.get()).toEqual({ token: 'two' });
});

test.each<[string, number, string]>([
  ['is not there', 400, '{"__type":"ResourceNotFoundException"}'],
  ['may not be read', 400, '{"__type":"AccessDeniedException"}'],
  ['is no text', 200, '{"SecretBinary":"eA=="}'],
  ['is no JSON', 200, JSON.stringify({ SecretString: 'hunter2' })],
  ['holds something else', 200, JSON.stringify({ SecretString: '{"password":"hunter2"}' })],
])('a secret that %s fails without quoting it, and is asked for again', async (_name, status, body) => {
  const secret = open();
  answer = { status, body };
  const error = await secret.get().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SecretUnreadable);
  expect(JSON.stringify([error, String(error), (error as SecretUnreadable).hint])).not.toContain('hunter2');
  answer = { status: 200, body: JSON.stringify({ SecretString: '{"token":"one"}' }) };
  expect(await secret.get()).toEqual({ token: 'one' });
});

// `slipway dashboard` as a command: how it ends.
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCli } from '../cli/testing.ts';

test('ends at once when it is told to, although the cloud does not answer', async () => {
  const asked: IncomingMessage[] = [];
  const silent = createServer((request) => void asked.push(request));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  let stop = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const url = new Promise<string>((resolve) => {
    void runCli(['dashboard', '--local', '--url', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`], { stdout: (text) => resolve(text.trim()), untilStopped: () => stopped }).then(({ exit }) => ended(exit));
  });
  let ended = (_exit: number): void => undefined;
  const exit = new Promise<number>((resolve) => (ended = resolve));

  const { origin, hash } = new URL(await url);
  const answer = fetch(`${origin}/api/pipelines`, { headers: { 'x-slipway-token': hash.slice('#token='.length) } }).then(
    () => 'answered',
    () => 'cut',
  );
  await once(silent, 'request');
  const cutAtTheCloud = once(asked[0]!.socket, 'close');
  stop();
  expect(await exit).toBe(0);
  expect(await answer).toBe('cut');
  await cutAtTheCloud;
  silent.closeAllConnections();
  silent.close();
});

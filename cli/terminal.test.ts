import { EventEmitter } from 'node:events';
import { keysOf, type TerminalHost, type TerminalListener, terminalOf } from './terminal.ts';

/** A process as far as a terminal is concerned. */
function host({ isTTY = true, keyboard = true, env = {}, columns = 100 }: { isTTY?: boolean; keyboard?: boolean; env?: Record<string, string>; columns?: number } = {}) {
  const written: string[] = [];
  const killed: string[] = [];
  const modes: boolean[] = [];
  const stdin = Object.assign(new EventEmitter(), { isTTY: keyboard, setRawMode: (on: boolean) => modes.push(on), resume: () => undefined, pause: () => undefined });
  const stdout = Object.assign(new EventEmitter(), { isTTY, columns, rows: 30, write: (text: string) => written.push(text) });
  const events = new EventEmitter();
  const made = Object.assign(events, { stdin, stdout, env, pid: 7, kill: (_pid: number, signal: string) => killed.push(signal) });
  return { host: made as unknown as TerminalHost, events, stdin, stdout, written, killed, modes };
}

const listener = (more: Partial<TerminalListener> = {}): TerminalListener => ({ key: () => undefined, resized: () => undefined, stopped: () => undefined, atExit: () => 'restored', ...more });

test.each([
  ['standard output is no terminal', { isTTY: false }],
  ['the terminal cannot be drawn on', { env: { TERM: 'dumb' } }],
])('there is none when %s', (_when, options) => {
  expect(terminalOf(host(options).host)).toBeUndefined();
});

test('a terminal that does not know its size yet is taken for a usual one', () => {
  expect(terminalOf(host({ columns: 0 }).host)?.size()).toEqual({ columns: 80, rows: 30 });
});

test('keys come one by one, however they arrive', () => {
  expect(keysOf('qj\u001b[A\u001bOB\u001b[5~\u0003é\u001b')).toEqual(['q', 'j', '\u001b[A', '\u001bOB', '\u001b[5~', '\u0003', 'é', '\u001b']);
});

test('the keyboard, the size and the signals are listened to until one stops, and then nothing is', () => {
  const { host: process, events, stdin, stdout, modes } = host();
  const heard: string[] = [];
  const listening = terminalOf(process)!.listen(listener({ key: (key) => heard.push(key), resized: () => heard.push('resized'), stopped: () => heard.push('stopped') }));
  stdin.emit('data', Buffer.from('q'));
  stdout.emit('resize');
  events.emit('SIGTERM');
  listening.stop();
  expect([heard, modes]).toEqual([['q', 'resized', 'stopped'], [true, false]]);
  expect([...events.eventNames(), ...stdin.eventNames(), ...stdout.eventNames()]).toEqual([]);
});

test('a process that ends all the same puts the terminal back', () => {
  const { host: process, events, written } = host();
  terminalOf(process)!.listen(listener());
  events.emit('exit');
  expect(written).toEqual(['restored']);
});

test('without a keyboard only the signals are listened to', () => {
  const { host: process, stdin, modes } = host({ keyboard: false });
  terminalOf(process)!.listen(listener()).stop();
  expect([modes, stdin.eventNames()]).toEqual([[], []]);
});

test('suspending gives the keyboard back while the process is stopped', async () => {
  const { host: process, events, killed, modes } = host();
  const back = terminalOf(process)!.suspend();
  expect([killed, modes]).toEqual([['SIGTSTP'], [false]]);
  events.emit('SIGCONT');
  await back;
  expect(modes).toEqual([false, true]);
});

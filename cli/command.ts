// What all commands share: their options, and how they end.

import { Command, InvalidArgumentError } from 'commander';
import { DIGEST } from '../core/image/digest.ts';
import { type ConnectionOptions, connectControl } from './connect.ts';
import type { ControlClient } from './control-client.ts';
import { json, type Paint, painter } from './print.ts';
import type { World } from './world.ts';
import type { ExitName } from './exit.ts';

export interface CommonOptions {
  json?: boolean;
}

/** Handed to every command; `finish` is how it says what the process exits with when that is not success. */
export interface Context {
  world: World;
  paint: Paint;
  /** The width of the terminal that standard output is; undefined where there is none, and lines may be as long as they are. */
  columns: number | undefined;
  finish: (exit: ExitName) => void;
}

export function makeContext(world: World, finish: (exit: ExitName) => void): Context {
  return { world, paint: painter(world), columns: world.isTerminal ? world.terminal?.size().columns : undefined, finish };
}

export function command(name: string, summary: string): Command {
  return new Command(name).description(summary).option('--json', 'print the answer as JSON');
}

export function parseDigestOption(text: string): string {
  if (!DIGEST.test(text)) throw new InvalidArgumentError('A digest is sha256: and 64 hexadecimal digits.');
  return text;
}

export function withConnection(made: Command): Command {
  return made
    .option('--url <url>', 'the URL of the control API (or SLIPWAY_URL)')
    .option('--stack <name>', 'the CloudFormation stack whose output ControlUrl it is (default: slipway-prod, or SLIPWAY_STACK)')
    .option('--region <region>', 'the AWS region')
    .option('--local', 'use the local cloud')
    .option('--as <person>', 'with --local: act as this person');
}

export function connect(options: ConnectionOptions, context: Context, signal?: AbortSignal): Promise<ControlClient> {
  return connectControl(options, context.world, signal);
}

/** Data for programs when --json is given, else for people. */
export function show(options: CommonOptions, context: Context, data: unknown, forPeople: () => string): void {
  context.world.stdout(options.json === true ? json(data) : forPeople());
}

export function say(context: Context, text: string): void {
  context.world.stderr(`${text}\n`);
}

// What there is to complete, read off the commands themselves, so that the scripts can never know less than `--help`.

import type { Command, Option } from 'commander';

/** `release` (under way), `ended`, `pipeline` and `any` are asked of the cloud when they are needed. */
export type Value = { kind: 'release' | 'ended' | 'pipeline' | 'any' | 'file' | 'text' } | { kind: 'words'; words: string[] };

export interface CompletedOption {
  /** `--file` */
  flag: string;
  summary: string;
  /** Undefined: it takes none. */
  value: Value | undefined;
}

export interface CompletedCommand {
  name: string;
  summary: string;
  options: CompletedOption[];
  /** Of its first argument; undefined where it has none. */
  argument: Value | undefined;
}

/** By the word between the brackets, which is what people read in `--help`. */
const BY_PLACEHOLDER: Readonly<Record<string, Value>> = {
  release: { kind: 'release' },
  pipeline: { kind: 'pipeline' },
  'release-or-pipeline': { kind: 'any' },
  path: { kind: 'file' },
  folder: { kind: 'file' },
  goal: { kind: 'words', words: ['ended', 'approval', 'stage='] },
};

/** What people do about releases that are over. */
const OF_ENDED = ['retry', 'undo'];

export function completionModel(program: Command): CompletedCommand[] {
  const shown = program.createHelp().visibleCommands(program);
  return shown.map((command) => ({
    name: command.name(),
    summary: command.description(),
    options: command.options.filter((option) => option.long !== undefined && !option.hidden).map(optionOf),
    argument: argumentOf(command),
  }));
}

function optionOf(option: Option): CompletedOption {
  const placeholder = /<([^>]+)>/.exec(option.flags)?.[1];
  return { flag: option.long ?? '', summary: option.description, value: placeholder === undefined ? undefined : valueOf(placeholder, option.argChoices) };
}

function argumentOf(command: Command): Value | undefined {
  const argument = command.registeredArguments[0];
  const value = argument && valueOf(argument.name(), argument.argChoices);
  return value?.kind === 'release' && OF_ENDED.includes(command.name()) ? { kind: 'ended' } : value;
}

/** Every flag that takes a value, of whichever command: what stands behind it is no argument. */
export const valuedFlags = (commands: readonly CompletedCommand[]): string[] =>
  [...new Set(commands.flatMap(({ options }) => options.filter(({ value }) => value !== undefined).map(({ flag }) => flag)))];

function valueOf(placeholder: string, choices: readonly string[] | undefined): Value {
  return choices === undefined ? (BY_PLACEHOLDER[placeholder] ?? { kind: 'text' }) : { kind: 'words', words: [...choices] };
}

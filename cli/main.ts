// The command line: which commands there are, and how an error becomes a message and an exit code.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { retryCommand, undoCommand } from './commands/again.ts';
import { applyCommand } from './commands/apply.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { decisionCommands } from './commands/decide.ts';
import { deployCommand } from './commands/deploy.ts';
import { doctorCommand } from './commands/doctor.ts';
import { freezeCommand, freezesCommand, unfreezeCommand } from './commands/freeze.ts';
import { historyCommand } from './commands/history.ts';
import { holdCommand, holdsCommand, unholdCommand } from './commands/hold.ts';
import { initCommand } from './commands/init.ts';
import { localCommand } from './commands/local.ts';
import { pushCommand } from './commands/push.ts';
import { rehearseCommand } from './commands/rehearse.ts';
import { statusCommand } from './commands/status.ts';
import { validateCommand } from './commands/validate.ts';
import { waitCommand } from './commands/wait.ts';
import { watchCommand } from './commands/watch.ts';
import { type Context, makeContext } from './command.ts';
import { cloudError } from './connect.ts';
import { CliError, EXIT, EXIT_TABLE, type ExitName } from './exit.ts';
import { clean, json, painter } from './print.ts';
import { terminalWorld, type World } from './world.ts';

const EXIT_HELP = ['Exit codes:', ...EXIT_TABLE.map(({ name, meaning }) => `  ${String(EXIT[name]).padStart(3)}  ${meaning}`)].join('\n');

export async function runInTerminal(): Promise<void> {
  // `slipway history | head` is no error: the reader has seen enough.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  process.exitCode = await run(process.argv.slice(2), terminalWorld());
}

/** @param words the command line without `node` and the script. Answers the exit code. */
export async function run(words: readonly string[], world: World): Promise<number> {
  let exit: ExitName = 'succeeded';
  const context = makeContext(world, (name) => {
    exit = name;
  });
  const program = new Command('slipway')
    .description('Rolls out Amazon ECS services when an image is pushed; ECS moves the traffic, Slipway decides when.')
    // That a command has options goes without saying; its words are easier to find without.
    .configureHelp({ subcommandTerm: (one) => [one.name(), ...one.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))].join(' ') })
    .addHelpText('after', `\n${EXIT_HELP}\n\nEvery command takes --json; data goes to standard output, talk to standard error. NO_COLOR is honoured.`);
  program.option('-V, --version', 'print the version of Slipway').on('option:version', () => {
    world.stdout(`${version()}\n`);
    throw new CommanderError(0, 'commander.version', '');
  });
  for (const each of commandsOf(context)) program.addCommand(each);
  program.addCommand(completeCommand(context), { hidden: true });
  for (const each of [program, ...program.commands]) {
    each.exitOverride().configureOutput({ writeOut: world.stdout, writeErr: world.stderr, outputError: () => undefined }).showSuggestionAfterError();
  }

  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && (error.exitCode === 0 || error.code === 'commander.help')) return EXIT[words.length === 0 ? 'badInput' : 'succeeded'];
    const end = error instanceof CommanderError ? usageError(error, program, words) : cloudError(error);
    report(asSomebody(end, words), words.includes('--json'), world);
    return EXIT[end.exit];
  }
  return EXIT[exit];
}

/** In the words of every other error. */
function usageError({ message }: CommanderError, program: Command, words: readonly string[]): CliError {
  const [said = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const meant = program.commands.find((one) => one.name() === words[0]);
  const near = suggestion?.replace(/^\((.*)\)$/, '$1');
  return new CliError('badInput', said, { hint: near ?? `See \`slipway ${meant === undefined ? '' : `${meant.name()} `}--help\`.` });
}

/** With --local and no name one is the operator, whom no slipway.yml knows. */
function asSomebody(end: CliError, words: readonly string[]): CliError {
  if (end.code !== 'NotAllowed' || !words.includes('--local') || words.some((word) => /^--as(?:=|$)/.test(word))) return end;
  return new CliError(end.exit, end.message, { code: end.code, hint: `${end.hint === undefined ? '' : `${end.hint} `}Say who you are: --as alice, for example.`, cause: end });
}

function version(): string {
  const { version: text } = JSON.parse(readFileSync(join(import.meta.dirname ?? __dirname, '..', 'package.json'), 'utf8')) as { version: string };
  return text;
}

/** In the order in which people come to need them. */
function commandsOf(context: Context): Command[] {
  return [
    initCommand(context),
    validateCommand(context),
    rehearseCommand(context),
    applyCommand(context),
    deployCommand(context),
    pushCommand(context),
    statusCommand(context),
    watchCommand(context),
    waitCommand(context),
    historyCommand(context),
    ...decisionCommands(context),
    retryCommand(context),
    undoCommand(context),
    holdCommand(context),
    unholdCommand(context),
    holdsCommand(context),
    freezeCommand(context),
    unfreezeCommand(context),
    freezesCommand(context),
    dashboardCommand(context),
    doctorCommand(context),
    completionCommand(context),
    localCommand(context),
  ];
}

function report(end: CliError, asJson: boolean, world: World): void {
  if (asJson) world.stdout(json({ error: { code: end.code, message: end.message, ...(end.hint !== undefined && { hint: end.hint }) } }));
  const paint = painter(world);
  world.stderr(`${paint('red', 'slipway:')} ${clean(end.message)}\n`);
  if (end.hint !== undefined) world.stderr(`${paint('dim', '  =')} ${clean(end.hint)}\n`);
}

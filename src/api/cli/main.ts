#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../infra/project.js';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';

/** Every command of the command line, one file each, loaded when it is asked for: some bring the whole domain with them. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.js')).serveCommand(),
  verify: async () => (await import('./verify.js')).verifyCommand(),
  replay: async () => (await import('./replay.js')).replayCommand(),
  export: async () => (await import('./export.js')).exportCommand(),
  import: async () => (await import('./import.js')).importCommand(),
  backup: async () => (await import('./backup.js')).backupCommand(),
  restore: async () => (await import('./restore.js')).restoreCommand(),
  log: async () => (await import('./log.js')).logCommand(),
  token: async () => (await import('./token.js')).tokenCommand(),
  vm: async () => (await import('./vm.js')).vmCommand(),
  journal: async () => (await import('./journal.js')).journalCommand(),
  memory: async () => (await import('./memory.js')).memoryCommand(),
  explain: async () => (await import('./explain.js')).explainCommand(),
};

/** The command that is named first, or all of them for whoever looks for one. */
async function program(name = ''): Promise<Command> {
  const one = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { readonly version: string };
  // Options before a command are the program's: commands have a --version of their own.
  const root = new Command('vmledger')
    .description('KVM virtual machines kept as ledgers')
    .version(version, '-V, --version', 'say which release this is')
    .enablePositionalOptions();
  for (const load of one ? [one] : Object.values(COMMANDS)) root.addCommand(await load());
  return everywhere(root, (command) => command.exitOverride());
}

function everywhere(command: Command, action: (command: Command) => unknown): Command {
  action(command);
  command.commands.forEach((sub) => everywhere(sub, action));
  return command;
}

/** Says what went wrong, unless it is said already, or nobody listens; answers the exit code. */
function ended(error: unknown): number {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return EXIT.pipe;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.failed;
  process.stderr.write(`vmledger: ${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof CliError ? error.exitCode : EXIT.failed;
}

// Whoever reads may leave when he has seen enough.
process.stdout.on('error', (error) => process.exit(ended(error)));

try {
  await (await program(process.argv[2])).parseAsync();
} catch (error) {
  process.exitCode = ended(error);
}

#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { CliError } from './cli-error.js';
import { EXIT } from './exit-codes.js';
import { explainCommand } from './explain.js';
import { exportCommand } from './export.js';
import { importCommand } from './import.js';
import { journalCommand } from './journal.js';
import { logExportCommand } from './log-export.js';
import { logKeyCommand } from './log-key.js';
import { memoryCommand } from './memory.js';
import { replayCommand } from './replay.js';
import { serveCommand } from './serve.js';
import { tokenCreateCommand } from './token-create.js';
import { tokenListCommand } from './token-list.js';
import { tokenRevokeCommand } from './token-revoke.js';
import { verifyCommand } from './verify.js';
import { vmCommand } from './vm.js';

/** Every command of the command line: one file each. */
function program(): Command {
  const log = new Command('log').description('the journal as a log that others verify');
  log.addCommand(logKeyCommand()).addCommand(logExportCommand());
  const root = new Command('vmledger').description('KVM virtual machines kept as ledgers');
  const token = new Command('token').description('bearer tokens, for a service that runs with AUTH=tokens');
  token.addCommand(tokenCreateCommand()).addCommand(tokenListCommand()).addCommand(tokenRevokeCommand());
  const ofLedgers = [verifyCommand(), replayCommand(), exportCommand(), importCommand(), log, token];
  const ofServices = [vmCommand(), journalCommand(), memoryCommand()];
  for (const command of [serveCommand(), ...ofLedgers, ...ofServices, explainCommand()]) root.addCommand(command);
  return everywhere(root, (command) => command.exitOverride());
}

function everywhere(command: Command, action: (command: Command) => unknown): Command {
  action(command);
  command.commands.forEach((sub) => everywhere(sub, action));
  return command;
}

// Whoever reads may leave when he has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.pipe);
});

try {
  await program().parseAsync();
} catch (error) {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(EXIT.pipe);
  const told = error instanceof CommanderError;
  if (!told) process.stderr.write(`vmledger: ${error instanceof Error ? error.message : String(error)}\n`);
  const code = error instanceof CliError ? error.exitCode : EXIT.failed;
  process.exitCode = told && error.exitCode === 0 ? EXIT.done : code;
}

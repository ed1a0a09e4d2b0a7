#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { EXIT } from './exit-codes.js';
import { logExportCommand } from './log-export.js';
import { logKeyCommand } from './log-key.js';
import { tokenCreateCommand } from './token-create.js';
import { tokenListCommand } from './token-list.js';
import { tokenRevokeCommand } from './token-revoke.js';
import { verifyCommand } from './verify.js';

/** Every command of the command line: one file each. */
function program(): Command {
  const log = new Command('log').description('the journal as a log that others verify');
  log.addCommand(logKeyCommand()).addCommand(logExportCommand());
  const root = new Command('vmledger').description('KVM virtual machines kept as ledgers');
  const token = new Command('token').description('bearer tokens, for a service that runs with AUTH=tokens');
  token.addCommand(tokenCreateCommand()).addCommand(tokenListCommand()).addCommand(tokenRevokeCommand());
  root.addCommand(verifyCommand()).addCommand(log).addCommand(token);
  return everywhere(root, (command) => command.exitOverride());
}

function everywhere(command: Command, action: (command: Command) => unknown): Command {
  action(command);
  command.commands.forEach((sub) => everywhere(sub, action));
  return command;
}

try {
  await program().parseAsync();
} catch (error) {
  const told = error instanceof CommanderError;
  if (!told) process.stderr.write(`vmledger: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = told && error.exitCode === 0 ? EXIT.done : EXIT.failed;
}

import { Command } from 'commander';
import { logExportCommand } from './log-export.js';
import { logKeyCommand } from './log-key.js';

/** `vmledger log`: the journal as a log that others verify. */
export const logCommand = (): Command =>
  new Command('log')
    .description('the journal as a log that others verify')
    .addCommand(logKeyCommand())
    .addCommand(logExportCommand());

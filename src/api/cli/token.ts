import { Command } from 'commander';
import { tokenCreateCommand } from './token-create.js';
import { tokenListCommand } from './token-list.js';
import { tokenRevokeCommand } from './token-revoke.js';

/** `vmledger token`: bearer tokens, for a service that runs with AUTH=tokens. */
export const tokenCommand = (): Command =>
  new Command('token')
    .description('bearer tokens, for a service that runs with AUTH=tokens')
    .addCommand(tokenCreateCommand())
    .addCommand(tokenListCommand())
    .addCommand(tokenRevokeCommand());

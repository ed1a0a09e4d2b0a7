import { Command } from 'commander';
import { defaultDataDir } from './ledger-path.js';
import { tokensIn } from './tokens-in.js';

/** `vmledger token revoke`: a token is good for nothing from now on, also for a service that runs. */
export const tokenRevokeCommand = (): Command =>
  new Command('revoke')
    .description('make a token good for nothing, at once')
    .argument('<id>', 'as `vmledger token list` shows it: what stands between "vml_" and the dot')
    .option('-d, --data-dir <folder>', 'the data directory', defaultDataDir())
    .action((id: string, { dataDir }: { readonly dataDir: string }) => {
      const wasGood = tokensIn(dataDir, (store) => store.revoke(id));
      if (!wasGood) throw new Error(`there is no token ${id} that could be revoked`);
    });

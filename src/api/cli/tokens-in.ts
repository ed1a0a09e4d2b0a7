import { mkdirSync } from 'node:fs';
import { TokenStore } from '../../infra/access/token-store.js';
import { world } from '../../infra/world.js';

/** What a piece of work on the tokens of a data directory answers; the directory is made if it is not there. */
export function tokensIn<Answer>(dataDir: string, work: (store: TokenStore) => Answer): Answer {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const store = new TokenStore(dataDir, world);
  try {
    return work(store);
  } finally {
    store.close();
  }
}

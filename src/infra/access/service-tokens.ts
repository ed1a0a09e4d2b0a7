import { TOKEN_PREFIX } from './token.js';
import type { TokenKind } from './token-kind.js';
import type { TokenStore } from './token-store.js';

/** Tokens that `vmledger token` made. */
export const serviceTokens = (store: TokenStore): TokenKind => ({
  takes: (token) => token.startsWith(TOKEN_PREFIX),
  principal: (token) => Promise.resolve(store.principal(token)),
});

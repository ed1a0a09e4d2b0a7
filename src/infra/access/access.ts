import type { AuthConfig } from '../config.js';
import type { World } from '../world.js';
import { jwtTokens } from './jwt.js';
import { serviceTokens } from './service-tokens.js';
import type { TokenKind } from './token-kind.js';
import { TokenStore } from './token-store.js';

/** Who may use the service, as it was configured. */
export interface Access {
  /** The tokens that are taken; absent if nobody has to say who they are. */
  readonly kinds: readonly TokenKind[] | undefined;
  close(): void;
}

/** @param auth absent if nobody has to say who they are */
export function openAccess(
  auth: AuthConfig | undefined,
  dataDir: string,
  world: Pick<World, 'now' | 'random'>,
): Access {
  if (auth === undefined) return { kinds: undefined, close: () => undefined };
  const store = new TokenStore(dataDir, world);
  const kinds = [...(auth.tokens ? [serviceTokens(store)] : []), ...(auth.oidc ? [jwtTokens(auth.oidc)] : [])];
  return { kinds, close: () => store.close() };
}

import type { Principal } from './principal.js';

/** One kind of bearer tokens. */
export interface TokenKind {
  /** Whether a token is of this kind, good or not. */
  takes(token: string): boolean;
  /**
   * Who presents a token; undefined if it is not good.
   *
   * @throws KeysUnavailable if that cannot be found out now
   */
  principal(token: string): Promise<Principal | undefined>;
}

/** The keys of the identity provider cannot be had. */
export class KeysUnavailable extends Error {}

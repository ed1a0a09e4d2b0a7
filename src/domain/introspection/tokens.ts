import type { MapToken } from './state.js';

/** Milliseconds that a token lives (vmi-hypercalls section 5, [R]). */
export const TOKEN_LIFE = 3000;

/** Tokens of one VM that can be there at once. */
export const TOKENS_MAX = 9;

const isOld = ({ time }: MapToken, now: number): boolean => now - time > TOKEN_LIFE;

/** The commitments of tokens that are older than their life. */
export const expiredTokens = (tokens: readonly MapToken[] = [], now: number): string[] =>
  tokens.filter((token) => isOld(token, now)).map(({ commitment }) => commitment);

/** Whether no further token can be there. */
export const isFull = (tokens: readonly MapToken[] = [], now: number): boolean =>
  tokens.filter((token) => !isOld(token, now)).length >= TOKENS_MAX;

/** Whether a token is there and not too old. */
export const isGood = (tokens: readonly MapToken[] = [], commitment: string, now: number): boolean =>
  tokens.some((token) => token.commitment === commitment && !isOld(token, now));

/** Tokens without some; undefined if none is left. */
export function withoutTokens(
  tokens: readonly MapToken[] = [],
  commitments: readonly string[],
): readonly MapToken[] | undefined {
  const left = tokens.filter(({ commitment }) => !commitments.includes(commitment));
  return left.length === 0 ? undefined : left;
}

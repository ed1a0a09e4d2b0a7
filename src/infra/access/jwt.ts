import {
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  jwtVerify,
} from 'jose';
import type { OidcConfig } from '../config.js';
import { SELECTOR } from './labels.js';
import { type Principal, isRole } from './principal.js';
import { KeysUnavailable, type TokenKind } from './token-kind.js';

/** What stands in front of the name of an actor whom an identity provider vouches for: no token of the service has a colon. */
const ACTOR_PREFIX = 'oidc:';

/** The longest name of an actor. */
const ACTOR_MAX = 255;

/** Signatures that are taken: made with a private key, so that who checks one cannot make one. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Seconds by which clocks may differ. */
const CLOCK_TOLERANCE = 30;

/** Most bytes of a provider's keys: an answer that does not end must not fill the memory. */
const KEYS_MAX = 1024 * 1024;

/** The claim that says that VMs of every label are there. */
const EVERY_LABEL = '*';

/** Whether a failure to get keys says nothing of the token: they could not be fetched, or are none. */
const areKeysMissing = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  error.code === 'ERR_JOSE_GENERIC';

/** Fetches, but no more than `KEYS_MAX` bytes. */
const fetchKeys: FetchImplementation = async (url, options) => {
  const { status, body } = await fetch(url, options);
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > KEYS_MAX) throw new Error(`there are more than ${KEYS_MAX} bytes at ${url}`);
    pieces.push(piece);
  }
  return new Response(Buffer.concat(pieces), { status });
};

/** Fetches keys as they are asked for; one that is not there, or stands for several, makes the token no good. */
function keysOf(url: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url, { timeoutDuration: 5000, [customFetch]: fetchKeys });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      throw areKeysMissing(error) ? new KeysUnavailable(`the keys at ${url.href} cannot be had`) : error;
    }
  };
}

/** A claim by its name, with dots for a claim within a claim. */
function claimOf(payload: JWTPayload, path: string): unknown {
  if (Object.hasOwn(payload, path)) return payload[path];
  return path.split('.').reduce<unknown>((value, name) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    return isObject ? (value as Record<string, unknown>)[name] : undefined;
  }, payload);
}

/** A claim that lists words: an array, or one text with spaces between. */
function wordsOf(claim: unknown): string[] | undefined {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  if (!Array.isArray(claim)) return undefined;
  const items: unknown[] = claim;
  return items.every((item) => typeof item === 'string') ? items : undefined;
}

/** The labels that a token is limited to; undefined if it does not say. */
function labelsOf(payload: JWTPayload, claim: string | undefined): readonly string[] | undefined {
  if (claim === undefined) return [];
  const labels = wordsOf(claimOf(payload, claim));
  if (labels?.length === 1 && labels[0] === EVERY_LABEL) return [];
  return labels && labels.length > 0 && labels.every((label) => SELECTOR.test(label)) ? labels : undefined;
}

function principalOf(payload: JWTPayload, { actorClaim, rolesClaim, labelsClaim }: OidcConfig): Principal | undefined {
  const name = claimOf(payload, actorClaim);
  const labels = labelsOf(payload, labelsClaim);
  if (typeof name !== 'string' || name === '' || !name.isWellFormed() || labels === undefined) return undefined;
  const actor = `${ACTOR_PREFIX}${name}`;
  if (actor.length > ACTOR_MAX) return undefined;
  const roles = wordsOf(claimOf(payload, rolesClaim)) ?? [];
  return { actor, roles: new Set(roles.filter(isRole)), labels };
}

/** Tokens of an identity provider: JWTs (RFC 7519) that are signed with a key of its JWKS, for this service, and not expired. */
export function jwtTokens(config: OidcConfig): TokenKind {
  const { issuer, audience, jwksUrl } = config;
  const keys = keysOf(jwksUrl);
  const options = {
    issuer,
    audience,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE,
    requiredClaims: ['exp'],
  };
  return {
    takes: (token) => token.split('.').length === 3,
    principal: async (token) => {
      try {
        const { payload } = await jwtVerify(token, keys, options);
        return principalOf(payload, config);
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
        throw error;
      }
    },
  };
}

import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type JWTPayload, SignJWT, exportJWK, generateKeyPair } from 'jose';
import type { OidcConfig } from '../../../src/infra/config.js';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'vmledger';

/** How a token differs from a good one. */
export interface TokenChoice {
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds from now; null for a token that never expires. */
  readonly expires?: number | null;
  readonly notBefore?: number;
  readonly kid?: string;
}

/** An identity provider on the loopback: its keys over HTTP, and tokens signed with one of them. */
export async function identityProvider() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const stranger = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }];
  let isUp = true;
  let padding = 0;
  const server = createServer((_request, response) => {
    response.statusCode = isUp ? 200 : 500;
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }) + ' '.repeat(padding));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const config: OidcConfig = {
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUrl: new URL(`http://127.0.0.1:${port}/jwks`),
    actorClaim: 'sub',
    rolesClaim: 'roles',
    labelsClaim: undefined,
  };

  const sign = (key: typeof privateKey, claims: JWTPayload, choice: TokenChoice): Promise<string> => {
    const { issuer = ISSUER, audience = AUDIENCE, expires = 300, notBefore, kid = 'k1' } = choice;
    const now = Math.floor(Date.now() / 1000);
    const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).setIssuer(issuer).setAudience(audience);
    if (expires !== null) jwt.setExpirationTime(now + expires);
    if (notBefore !== undefined) jwt.setNotBefore(now + notBefore);
    return jwt.sign(key);
  };

  return {
    config,
    token: (claims: JWTPayload, choice: TokenChoice = {}) => sign(privateKey, claims, choice),
    forged: (claims: JWTPayload) => sign(stranger.privateKey, claims, {}),
    fail: () => (isUp = false),
    /** Makes what the keys come in so many bytes longer. */
    pad: (bytes: number) => (padding = bytes),
    publicKey,
    close: () => server.close(),
  };
}

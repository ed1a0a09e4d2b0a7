import { SignJWT, UnsecuredJWT, exportSPKI } from 'jose';
import { jwtTokens } from '../../../src/infra/access/jwt.js';
import { KeysUnavailable } from '../../../src/infra/access/token-kind.js';
import type { OidcConfig } from '../../../src/infra/config.js';
import { AUDIENCE, ISSUER, type TokenChoice, identityProvider } from '../../api/support/identity-provider.js';

const ALICE = { sub: 'alice', roles: ['operator', 'emperor'] };

describe('tokens of an identity provider', () => {
  let provider: Awaited<ReturnType<typeof identityProvider>>;
  beforeAll(async () => {
    provider = await identityProvider();
  });
  afterAll(() => provider.close());

  const principal = async (token: string, config: Partial<OidcConfig> = {}) =>
    jwtTokens({ ...provider.config, ...config }).principal(token);

  it('say who presents one; roles that are none do not count', async () =>
    expect(await principal(await provider.token(ALICE))).toEqual({
      actor: 'oidc:alice',
      roles: new Set(['operator']),
      labels: [],
    }));

  it.each<[string, TokenChoice, boolean]>([
    ['another issuer', { issuer: 'https://other.example' }, false],
    ['another audience', { audience: 'other' }, false],
    ['an end in the past', { expires: -31 }, false],
    ['an end 20 seconds ago, which clocks may differ by', { expires: -20 }, true],
    ['no end', { expires: null }, false],
    ['a beginning to come', { notBefore: 60 }, false],
    ['the name of a key that is not there', { kid: 'k2' }, false],
  ])('with %s: %s', async (_what, choice, isGood) =>
    expect((await principal(await provider.token(ALICE, choice))) !== undefined).toBe(isGood),
  );

  it('are not good if somebody else signed them', async () =>
    expect(await principal(await provider.forged(ALICE))).toBeUndefined());

  it('are not good if nobody signed them, or the public key served as a secret', async () => {
    const unsigned = new UnsecuredJWT(ALICE).setIssuer(ISSUER).setAudience(AUDIENCE).setExpirationTime('5m').encode();
    const secret = new TextEncoder().encode(await exportSPKI(provider.publicKey));
    const confused = await new SignJWT(ALICE)
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m')
      .sign(secret);
    expect([await principal(unsigned), await principal(confused), await principal('a.b.c')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('are not good with a byte changed', async () => {
    const token = await provider.token(ALICE);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const other = Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'bob' }),
    );
    expect(await principal(`${header}.${other.toString('base64url')}.${signature}`)).toBeUndefined();
  });

  it.each<[string, object, Partial<OidcConfig>, unknown]>([
    ['no actor', { sub: undefined }, {}, undefined],
    ['an actor that is no text', { sub: 7 }, {}, undefined],
    ['an empty actor', { sub: '' }, {}, undefined],
    ['an actor of 300 characters', { sub: 'x'.repeat(300) }, {}, undefined],
    ['an actor in another claim', { email: 'a@b' }, { actorClaim: 'email' }, { actor: 'oidc:a@b' }],
    ['no roles', { roles: undefined }, {}, { roles: new Set() }],
    ['roles in one text', { roles: 'reader auditor' }, {}, { roles: new Set(['reader', 'auditor']) }],
    [
      'roles within a claim',
      { realm: { roles: ['admin'] } },
      { rolesClaim: 'realm.roles' },
      { roles: new Set(['admin']) },
    ],
    ['roles of a prototype', {}, { rolesClaim: 'constructor.name' }, { roles: new Set() }],
    ['roles that are numbers', { roles: [1] }, {}, { roles: new Set() }],
    ['no labels where they are asked for', {}, { labelsClaim: 'labels' }, undefined],
    ['an empty list of labels', { labels: [] }, { labelsClaim: 'labels' }, undefined],
    ['a label that is none', { labels: ['a b'] }, { labelsClaim: 'labels' }, undefined],
    ['every label and another', { labels: ['*', 'a'] }, { labelsClaim: 'labels' }, undefined],
    ['every label', { labels: ['*'] }, { labelsClaim: 'labels' }, { labels: [] }],
    ['labels', { labels: ['team=a', 'x'] }, { labelsClaim: 'labels' }, { labels: ['team=a', 'x'] }],
  ])('with %s', async (_what, claims, config, expected) => {
    const found = await principal(await provider.token({ ...ALICE, ...claims }), config);
    if (!(expected instanceof Object)) expect(found).toBeUndefined();
    else expect(found).toMatchObject(expected);
  });

  it('cannot be judged if the keys come in more than a mebibyte', async () => {
    const token = await provider.token(ALICE);
    provider.pad(1024 * 1024 - 1024);
    expect(await principal(token)).toMatchObject({ actor: 'oidc:alice' });
    provider.pad(1024 * 1024);
    await expect(principal(token)).rejects.toBeInstanceOf(KeysUnavailable);
    provider.pad(0);
  });

  it('cannot be judged while the keys cannot be had', async () => {
    const token = await provider.token(ALICE);
    provider.fail();
    await expect(principal(token)).rejects.toBeInstanceOf(KeysUnavailable);
    const nowhere = { jwksUrl: new URL('http://127.0.0.1:1/jwks') };
    await expect(principal(token, nowhere)).rejects.toBeInstanceOf(KeysUnavailable);
  });
});

import { ConfigError, readConfig } from '../../src/infra/config.js';

const defaults = { auth: undefined, rateLimit: 0, logLevel: 'warn' };

describe('the configuration', () => {
  it('says in plain words what a variable may be', () =>
    expect(() => readConfig({ LOG_LEVEL: 'loud' })).toThrow(/^LOG_LEVEL must be one of .*warn.*$/));

  it('has defaults', () =>
    expect(readConfig({})).toEqual({ ...defaults, port: 8086, host: '127.0.0.1', dataDir: './data' }));

  it('takes empty variables as absent', () =>
    expect(readConfig({ PORT: '', HOST: '', DATA_DIR: '', LOG_ORIGIN: '', WITNESS_POLICY: '' })).toEqual(
      readConfig({}),
    ));

  it('reads LOG_ORIGIN and WITNESS_POLICY', () =>
    expect(readConfig({ LOG_ORIGIN: 'example.com/log', WITNESS_POLICY: '/etc/policy' })).toMatchObject({
      logOrigin: 'example.com/log',
      witnessPolicy: '/etc/policy',
    }));

  it('reads PORT, HOST and DATA_DIR', () =>
    expect(readConfig({ PORT: '0', HOST: '::1', DATA_DIR: '/var/lib/vmledger' })).toEqual({
      ...defaults,
      port: 0,
      host: '::1',
      dataDir: '/var/lib/vmledger',
    }));

  it.each(['localhost', '::1', '127.0.0.1', '127.1.2.3'])('listens on %s', (HOST) =>
    expect(readConfig({ HOST }).host).toBe(HOST),
  );

  it.each([
    ['HOST', '0.0.0.0'],
    ['HOST', '::'],
    ['HOST', '10.0.0.1'],
    ['HOST', '127.evil.example'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80x'],
    ['PORT', ' 80'],
    ['LOG_ORIGIN', 'a b'],
    ['LOG_ORIGIN', 'a+b'],
  ])('refuses %s=%s and names it', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(ConfigError);
    expect(() => readConfig({ [name]: value })).toThrow(name);
  });

  describe('of who may use the service', () => {
    const OIDC = {
      AUTH: 'oidc',
      OIDC_ISSUER: 'https://issuer.example',
      OIDC_AUDIENCE: 'vmledger',
      OIDC_JWKS_URL: 'https://issuer.example/jwks',
    };

    it.each(['0.0.0.0', '::', '10.0.0.1', 'vm-host.example'])('lets it listen on %s only with AUTH', (HOST) => {
      expect(() => readConfig({ HOST })).toThrow('HOST');
      expect(readConfig({ HOST, AUTH: 'tokens' }).host).toBe(HOST);
    });

    it('takes tokens of its own', () =>
      expect(readConfig({ AUTH: 'tokens' }).auth).toEqual({ tokens: true, oidc: undefined }));

    it('takes tokens of an identity provider', () =>
      expect(readConfig({ ...OIDC, OIDC_LABELS_CLAIM: 'labels' }).auth).toEqual({
        tokens: false,
        oidc: {
          issuer: 'https://issuer.example',
          audience: 'vmledger',
          jwksUrl: new URL('https://issuer.example/jwks'),
          actorClaim: 'sub',
          rolesClaim: 'roles',
          labelsClaim: 'labels',
        },
      }));

    it('takes both', () =>
      expect(readConfig({ ...OIDC, AUTH: 'tokens, oidc' }).auth).toMatchObject({ tokens: true, oidc: {} }));

    it.each<[string, Record<string, string>]>([
      ['AUTH', { AUTH: 'none' }],
      ['AUTH', { AUTH: 'tokens,' }],
      ['OIDC_ISSUER', { OIDC_ISSUER: 'https://issuer.example' }],
      ['OIDC_ISSUER', { ...OIDC, OIDC_ISSUER: '' }],
      ['OIDC_AUDIENCE', { ...OIDC, OIDC_AUDIENCE: '' }],
      ['OIDC_JWKS_URL', { ...OIDC, OIDC_JWKS_URL: '' }],
      ['OIDC_JWKS_URL', { ...OIDC, OIDC_JWKS_URL: 'jwks' }],
      ['OIDC_JWKS_URL', { ...OIDC, OIDC_JWKS_URL: 'http://issuer.example/jwks' }],
      ['OIDC_JWKS_URL', { ...OIDC, OIDC_JWKS_URL: 'file:///jwks' }],
      ['RATE_LIMIT', { RATE_LIMIT: '-1' }],
      ['RATE_LIMIT', { RATE_LIMIT: 'many' }],
      ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
    ])('names %s in %j', (name, env) => {
      expect(() => readConfig(env)).toThrow(ConfigError);
      expect(() => readConfig(env)).toThrow(name);
    });

    it.each(['http://127.0.0.1:9000/jwks', 'http://[::1]/jwks', 'http://localhost/jwks'])(
      'takes keys over plain HTTP from loopback: %s',
      (OIDC_JWKS_URL) =>
        expect(readConfig({ ...OIDC, OIDC_JWKS_URL }).auth?.oidc?.jwksUrl).toEqual(new URL(OIDC_JWKS_URL)),
    );

    it('limits requests, and says what is logged', () =>
      expect(readConfig({ RATE_LIMIT: '600', LOG_LEVEL: 'info' })).toMatchObject({ rateLimit: 600, logLevel: 'info' }));
  });
});

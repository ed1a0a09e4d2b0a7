import { ConfigError, readConfig } from '../../src/infra/config.js';

describe('the configuration', () => {
  it('has defaults', () => expect(readConfig({})).toEqual({ port: 8086, host: '127.0.0.1', dataDir: './data' }));

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
});

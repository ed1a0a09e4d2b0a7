import { makeLog, withoutTokens } from '../../../src/api/http/log.js';
import { Api } from '../support/api.js';

describe('a line of the log', () => {
  const NAMES = [
    'authorization',
    'body',
    'cookie',
    'data',
    'idempotency-key',
    'jwt',
    'oldData',
    'password',
    'secret',
    'token',
    'webhook-signature',
  ];

  const lineOf = (fields: object): string => {
    const lines: string[] = [];
    makeLog('trace', { write: (line) => void lines.push(line) }).warn(fields, 'told');
    expect(lines).toHaveLength(1);
    return lines.join('');
  };

  it.each(NAMES)('does not say what stands under the name %s, however deep', (name) => {
    for (const fields of [{}, { err: {} }, { err: { headers: {} } }, { err: { request: { headers: {} } } }]) {
      let inmost: Record<string, unknown> = fields;
      for (const within of ['err', 'request', 'headers'])
        inmost = (inmost[within] as Record<string, unknown> | undefined) ?? inmost;
      Object.assign(inmost, { [name]: 'hidden', other: 'shown' });
      const line = lineOf(fields);
      expect([line.includes('hidden'), line.includes('shown'), line.includes('[redacted]')]).toEqual([
        false,
        true,
        true,
      ]);
    }
  });

  it('has its level by name, its time in RFC 3339 and what was told, and nothing of the machine', () => {
    expect(JSON.parse(lineOf({ requestId: 'r' }))).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown,
      requestId: 'r',
      msg: 'told',
    });
  });

  const SERVICE_TOKEN = 'vml_0123456789ab.c2VjcmV0';

  it.each([
    ['a service token', `/v1/vms/${SERVICE_TOKEN}/state`, '/v1/vms/[redacted]/state'],
    ['a JWT', '/v1/vms/eyJhbGciOiJub25lIn0.eyJzdWIiOiIifQ.', '/v1/vms/[redacted]'],
    ['a JWT with something before it', '/v1/vms/token_eyJhbGciOiJub25lIn0.eyJzdWIiOiIifQ.c2ln', '/v1/vms/[redacted]'],
    ['several', `/${SERVICE_TOKEN}/eyJh.eyJz.c/${SERVICE_TOKEN}`, '/[redacted]/[redacted]/[redacted]'],
    ['none', '/v1/vms/eyJnothing.json/vml_0123456789ab', '/v1/vms/eyJnothing.json/vml_0123456789ab'],
  ])('does not say a token that is in a path: %s', (_, path, logged) => {
    expect(withoutTokens(path)).toBe(logged);
  });

  it('does not say a token that is in the path of a request that failed', async () => {
    const view = () => Promise.reject(new Error('out of order'));
    const api = await Api.start({}, {}, (service) => ({
      ...service,
      machines: Object.create(service.machines, { view: { value: view } }) as typeof service.machines,
    }));
    expect((await api.call('GET', `/v1/vms/${SERVICE_TOKEN}`)).status).toBe(500);
    const [line = ''] = api.log;
    expect(JSON.parse(line)).toMatchObject({ path: '/v1/vms/[redacted]', err: { message: 'out of order' } });
    expect(line).not.toContain('c2VjcmV0');
    api.forgetStatuses();
    await api.close();
  });
});

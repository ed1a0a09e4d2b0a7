import { translateAnswer, translateBatchAnswer, translateLegacyAnswer } from '../../src/api/shapes/access.js';
import { mappingsAnswer } from '../../src/api/shapes/mappings.js';
import { Api, type Body, base64 } from './support/api.js';

const VM = '/v1/vms/x';
const VCPU = `${VM}/vcpus/0`;
const LONG_MODE = { cr0: '0x80010001', cr3: '0x1000', cr4: '0x20', efer: '0xd00', cs: { l: 1 } };

const entry = (value: number): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return base64(bytes);
};

/** Tables that map 0x8040201000 to 0x5000 and, only to read, 0x8040202000 to 0x6000. */
const TABLES = [
  { gpa: 0x1008, data: entry(0x2007) },
  { gpa: 0x2008, data: entry(0x3007) },
  { gpa: 0x3008, data: entry(0x4007) },
  { gpa: 0x4008, data: entry(0x5007) },
  { gpa: 0x4010, data: entry(0x6005) },
];

describe('KVM_TRANSLATE2', () => {
  let api: Api;
  let loaded: unknown;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'x', arch: 'x86_64' });
    const slot = { guestPhysAddr: 0, size: '0x100000', flags: ['log_dirty_pages'] };
    await api.done('PUT', `${VM}/memslots/0`, slot);
    await api.done('POST', `${VM}/vcpus`, { id: 0 });
    await api.done('PATCH', `${VCPU}/registers`, LONG_MODE);
    loaded = (await api.done('PUT', `${VM}/memory`, { writes: TABLES }))['version'];
  });
  afterAll(() => api.close());

  const read = async (gpa: number): Promise<unknown> =>
    (await api.done('GET', `${VM}/memory?gpa=${gpa}&size=8`))['data'];

  it('answers where an address lies', async () => {
    const answer = await api.done('POST', `${VCPU}/translate`, { linearAddress: '0x8040201abc' });
    expect(translateAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      ret: 0,
      valid: true,
      physicalAddress: '0x5abc',
      errorCode: null,
      setBitsSucceeded: false,
    });
  });

  it('answers why it lies nowhere', async () => {
    const request = { linearAddress: '0x8040202abc', access: ['write'] };
    const { status, headers, body } = await api.call('POST', `${VCPU}/translate?explain=true`, request);
    expect([status, headers.get('kvm-ret')]).toEqual([200, '0']);
    expect(translateAnswer.parse(body)).toEqual(body);
    expect(body).toMatchObject({
      ret: 0,
      valid: false,
      physicalAddress: '0x4010',
      errorCode: { code: 2, name: 'privilege_violation' },
      walk: [{ table: 'pml4' }, { table: 'pdpt' }, { table: 'pd' }, { table: 'pt', entry: '0x6005' }],
      stoppedBy: { reason: 'write' },
    });
  });

  it('answers in text', async () => {
    const headers = { 'content-type': 'application/json', accept: 'text/plain' };
    const response = await api.raw('POST', `${VCPU}/translate`, '{"linearAddress":"0x8040201abc"}', headers);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('PML4E: 0000000000001008 => 0000000000002007');
    const ops = '{"ops":[{"linearAddress":"0x8040201abc"},{"linearAddress":0},{"linearAddress":0,"flags":2}]}';
    const all = await (await api.raw('POST', `${VCPU}/translate/batch`, ops, headers)).text();
    expect(all.startsWith(text)).toBe(true);
    expect(all).toContain('not-present');
  });

  it('sets bits where it is told to, and its tables are dirty', async () => {
    await api.done('GET', `${VM}/memslots/0/dirty-log`);
    const request = { linearAddress: '0x8040201abc', flags: ['set_accessed', 'set_dirty'], access: ['write'] };
    expect(await api.done('POST', `${VCPU}/translate`, request)).toMatchObject({ valid: true, setBitsSucceeded: true });
    expect([await read(0x3008), await read(0x4008)]).toEqual([entry(0x4027), entry(0x5067)]);
    const { frames } = await api.done('GET', `${VM}/memslots/0/dirty-log`);
    expect(frames).toEqual(['0x1', '0x2', '0x3', '0x4']);
  });

  it('looks at the past, where nothing can be set', async () => {
    await api.done('PUT', `${VM}/memory`, { writes: [{ gpa: 0x4018, data: entry(0x7007) }] });
    const path = `${VCPU}/translate?version=${String(loaded)}`;
    expect(await api.done('POST', path, { linearAddress: '0x8040203abc' })).toMatchObject({ valid: false });
    expect(await api.done('POST', `${VCPU}/translate`, { linearAddress: '0x8040203abc' })).toMatchObject({
      physicalAddress: '0x7abc',
    });
    const { status, body } = await api.call('POST', path, { linearAddress: 0, flags: 1 });
    expect([status, body['errors']]).toEqual([
      400,
      [{ field: 'flags', message: 'must be empty where the past is looked at' }],
    ]);
  });

  it.each([
    ['dirty without accessed', { flags: ['set_dirty'], access: ['write'] }],
    ['force without accessed', { flags: 4 }],
    ['dirty without write', { flags: 3 }],
    ['an unknown flag', { flags: 8 }],
    ['an unknown access', { access: ['user', 8] }],
  ])('is refused with EINVAL: %s', async (_name, more) => {
    const { status, body } = await api.call('POST', `${VCPU}/translate`, { linearAddress: 0, ...more });
    expect([status, body['errno'], body['ret']]).toEqual([400, 'EINVAL', -22]);
  });

  it.each([
    ['no address', {}, 'linearAddress'],
    ['an address of 65 bits', { linearAddress: '0x10000000000000000' }, 'linearAddress'],
    ['an s390x body', { gaddr: 0 }, 'linearAddress'],
    ['flags of 17 bits', { linearAddress: 0, flags: 0x10000 }, 'flags'],
    ['an access that has no name', { linearAddress: 0, access: ['read'] }, 'access.0'],
  ])('is malformed: %s', async (_name, request, field) => {
    const { status, body } = await api.call('POST', `${VCPU}/translate`, request);
    expect(status).toBe(400);
    expect(body).not.toHaveProperty('errno');
    expect((body['errors'] as { field: string }[]).map((error) => error.field)).toContain(field);
  });

  it('comes in batches of up to 10,000', async () => {
    const ops = [{ linearAddress: '0x8040201abc' }, { linearAddress: 0 }, { linearAddress: 0, flags: 4 }];
    const answer = await api.done('POST', `${VCPU}/translate/batch?explain=true`, { ops });
    expect(translateBatchAnswer.parse(answer)).toEqual(answer);
    expect(answer['results']).toMatchObject([
      { ret: 0, valid: true, walk: { length: 4 } },
      { ret: 0, valid: false, errorCode: { name: 'not_present' } },
      { ret: -22, errno: 'EINVAL' },
    ]);
    const many = Array.from({ length: 10_000 }, (_, i) => ({ linearAddress: 0x8040200000 + 0x1000 * (i % 8) + i }));
    const { results } = await api.done('POST', `${VCPU}/translate/batch`, { ops: many });
    expect((results as Body[]).length).toBe(10_000);
    const tooMany = await api.call('POST', `${VCPU}/translate/batch`, { ops: [...many, { linearAddress: 0 }] });
    expect([tooMany.status, tooMany.body['errors']]).toMatchObject([400, [{ field: 'ops' }]]);
  });

  it('the older KVM_TRANSLATE', async () => {
    const answer = await api.done('POST', `${VCPU}/translate/legacy`, { linearAddress: '0x8040202abc' });
    expect(translateLegacyAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ ret: 0, valid: true, physicalAddress: '0x6abc', writeable: true, usermode: false });
    expect(await read(0x4010)).toBe(entry(0x6025));
    expect(await api.done('POST', `${VCPU}/translate/legacy`, { linearAddress: 0 })).toMatchObject({
      valid: false,
      physicalAddress: '0xffffffffffffffff',
    });
  });

  it('what is mapped, page by page', async () => {
    const whole = await api.done('GET', `${VCPU}/mappings`);
    expect(mappingsAnswer.parse(whole)).toEqual(whole);
    const run = { linearAddress: '0x8040201000', size: '0x1000', physicalAddress: '0x5000', pageSize: 4096 };
    expect(whole['items']).toMatchObject([
      { ...run, rights: ['write', 'user', 'exec'] },
      { linearAddress: '0x8040202000', physicalAddress: '0x6000', rights: ['user', 'exec'] },
      { linearAddress: '0x8040203000', physicalAddress: '0x7000', rights: ['write', 'user', 'exec'] },
    ]);
    expect(whole).not.toHaveProperty('nextCursor');
    const range = 'from=0x8040201000&to=0x8040203000';
    const first = await api.done('GET', `${VCPU}/mappings?${range}&limit=1`);
    expect(first['items']).toMatchObject([run]);
    const second = await api.done('GET', `${VCPU}/mappings?${range}&limit=1&cursor=${String(first['nextCursor'])}`);
    expect(second['items']).toMatchObject([{ linearAddress: '0x8040202000' }]);
    expect(second).not.toHaveProperty('nextCursor');
    const past = await api.done('GET', `${VCPU}/mappings?version=${String(loaded)}`);
    expect((past['items'] as Body[]).length).toBe(2);
  });

  it.each([
    ['from=x', 'from'],
    ['to=-1', 'to'],
    ['limit=1001', 'limit'],
    ['cursor=!', 'cursor'],
    ['shade=1', 'shade'],
  ])('a malformed query for mappings: %s', async (query, field) => {
    const { status, body } = await api.call('GET', `${VCPU}/mappings?${query}`);
    expect([status, (body['errors'] as { field: string }[]).map((error) => error.field)]).toEqual([400, [field]]);
  });

  it('needs the vCPU', async () => {
    for (const [method, path, request] of [
      ['POST', 'translate', { linearAddress: 0 }],
      ['POST', 'translate/legacy', { linearAddress: 0 }],
      ['POST', 'translate/batch', { ops: [{ linearAddress: 0 }] }],
      ['GET', 'mappings', undefined],
    ] as const) {
      const { status, body } = await api.call(method, `${VM}/vcpus/9/${path}`, request);
      expect([path, status, body['errno']]).toEqual([path, 404, 'ENOENT']);
    }
  });

  it('registers that do not fit together are EINVAL', async () => {
    const { status, body } = await api.call('PATCH', `${VCPU}/registers`, { cr4: 0 });
    expect([status, body['errno']]).toEqual([400, 'EINVAL']);
    expect(await api.done('GET', VCPU)).toMatchObject({ registers: { cr4: '0x20' } });
  });

  it('is a capability of x86_64', async () => {
    expect(await api.done('GET', `${VM}/capabilities/translate2`)).toMatchObject({ ret: 1 });
    expect(await api.done('GET', `${VM}/capabilities/239`)).toMatchObject({ ret: 1 });
  });

  it('is forecast', async () => {
    expect(await api.done('GET', `${VM}/state`)).toMatchObject({
      commands: {
        translate2: 'accepted',
        translate2_batch: 'accepted',
        translate_legacy: 'accepted',
        read_mappings: 'accepted',
      },
    });
  });

  it.each([
    ['s390x', [200, 501, 400]],
    ['aarch64', [400, 501, 400]],
  ])('on %s: a translation, mappings, the older KVM_TRANSLATE', async (arch, statuses) => {
    await api.done('POST', '/v1/vms', { id: arch, arch });
    await api.done('PUT', `/v1/vms/${arch}/memslots/0`, { guestPhysAddr: 0, size: '0x100000' });
    await api.done('POST', `/v1/vms/${arch}/vcpus`, { id: 0 });
    const path = `/v1/vms/${arch}/vcpus/0`;
    const request = arch === 's390x' ? { gaddr: 0 } : { linearAddress: 0 };
    const answers = [
      await api.call('POST', `${path}/translate`, request),
      await api.call('GET', `${path}/mappings`),
      await api.call('POST', `${path}/translate/legacy`, { linearAddress: 0 }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(statuses);
    expect(answers.slice(1).map(({ body }) => body['errno'])).toEqual(['ENOTTY', 'EINVAL']);
    expect(await api.done('GET', `/v1/vms/${arch}/capabilities/translate2`)).toMatchObject({ ret: 0 });
  });
});

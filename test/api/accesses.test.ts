import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { accessPage, type accessShape, blamePage, diffPage } from '../../src/api/shapes/accesses.js';
import { Api, type Body, base64 } from './support/api.js';
import { X86Guest } from './support/x86.js';

type Access = z.output<typeof accessShape>;

const K = 0x100000;
const CSV = { accept: 'text/csv' };
const LINES = { accept: 'application/jsonl' };

const linesOf = (text: string): Body[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Body);

/** The records of a CSV text (RFC 4180). */
function csvOf(text: string): string[][] {
  const records: string[][] = [[]];
  const field = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/y;
  for (let match = field.exec(text); match; match = field.exec(text)) {
    const [, value = '', end] = match;
    records.at(-1)?.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value);
    if (end === '\r\n') records.push([]);
  }
  expect(records.pop()).toEqual([]);
  return records;
}

describe('accesses over REST', () => {
  let api: Api;
  let target: X86Guest;
  /** When some of the accesses were, and others were before, and after. */
  let middle: string;
  let tool: X86Guest;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('z');
    await api.done('PATCH', '/v1/vms/z/vcpus/0/registers', { prefix: '0x8000' });
    target = await (await X86Guest.start(api, 't')).hook();
    tool = await X86Guest.start(api, 'i');
    const { token } = await target.tool('get_map_token');
    await tool.put(K, Buffer.from(String(token), 'base64'));
    await tool.hypercall(32, [K, '0x5000', '0x9000']);
    const read = (size: number) => api.call('POST', '/v1/vms/z/memop', { op: 'absolute_read', gaddr: '0x30000', size });
    expect((await read(0)).status).toBe(400);
    await sleep(5);
    const { position } = (await read(4)).body;
    const { items } = await api.done('GET', `/v1/journal?after=${Number(position) - 1}&limit=1`);
    middle = String((items as Body[])[0]?.['time']);
    await sleep(5);
    await api.done('PUT', '/v1/vms/z/memory?gpa=0x30000', { data: 'AA==' });
  });
  afterAll(() => api.close());

  const find = async (query: string) => accessPage.parse(await api.done('GET', `/v1/audit/accesses?${query}`)).items;
  const last = async (query: string) => (await find(query)).at(-1);

  it('are found by their absolute address, as given and as resolved: through prefixing', async () => {
    const read = await api.done('POST', '/v1/vms/z/vcpus/0/memop', { op: 'logical_read', gaddr: '0x1ff8', size: 16 });
    for (const query of ['vm=z&gpa=0x9fff', 'vm=z&gpa=0x2000', 'vm=z&kind=read'])
      expect(await last(query)).toMatchObject({
        position: read['position'],
        version: read['version'],
        actor: 'local',
        command: 's390_mem_op',
        kind: 'read',
        vcpu: 0,
        ret: 0,
        given: { space: 'logical', address: '0x1ff8', size: '0x10' },
        resolved: [
          { absolute: '0x9ff8', size: '0x8' },
          { absolute: '0x2000', size: '0x8' },
        ],
        shared: [],
        data: [{ role: 'outcome.data', size: 16 }],
      });
    expect(await find('vm=z&gpa=0x1ff8')).toEqual([]);
    const { items } = await api.done('GET', `/v1/journal?after=${Number(read['position']) - 1}&limit=1`);
    expect((items as Body[])[0]?.['data']).toEqual((await last('vm=z&gpa=0x9fff'))?.data);
  });

  it('through page tables and shared frames, under both VMs', async () => {
    const stored = await tool.guest('store', { gva: '0x9010', data: base64('abc') });
    const access = {
      position: stored['position'],
      vm: 'i',
      kind: 'write',
      given: { space: 'linear', address: '0x9010', size: '0x3' },
      resolved: [{ absolute: '0x9010', size: '0x3' }],
      shared: [{ vm: 't', absolute: '0x5010', size: '0x3' }],
    };
    expect(await last('vm=i&gpa=0x9012')).toMatchObject(access);
    expect(await last('vm=t&gpa=0x5012')).toMatchObject(access);
    expect((await last('vm=t&gpa=0x5013'))?.position).not.toBe(stored['position']);
    const read = await target.tool('read_physical', { gpa: '0x5010', size: 3 });
    expect(await last('vm=i&gpa=0x9010&kind=read')).toMatchObject({
      position: read['position'],
      vm: 't',
      command: 'introspection_command',
      shared: [{ vm: 'i', absolute: '0x9010' }],
    });
  });

  it('a batch is one access an item, each with its own answer', async () => {
    const ops = [
      { op: 'absolute_write', gaddr: '0x20000', size: 4, data: 'AQIDBA==' },
      { op: 'absolute_read', gaddr: '0x7fff0000', size: 4 },
      { op: 'absolute_read', gaddr: '0x20000', size: 0 },
      { op: 'absolute_read', gaddr: '0x20002', size: 4 },
    ];
    const { position } = await api.done('POST', '/v1/vms/z/memop/batch', { ops });
    const items = (await find('vm=z')).filter((access) => access.position === position);
    expect(items.map(({ item, kind, ret, resolved }) => [item, kind, ret, resolved.length])).toEqual([
      [0, 'write', 0, 1],
      [1, 'read', 5, 0],
      [2, 'read', -22, 0],
      [3, 'read', 0, 1],
    ]);
    expect((await find('vm=z&gpa=0x20003')).map(({ item }) => item)).toEqual([0, 3]);
    expect((await find('vm=z&gpa=0x20000&outcome=refused')).map(({ item }) => item)).toEqual([2]);
    expect((await find('vm=z&kind=write&kind=read&type=s390_mem_op_batch')).length).toBe(4);
  });

  it.each<[query: string, of: 'all' | 'some' | 'none', is: (access: Access) => boolean]>([
    ['vm=z', 'some', ({ vm }) => vm === 'z'],
    ['actor=local', 'all', ({ actor }) => actor === 'local'],
    ['actor=nobody', 'none', ({ actor }) => actor === 'nobody'],
    ['type=s390_mem_op', 'some', ({ command }) => command === 's390_mem_op'],
    ['kind=read', 'some', ({ kind }) => kind === 'read'],
    ['kind=read&kind=replace', 'some', ({ kind }) => kind === 'read' || kind === 'replace'],
    ['outcome=refused', 'some', ({ ret }) => ret < 0],
    ['outcome=done', 'some', ({ ret }) => ret >= 0],
    ['from=MIDDLE', 'some', ({ time }) => time >= middle],
    ['to=MIDDLE', 'some', ({ time }) => time <= middle],
    ['from=MIDDLE&to=MIDDLE', 'some', ({ time }) => time === middle],
    ['from=9999-12-31T23:59:59.999Z', 'none', ({ time }) => time > '9999'],
    ['vm=z&kind=write&from=MIDDLE', 'some', ({ vm, kind, time }) => vm === 'z' && kind === 'write' && time >= middle],
  ])('?%s are %s of them: those that it asks for', async (query, of, is) => {
    const all = await find('limit=1000');
    const wanted = all.filter(is);
    expect(await find(`limit=1000&${query.replaceAll('MIDDLE', middle)}`)).toEqual(wanted);
    expect(wanted.length === all.length ? 'all' : wanted.length > 0 ? 'some' : 'none').toBe(of);
  });

  it('come in pages that leave nothing out', async () => {
    const all = await find('limit=1000');
    const found: object[] = [];
    for (let cursor = ''; ;) {
      const page = accessPage.parse(await api.done('GET', `/v1/audit/accesses?limit=3${cursor}`));
      found.push(...page.items);
      if (page.nextCursor === undefined) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(found).toEqual(all);
    expect(all.length).toBeGreaterThan(9);
  });

  it.each([
    ['size=4', 'size'],
    ['gpa=0&size=0', 'size'],
    ['gpa=0xffffffffffffffff&size=2', 'size'],
    ['kind=touch', 'kind'],
    ['cursor=nonsense', 'cursor'],
    [`cursor=${Buffer.from('"1"').toString('base64url')}`, 'cursor'],
    ['limit=0', 'limit'],
    ['from=yesterday', 'from'],
    ['who=me', 'who'],
  ])('%s is malformed', async (query, field) => {
    const { status, body } = await api.call('GET', `/v1/audit/accesses?${query}`);
    expect([status, (body['errors'] as Body[])[0]?.['field']]).toEqual([400, field]);
  });

  it('as JSON Lines: all of them, one a line, the same as in JSON', async () => {
    const response = await api.raw('GET', '/v1/audit/accesses', undefined, LINES);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/jsonl']);
    expect(linesOf(await response.text())).toEqual(await find('limit=1000'));
    const some = await api.raw('GET', '/v1/audit/accesses?limit=2', undefined, LINES);
    expect(linesOf(await some.text()).length).toBe(2);
  });

  it('as CSV, with a row of names', async () => {
    const response = await api.raw('GET', '/v1/audit/accesses?vm=i&kind=write', undefined, CSV);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    const [names, ...rows] = csvOf(await response.text());
    const items = await find('vm=i&kind=write&limit=1000');
    expect(rows.length).toBe(items.length);
    rows.forEach((row, i) => {
      const { position, resolved, shared, given } = items[i] as (typeof items)[number];
      const fields = Object.fromEntries((names ?? []).map((name, at) => [name, row[at]]));
      expect(fields).toMatchObject({
        position: String(position),
        vm: items[i]?.vm,
        kind: 'write',
        address: given?.address ?? '',
        resolved: resolved.map(({ absolute, size }) => `${absolute}+${size}`).join(' '),
        shared: shared.map(({ vm, absolute, size }) => `${vm}:${absolute}+${size}`).join(' '),
      });
    });
    const none = await api.raw('GET', '/v1/audit/accesses?vm=nobody', undefined, CSV);
    expect(csvOf(await none.text())).toEqual([names]);
  });

  it.each(['/v1/audit/accesses', '/v1/vms/z/memory/blame?gpa=0&size=1', '/v1/vms/z/diff?from=1'])(
    '%s in no other form',
    async (path) => {
      const { status, body } = await api.call('GET', path, undefined, { accept: 'image/png, text/html' });
      expect([status, body['type']]).toEqual([406, 'urn:vmledger:problem:not-acceptable']);
      for (const accept of ['*/*', 'application/*', 'text/html, */*;q=0.1'])
        expect((await api.call('GET', path, undefined, { accept })).status).toBe(200);
      expect((await api.raw('HEAD', path, undefined, LINES)).status).toBe(200);
    },
  );
});

describe('who wrote memory last, over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('z');
    await api.done('PUT', '/v1/vms/z/memory?gpa=0x1000', { data: base64(Buffer.alloc(64, 1)) }); // version 4
    await api.done('POST', '/v1/vms/z/memop', { op: 'absolute_write', gaddr: '0x1010', size: 4, data: 'AQIDBA==' }); // 5
    await api.done('POST', '/v1/vms/z/memop', { op: 'absolute_read', gaddr: '0x1000', size: 64 }); // 6
  });
  afterAll(() => api.close());

  const blame = async (query: string) => blamePage.parse(await api.done('GET', `/v1/vms/z/memory/blame?${query}`));
  const runs = async (query: string) =>
    (await blame(query)).items.map(({ gpa, size, backed, write }) => [gpa, size, backed, write?.version]);

  it('in runs, as it is and as it was', async () => {
    expect(await runs('gpa=0xff0&size=0x60')).toEqual([
      ['0xff0', '0x10', true, undefined],
      ['0x1000', '0x10', true, 4],
      ['0x1010', '0x4', true, 5],
      ['0x1014', '0x2c', true, 4],
      ['0x1040', '0x10', true, undefined],
    ]);
    expect(await runs('gpa=0x1000&size=0x40&version=4')).toEqual([['0x1000', '0x40', true, 4]]);
    expect(await runs('gpa=0x1000&size=0x40&version=3')).toEqual([['0x1000', '0x40', true, undefined]]);
    expect(await runs('gpa=0x1000&size=0x40&version=1')).toEqual([['0x1000', '0x40', false, undefined]]);
    expect(await blame('gpa=0x1010&size=1')).toMatchObject({
      version: 6,
      position: 6,
      items: [{ write: { vm: 'z', position: 5, actor: 'local', command: 's390_mem_op', kind: 'write' } }],
    });
  });

  it('where no slot is, nobody', async () => {
    expect(await runs('gpa=0x3fff00&size=0x200')).toEqual([
      ['0x3fff00', '0x100', true, undefined],
      ['0x400000', '0x100', false, undefined],
    ]);
    expect(await runs('gpa=0xffffffffffffff00&size=0x100')).toEqual([
      ['0xffffffffffffff00', '0x100', false, undefined],
    ]);
  });

  it.each([
    ['memory/blame?gpa=0&size=8', '999999 0'],
    ['diff?from=1', '0 0 999999'],
  ])('%s takes no cursor of a time to come', async (path, numbers) => {
    const cursor = Buffer.from(JSON.stringify(numbers)).toString('base64url');
    const { status, body } = await api.call('GET', `/v1/vms/z/${path}&cursor=${cursor}`);
    expect([status, body['errors']]).toMatchObject([400, [{ field: 'cursor' }]]);
  });

  it('in pages, of one moment', async () => {
    const first = await blame('gpa=0x1000&size=0x50&limit=2');
    expect(first.items.length).toBe(2);
    await api.done('PUT', '/v1/vms/z/memory?gpa=0x1038', { data: 'AA==' });
    const next = await blame(`gpa=0x1000&size=0x50&limit=2&cursor=${String(first.nextCursor)}`);
    expect(next.items.map(({ gpa, size, write }) => [gpa, size, write?.version])).toEqual([
      ['0x1014', '0x2c', 4],
      ['0x1040', '0x10', undefined],
    ]);
    expect([next.version, next.position, next.nextCursor]).toEqual([first.version, first.position, undefined]);
  });

  it('with the version that was looked at as an entity tag, in every form', async () => {
    const path = '/v1/vms/z/memory/blame?gpa=0x1000&size=1&version=5';
    for (const headers of [undefined, CSV, LINES])
      expect((await api.raw('GET', path, undefined, headers)).headers.get('etag')).toBe('"5"');
  });

  it('as CSV and JSON Lines', async () => {
    const path = '/v1/vms/z/memory/blame?gpa=0x1000&size=0x14&version=5';
    const rows = csvOf(await (await api.raw('GET', path, undefined, CSV)).text());
    expect(rows.map((row) => [row[0], row[1], row[2], row[6]])).toEqual([
      ['gpa', 'size', 'backed', 'version'],
      ['0x1000', '0x10', 'true', '4'],
      ['0x1010', '0x4', 'true', '5'],
    ]);
    const lines = linesOf(await (await api.raw('GET', path, undefined, LINES)).text());
    expect(lines).toEqual((await blame('gpa=0x1000&size=0x14&version=5')).items);
  });

  it.each([
    ['/v1/vms/nobody/memory/blame?gpa=0&size=1', 404],
    ['/v1/vms/z/memory/blame?gpa=0&size=1&version=99', 404],
    ['/v1/vms/z/memory/blame?gpa=0&size=1&version=1&at=2026-01-01T00:00:00Z', 400],
    ['/v1/vms/z/memory/blame?gpa=0&size=0', 400],
    ['/v1/vms/z/memory/blame?gpa=0&size=0x1000001', 400],
    ['/v1/vms/z/memory/blame?gpa=0xffffffffffffffff&size=2', 400],
    ['/v1/vms/z/memory/blame?size=2', 400],
  ])('%s is answered %i', async (path, status) => {
    expect((await api.call('GET', path)).status).toBe(status);
  });

  it('is not recorded: it answers no content', async () => {
    const before = await api.head();
    await blame('gpa=0x1000&size=0x50');
    await api.done('GET', '/v1/audit/accesses');
    expect(await api.head()).toBe(before);
  });
});

describe('what changed between two versions, over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('z'); // version 3
    await api.done('PATCH', '/v1/vms/z/vcpus/0/registers', { gprs: { 2: '0x77' } }); // 4
    await api.done('PUT', '/v1/vms/z/memory', {
      writes: [
        { gpa: '0x1ffe', data: 'AQIDBA==' },
        { gpa: '0x3000', data: 'AA==' },
        { gpa: '0x9000', data: 'AQ==' },
      ],
    }); // 5
    await api.done('PUT', '/v1/vms/z/memslots/1', { guestPhysAddr: '0x800000', size: '0x1000', flags: 1 }); // 6
    await api.done('PUT', '/v1/vms/z/attributes/migration/start', {}); // 7
  });
  afterAll(() => api.close());

  const diff = async (query: string) => diffPage.parse(await api.done('GET', `/v1/vms/z/diff?${query}`));

  it('is what was set, and nothing else', async () => {
    const { items, from, to } = await diff('from=3&to=6');
    expect(items).toEqual([
      { what: 'vcpu', path: '/0/registers/gprs/2', from: '0x0', to: '0x77' },
      { what: 'memslot', path: '/1', to: expect.objectContaining({ slot: 1, guestPhysAddr: '0x800000' }) as unknown },
      { what: 'memory', gpa: '0x1ffe', size: '0x4' },
      { what: 'memory', gpa: '0x9000', size: '0x1' },
    ]);
    const records = (await api.done('GET', '/v1/vms/z/journal'))['items'] as { digests: object; position: number }[];
    expect([from, to]).toEqual([
      { version: 3, position: 3, digest: (records[2]?.digests as Body)['state'] },
      { version: 6, position: 6, digest: (records[5]?.digests as Body)['state'] },
    ]);
    expect((await diff('from=5&to=5')).items).toEqual([]);
  });

  it('goes up to the last version, and back', async () => {
    const { version } = await api.done('GET', '/v1/vms/z');
    const { items, to } = await diff('from=6');
    expect(to.version).toBe(version);
    expect(items.map(({ what }) => what)).toContain('state');
    expect((await diff('from=6&to=3')).items).toContainEqual({
      what: 'vcpu',
      path: '/0/registers/gprs/2',
      from: '0x77',
      to: '0x0',
    });
  });

  it('comes in pages, between the same two versions', async () => {
    const whole = (await diff('from=3&to=7')).items;
    const found: object[] = [];
    for (let cursor = ''; ;) {
      const page = await diff(`from=3&limit=1${cursor}`);
      found.push(...page.items);
      if (found.length === 2) await api.done('PUT', '/v1/vms/z/memory?gpa=0x100', { data: '/w==' });
      if (page.nextCursor === undefined) break;
      cursor = `&cursor=${page.nextCursor}`;
    }
    expect(found).toEqual(whole);
  });

  it('as CSV and JSON Lines', async () => {
    const path = '/v1/vms/z/diff?from=3&to=6';
    const rows = csvOf(await (await api.raw('GET', path, undefined, CSV)).text());
    expect(rows[0]).toEqual(['what', 'path', 'from', 'to', 'gpa', 'size', 'erased']);
    expect(rows).toContainEqual(['memory', '', '', '', '0x9000', '0x1', '']);
    expect(rows).toContainEqual(['vcpu', '/0/registers/gprs/2', '0x0', '0x77', '', '', '']);
    expect(JSON.parse(rows.find(([what]) => what === 'memslot')?.[3] ?? '')).toMatchObject({ slot: 1 });
    const lines = linesOf(await (await api.raw('GET', path, undefined, LINES)).text());
    expect(lines).toEqual((await diff('from=3&to=6')).items);
  });

  it.each([
    ['/v1/vms/nobody/diff?from=1', 404],
    ['/v1/vms/z/diff?from=99', 404],
    ['/v1/vms/z/diff?from=1&to=99', 404],
    ['/v1/vms/z/diff', 400],
    ['/v1/vms/z/diff?from=0', 400],
  ])('%s is answered %i', async (path, status) => {
    expect((await api.call('GET', path)).status).toBe(status);
  });
});

describe('memory as text, over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('z');
    await api.done('PUT', '/v1/vms/z/memory?gpa=0x1000', { data: base64('0123456789abcdef~') });
  });
  afterAll(() => api.close());

  it('is a hexdump, and recorded like any other read', async () => {
    const before = await api.head();
    const response = await api.raw('GET', '/v1/vms/z/memory?gpa=0x1000&size=17', undefined, { accept: 'text/plain' });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect([response.headers.get('kvm-ret'), response.headers.get('etag')]).toEqual(['0', `"${before + 1}"`]);
    expect(await response.text()).toBe(
      [
        '00001000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|',
        '00001010  7e                                                |~|',
        '00001011',
        '',
      ].join('\n'),
    );
    expect(await api.head()).toBe(before + 1);
  });

  it('has all of what is long', async () => {
    const response = await api.raw('GET', '/v1/vms/z/memory?gpa=0&size=0x400000', undefined, { accept: 'text/plain' });
    expect((await response.text()).split('\n').slice(-3)).toEqual(['*', '00400000', '']);
  });

  it('a refusal is a problem all the same', async () => {
    const { status, body } = await api.call('GET', '/v1/vms/z/memory?gpa=0x7fff0000&size=1', undefined, {
      accept: 'text/plain',
    });
    expect([status, body['errno']]).toEqual([422, 'EFAULT']);
  });

  it('in no other form, and then nothing was read', async () => {
    const before = await api.head();
    const { status } = await api.call('GET', '/v1/vms/z/memory?gpa=0x1000&size=1', undefined, { accept: 'text/html' });
    expect([status, await api.head()]).toEqual([406, before]);
  });
});

import { cmmaAnswer } from '../../src/api/shapes/cmma.js';
import { guestAnswer } from '../../src/api/shapes/guest.js';
import { done } from '../../src/api/shapes/output.js';
import { keyopAnswer, storageKeysAnswer } from '../../src/api/shapes/storage-keys.js';
import { Api, base64 } from './support/api.js';

const KEYS = '/v1/vms/m/storage-keys';
const CMMA = '/v1/vms/m/cmma';
const GUEST = '/v1/vms/m/vcpus/0/guest';

describe('over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
    await api.done('PUT', '/v1/vms/m/attributes/mem_ctrl/enable_cmma', {});
    const slot = { guestPhysAddr: 0, size: '0x400000', flags: ['log_dirty_pages'] };
    await api.done('PUT', '/v1/vms/m/memslots/0', slot);
    await api.done('POST', '/v1/vms/m/vcpus', { id: 0 });
  });
  afterAll(() => api.close());

  describe('storage keys', () => {
    it('are none until they are used, and then what was set', async () => {
      const none = await api.call('GET', `${KEYS}?startGfn=0&count=2`);
      expect(storageKeysAnswer.parse(none.body)).toEqual(none.body);
      expect([none.status, none.body['ret'], none.headers.get('kvm-ret')]).toEqual([200, 1, '1']);
      expect(none.body).not.toHaveProperty('keys');

      const keys = base64(Uint8Array.of(0x10, 0x26));
      const set = await api.done('PUT', KEYS, { startGfn: '0x1', keys });
      expect(done.parse(set)).toEqual(set);
      const got = await api.done('GET', `${KEYS}?startGfn=0x1&count=2&flags=0`);
      expect(storageKeysAnswer.parse(got)).toEqual(got);
      expect(got).toMatchObject({ ret: 0, keys });
      expect(await api.done('PUT', KEYS, { startGfn: 1, count: 2, keys, flags: 0 })).toMatchObject({ ret: 0 });
    });

    it('answer one by one', async () => {
      const set = await api.done('POST', `${KEYS}/keyop`, { op: 'sske', gaddr: '0x5123', key: '0x37' });
      expect(keyopAnswer.parse(set)).toEqual(set);
      expect(set).toMatchObject({ ret: 0, key: 0 });
      expect(await api.done('POST', `${KEYS}/keyop`, { op: 1, gaddr: 0x5000 })).toMatchObject({ ret: 0, key: 0x36 });
      expect(await api.done('POST', `${KEYS}/keyop`, { op: 'rrbe', gaddr: 0x5000 })).toMatchObject({ ret: 0, key: 6 });
    });

    it.each<[string, string, string, object | undefined, number, string]>([
      ['flags', 'GET', `${KEYS}?startGfn=0&count=1&flags=1`, undefined, 400, 'EINVAL'],
      ['pages in no slot', 'GET', `${KEYS}?startGfn=1024&count=1`, undefined, 422, 'EFAULT'],
      ['a count of 0', 'GET', `${KEYS}?startGfn=0&count=0`, undefined, 400, 'EINVAL'],
      ['no keys', 'PUT', KEYS, { startGfn: 0 }, 422, 'EFAULT'],
      ['no keys, but a count', 'PUT', KEYS, { startGfn: 0, count: 3 }, 422, 'EFAULT'],
      ['no keys at all to set', 'PUT', KEYS, { startGfn: 0, keys: '' }, 400, 'EINVAL'],
      ['a reserved bit', 'PUT', KEYS, { startGfn: 0, keys: 'AQ==' }, 400, 'EINVAL'],
      ['another operation', 'POST', `${KEYS}/keyop`, { op: 9, gaddr: 0 }, 400, 'EINVAL'],
      ['an operation on no page', 'POST', `${KEYS}/keyop`, { op: 1, gaddr: '0x400000' }, 422, 'EFAULT'],
    ])('refuse %s, on record', async (_what, method, path, body, status, errno) => {
      const before = await api.head();
      const answer = await api.call(method, path, body);
      expect([answer.status, answer.body['errno']]).toEqual([status, errno]);
      expect(await api.head()).toBe(before + 1);
    });
  });

  describe('CMMA values', () => {
    it('are set, looked at, and accepted as they were read', async () => {
      const values = base64(Uint8Array.of(1, 0x43));
      expect(await api.done('PUT', CMMA, { startGfn: 3, mask: '0xffffffffffffffff', values })).toMatchObject({
        ret: 0,
      });
      const got = await api.done('GET', `${CMMA}?startGfn=3&count=2&peek=true`);
      expect(cmmaAnswer.parse(got)).toEqual(got);
      expect(got).toMatchObject({ ret: 0, startGfn: '0x3', count: 2, remaining: '0x0', values });
      expect(await api.done('GET', `${CMMA}?startGfn=3&count=2&flags=1`)).toMatchObject({ values });
      const { startGfn, count, remaining } = got;
      expect(await api.done('PUT', CMMA, { startGfn, count, remaining, values })).toMatchObject({ ret: 0 });
    });

    it.each<[string, string, string, object | undefined, number, string]>([
      ['collecting outside migration mode', 'GET', `${CMMA}?startGfn=0&count=1`, undefined, 400, 'EINVAL'],
      ['another flag', 'GET', `${CMMA}?startGfn=0&count=1&peek=true&flags=2`, undefined, 400, 'EINVAL'],
      ['a look at no page', 'GET', `${CMMA}?startGfn=1024&count=1&peek=true`, undefined, 422, 'EFAULT'],
      ['no values', 'PUT', CMMA, { startGfn: 0 }, 422, 'EFAULT'],
      ['flags', 'PUT', CMMA, { startGfn: 0, values: 'AQ==', flags: ['peek'] }, 400, 'EINVAL'],
      ['values for no page', 'PUT', CMMA, { startGfn: 1023, values: 'AQE=' }, 422, 'EFAULT'],
    ])('refuse %s, on record', async (_what, method, path, body, status, errno) => {
      const before = await api.head();
      const answer = await api.call(method, path, body);
      expect([answer.status, answer.body['errno']]).toEqual([status, errno]);
      expect(await api.head()).toBe(before + 1);
    });
  });

  describe('a guest instruction', () => {
    it.each<[string, object, object]>([
      ['essa', { gaddr: '0x9000', orc: 2 }, { ret: 0, result: 2 }],
      ['sske', { gaddr: '0x9000', key: 0x36 }, { ret: 0 }],
      ['iske', { gaddr: '0x9000' }, { ret: 0, key: 0x36 }],
      ['rrbe', { gaddr: '0x9000' }, { ret: 0, cc: 3 }],
      ['tprot', { gaddr: '0x9000', key: 4 }, { ret: 0, cc: 1 }],
      ['store', { gaddr: '0x8000', data: 'AQID' }, { ret: 0 }],
      ['load', { gaddr: '0x8001', size: 2 }, { ret: 0, data: 'AgM=' }],
      ['spx', { prefix: '0x6000' }, { ret: 0 }],
      ['iske', { gaddr: '0xfff000' }, { ret: 5, exception: { code: 5, name: 'addressing' } }],
      ['essa', { gaddr: 0, orc: 9 }, { ret: 6, exception: { code: 6, name: 'specification' } }],
      ['load', { gaddr: '0xffffff', size: 1 }, { ret: 5, exception: { code: 5, name: 'addressing' } }],
    ])('%s %j', async (instruction, operands, expected) => {
      const answer = await api.call('POST', GUEST, { instruction, ...operands });
      expect(guestAnswer.parse(answer.body)).toEqual(answer.body);
      const { version, position } = answer.body;
      expect([answer.status, answer.body]).toEqual([200, { ...expected, version, position }]);
    });

    it('changes the prefix and no other register', async () => {
      expect(await api.done('GET', '/v1/vms/m/vcpus/0')).toMatchObject({
        registers: { prefix: '0x6000' },
        pending: [],
      });
    });

    it('that is not known, or on no vCPU, is refused on record', async () => {
      const before = await api.head();
      const unknown = await api.call('POST', GUEST, { instruction: 'stsi', gaddr: 0 });
      expect([unknown.status, unknown.body['errno']]).toEqual([501, 'EOPNOTSUPP']);
      const nowhere = await api.call('POST', '/v1/vms/m/vcpus/7/guest', { instruction: 'iske', gaddr: 0 });
      expect([nowhere.status, nowhere.body['errno']]).toEqual([404, 'ENOENT']);
      expect(await api.head()).toBe(before + 2);
    });
  });

  it.each<[what: string, method: string, path: string, body: object | undefined, names: string]>([
    ['keys of no page', 'GET', `${KEYS}?count=1`, undefined, 'startGfn'],
    ['keys without a count', 'GET', `${KEYS}?startGfn=0`, undefined, 'count'],
    ['keys at words', 'GET', `${KEYS}?startGfn=here&count=1`, undefined, 'startGfn'],
    ['flags of 33 bits', 'GET', `${KEYS}?startGfn=0&count=1&flags=4294967296`, undefined, 'flags'],
    ['an unknown parameter', 'GET', `${KEYS}?startGfn=0&count=1&all=1`, undefined, 'all'],
    ['keys that are fewer', 'PUT', KEYS, { startGfn: 0, count: 2, keys: 'AA==' }, 'keys'],
    ['keys that are not base64', 'PUT', KEYS, { startGfn: 0, keys: 'AA' }, 'keys'],
    ['keys without a start', 'PUT', KEYS, { keys: 'AA==' }, 'startGfn'],
    ['keys with data', 'PUT', KEYS, { startGfn: 0, data: 'AA==' }, 'data'],
    ['an operation of 9 bits', 'POST', `${KEYS}/keyop`, { op: 256, gaddr: 0 }, 'op'],
    ['an operation by another name', 'POST', `${KEYS}/keyop`, { op: 'ivsk', gaddr: 0 }, 'op'],
    ['an operation without address', 'POST', `${KEYS}/keyop`, { op: 1 }, 'gaddr'],
    ['a key of 9 bits', 'POST', `${KEYS}/keyop`, { op: 3, gaddr: 0, key: 256 }, 'key'],
    ['values without a count', 'GET', `${CMMA}?startGfn=0`, undefined, 'count'],
    ['a count of 33 bits', 'GET', `${CMMA}?startGfn=0&count=4294967296`, undefined, 'count'],
    ['peek perhaps', 'GET', `${CMMA}?startGfn=0&count=1&peek=maybe`, undefined, 'peek'],
    ['values that are more', 'PUT', CMMA, { startGfn: 0, count: 1, values: 'AAA=' }, 'values'],
    ['a mask of 65 bits', 'PUT', CMMA, { startGfn: 0, values: 'AA==', mask: '0x10000000000000000' }, 'mask'],
    ['an unknown flag name', 'PUT', CMMA, { startGfn: 0, values: 'AA==', flags: ['poke'] }, 'flags'],
    ['no instruction', 'POST', GUEST, { gaddr: 0 }, 'instruction'],
    ['an ill-formed instruction', 'POST', GUEST, { instruction: 'ISKE 1' }, 'instruction'],
    ['essa without orc', 'POST', GUEST, { instruction: 'essa', gaddr: 0 }, 'orc'],
    ['essa with an orc of 5 bits', 'POST', GUEST, { instruction: 'essa', gaddr: 0, orc: 16 }, 'orc'],
    ['iske without address', 'POST', GUEST, { instruction: 'iske' }, 'gaddr'],
    ['tprot without key', 'POST', GUEST, { instruction: 'tprot', gaddr: 0 }, 'key'],
    ['tprot with a key of 5 bits', 'POST', GUEST, { instruction: 'tprot', gaddr: 0, key: 16 }, 'key'],
    ['spx without prefix', 'POST', GUEST, { instruction: 'spx' }, 'prefix'],
    ['spx of 33 bits', 'POST', GUEST, { instruction: 'spx', prefix: 2 ** 32 }, 'prefix'],
    ['spx with an address', 'POST', GUEST, { instruction: 'spx', prefix: 0, gaddr: 0 }, 'gaddr'],
    ['store without data', 'POST', GUEST, { instruction: 'store', gaddr: 0 }, 'data'],
    ['store of nothing', 'POST', GUEST, { instruction: 'store', gaddr: 0, data: '' }, 'data'],
    ['load of nothing', 'POST', GUEST, { instruction: 'load', gaddr: 0, size: 0 }, 'size'],
    ['load of too much', 'POST', GUEST, { instruction: 'load', gaddr: 0, size: 65537 }, 'size'],
    ['an unknown operand', 'POST', GUEST, { instruction: 'iske', gaddr: 0, r1: 3 }, 'r1'],
  ])('%s is malformed, named and not on record', async (_what, method, path, body, names) => {
    const before = await api.head();
    const answer = await api.call(method, path, body);
    const errors = answer.body['errors'] as { field: string }[] | undefined;
    expect([answer.status, errors?.map(({ field }) => field.split('.')[0])]).toEqual([400, [names]]);
    expect(await api.head()).toBe(before);
  });

  it('all of it is found by guest address, and comes out again', async () => {
    const { items } = await api.done('GET', '/v1/vms/m/journal?gpa=0x5000&size=1&limit=1000');
    const types = (items as { command: { type: string } }[]).map(({ command }) => command.type);
    expect(types.filter((type) => type === 's390_keyop').length).toBe(3);
    expect(await api.replay('m')).toMatchObject({ state: 'done', divergences: [] });
  });
});

import { dirtyLogAnswer, memoryAnswer, memslotAnswer } from '../../src/api/shapes/memory.js';
import { Api, base64 } from './support/api.js';

const OCTETS = { 'content-type': 'application/octet-stream' };
const WANTS_OCTETS = { accept: 'application/octet-stream' };
const MIB = 1024 * 1024;

describe('memory slots', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
  });
  afterAll(() => api.close());

  const slots = async () => (await api.done('GET', '/v1/vms/m'))['memslots'] as object[];

  it('are set, written back as they were read, and deleted', async () => {
    const body = { guestPhysAddr: '0x100000', size: 1048576, flags: 1 };
    const answer = await api.done('PUT', '/v1/vms/m/memslots/7', body);
    expect(memslotAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ ret: 0, slot: 7, version: 2, position: 2 });
    const read = await slots();
    expect(read).toMatchObject([{ slot: 7, guestPhysAddr: '0x100000', size: '0x100000', flags: ['log_dirty_pages'] }]);
    await api.done('PUT', '/v1/vms/m/memslots/7', read[0]);
    expect(await slots()).toEqual(read);
    expect(await api.done('DELETE', '/v1/vms/m/memslots/7')).toMatchObject({ ret: 0, slot: 7 });
    expect(await slots()).toEqual([]);
  });

  it.each([
    ['slot 65536', 65536, { guestPhysAddr: 0, size: 4096 }, 'EINVAL'],
    ['an undefined flag bit', 0, { guestPhysAddr: 0, size: 4096, flags: ['0x80'] }, 'EINVAL'],
    ['half a page', 0, { guestPhysAddr: 0, size: 2048 }, 'EINVAL'],
  ])('are refused by the machine, not by the form: %s', async (_what, slot, body, errno) => {
    const answer = await api.call('PUT', `/v1/vms/m/memslots/${slot}`, body);
    expect([answer.status, answer.body['errno'], answer.body['position']]).toEqual([400, errno, await api.head()]);
  });

  it('refuse the deletion of what is not there', async () => {
    const { status, body } = await api.call('DELETE', '/v1/vms/m/memslots/9');
    expect([status, body['errno']]).toEqual([400, 'EINVAL']);
  });
});

describe('the dirty log', () => {
  it('is taken: answered and cleared', async () => {
    const api = await Api.start();
    await api.machine('m');
    await api.done('POST', '/v1/vms/m/memop', { op: 'absolute_write', gaddr: '0x3004', size: 1, data: 'AA==' });
    const taken = await api.done('GET', '/v1/vms/m/memslots/0/dirty-log');
    expect(dirtyLogAnswer.parse(taken)).toEqual(taken);
    expect(taken).toMatchObject({ ret: 0, slot: 0, frames: ['0x3'] });
    const bitmap = Buffer.from(taken['bitmap'] as string, 'base64');
    expect([bitmap.length, bitmap[0]]).toEqual([128, 1 << 3]);
    expect(await api.done('GET', '/v1/vms/m/memslots/0/dirty-log')).toMatchObject({ frames: [] });
    const cleared = await api.call('POST', '/v1/vms/m/memslots/0/dirty-log/clear', {
      firstPage: 0,
      numPages: 64,
      bitmap: taken['bitmap'],
    });
    expect([cleared.status, cleared.body['errno']]).toEqual([501, 'ENOTTY']);
    await api.close();
  });
});

describe('the dirty log of a slot of more than 512 GiB', () => {
  it('is answered without a bitmap', async () => {
    const api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
    for (const [slot, gpa, size] of [
      [0, 0, '0x8000000000'],
      [1, '0x8000000000', '0x8000100000'],
    ] as const)
      await api.done('PUT', `/v1/vms/m/memslots/${slot}`, { guestPhysAddr: gpa, size, flags: 1 });
    const large = await api.done('GET', '/v1/vms/m/memslots/0/dirty-log');
    expect((large['bitmap'] as string).length).toBe(4 * Math.ceil((16 * MIB) / 3));
    const larger = await api.done('GET', '/v1/vms/m/memslots/1/dirty-log');
    expect(dirtyLogAnswer.parse(larger)).toEqual(larger);
    expect(larger).toMatchObject({ ret: 0, slot: 1, frames: [] });
    expect(larger).not.toHaveProperty('bitmap');
    await api.close();
  });
});

describe("memory through the VMM's mapping", () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.done('POST', '/v1/vms', { id: 'm', arch: 's390x' });
    await api.done('PUT', '/v1/vms/m/memslots/0', { guestPhysAddr: 0, size: 64 * MIB });
  });
  afterAll(() => api.close());

  const octetsAt = async (gpa: number, size: number, more = '') => {
    const response = await api.raw('GET', `/v1/vms/m/memory?gpa=${gpa}&size=${size}${more}`, undefined, WANTS_OCTETS);
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  it('takes several writes at once, and the last one counts', async () => {
    const writes = [
      { gpa: 0x1ffe, data: base64('abcd') },
      { gpa: '0x2000', data: base64('XY') },
    ];
    await api.done('PUT', '/v1/vms/m/memory', { writes });
    const read = await api.done('GET', '/v1/vms/m/memory?gpa=0x1ffe&size=4');
    expect(memoryAnswer.parse(read)).toEqual(read);
    expect(read).toMatchObject({ ret: 0, gpa: '0x1ffe', data: base64('abXY') });
  });

  it('takes writes to 4096 places', async () => {
    const writes = Array.from({ length: 4096 }, (_, i) => ({ gpa: 0x10000 + 2 * i, data: base64('x') }));
    await api.done('PUT', '/v1/vms/m/memory', { writes });
    expect((await octetsAt(0x10000, 8192)).bytes.toString()).toBe('x\0'.repeat(4096));
  });

  it('takes what it answered', async () => {
    await api.done('PUT', '/v1/vms/m/memory', { gpa: 0x5000, data: base64('image') });
    const { gpa, data } = await api.done('GET', '/v1/vms/m/memory?gpa=0x5000&size=5');
    await api.done('PUT', '/v1/vms/m/memory', { gpa, data });
    await api.done('PUT', '/v1/vms/m/memory?gpa=0x6000', { data });
    expect(await api.done('GET', '/v1/vms/m/memory?gpa=0x6000&size=5')).toMatchObject({ data: base64('image') });
  });

  it('speaks octets: 16 MiB in one call, there and back', async () => {
    const image = Buffer.alloc(16 * MIB, 'vmledger');
    const written = await api.raw('PUT', '/v1/vms/m/memory?gpa=0x100000', image, OCTETS);
    expect(written.status).toBe(200);
    expect(await written.json()).toMatchObject({ ret: 0 });
    const { response, bytes } = await octetsAt(MIB, 16 * MIB);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('kvm-ret')).toBe('0');
    expect(bytes.equals(image)).toBe(true);
  });

  it('takes and answers 11 MiB as base64', async () => {
    const data = base64(Buffer.alloc(11 * MIB, 'ledger'));
    await api.done('PUT', '/v1/vms/m/memory', { gpa: 0, data });
    const read = await api.done('GET', `/v1/vms/m/memory?gpa=0&size=${11 * MIB}`);
    expect((read['data'] as string) === data).toBe(true);
  });

  it('reads the past, by version and by time, and records that', async () => {
    await api.done('PUT', '/v1/vms/m/memory', { gpa: 0x8000, data: base64('old') });
    const { version, updatedAt } = await api.done('GET', '/v1/vms/m');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await api.done('PUT', '/v1/vms/m/memory', { gpa: 0x8000, data: base64('new') });
    expect((await octetsAt(0x8000, 3)).bytes.toString()).toBe('new');
    expect((await octetsAt(0x8000, 3, `&version=${String(version)}`)).bytes.toString()).toBe('old');
    const { response, bytes } = await octetsAt(0x8000, 3, `&at=${String(updatedAt)}`);
    expect(bytes.toString()).toBe('old');
    const { items } = await api.done('GET', `/v1/journal?after=${(await api.head()) - 1}`);
    expect(items).toMatchObject([{ command: { type: 'read_memory', asOf: version }, outcome: { ret: 0 } }]);
    expect(response.headers.get('etag')).toBe(`"${Number(version) + 4}"`);
  });

  it.each([
    ['read', 'GET', '/v1/vms/m/memory?gpa=0x3fffffff&size=2', undefined],
    ['written', 'PUT', '/v1/vms/m/memory', { gpa: 64 * MIB, data: 'AAAA' }],
  ])('is not %s where no slot is: EFAULT', async (_what, method, path, body) => {
    const { status, body: problem } = await api.call(method, path, body, WANTS_OCTETS);
    expect([status, problem['errno'], problem['ret']]).toEqual([422, 'EFAULT', -14]);
  });
});

import { translateAnswer, translateBatchAnswer } from '../../src/api/shapes/access.js';
import { Api, base64 } from './support/api.js';

/** A segment table at 1 MiB whose first entry leads to a page table at 2 MiB; its entry 5 maps the frame at 0x9000. */
const SEGMENT_TABLE = 0x100000;
const PAGE_TABLE = 0x200000;
const DAT = { psw: { mask: '0x0400000180000000', addr: 0 }, crs: { 1: SEGMENT_TABLE | 3 } };

const doubleword = (value: number): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return base64(bytes);
};

describe('translation', () => {
  let api: Api;
  let before: unknown;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
    before = (await api.done('GET', '/v1/vms/m'))['version'];
    const writes = [
      { gpa: SEGMENT_TABLE, data: doubleword(PAGE_TABLE) },
      { gpa: PAGE_TABLE + 8 * 5, data: doubleword(0x9000) },
      { gpa: PAGE_TABLE + 8 * 6, data: doubleword(0x400) },
    ];
    await api.done('PUT', '/v1/vms/m/memory', { writes });
    await api.done('PATCH', '/v1/vms/m/vcpus/0/registers', DAT);
  });
  afterAll(() => api.close());

  const PATH = '/v1/vms/m/vcpus/0/translate';

  it('answers the absolute address', async () => {
    const answer = await api.done('POST', PATH, { gaddr: '0x5123' });
    expect(translateAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ ret: 0, absolute: '0x9123', pageSize: 4096 });
  });

  it('answers the program interruption, with the whole TEID', async () => {
    const { status, headers, body } = await api.call('POST', PATH, { gaddr: '0x6123', access: ['write'] });
    expect([status, headers.get('kvm-ret')]).toEqual([200, '17']);
    expect(translateAnswer.parse(body)).toEqual(body);
    expect(body).toMatchObject({ ret: 17, exception: { code: 17, name: 'page_translation', transExcCode: '0x6400' } });
  });

  it('explains the walk', async () => {
    const answer = await api.done('POST', `${PATH}?explain=true`, { gaddr: '0x5123' });
    expect(translateAnswer.parse(answer)).toEqual(answer);
    expect(answer['walk']).toMatchObject([
      { table: 'segment', entryAddress: '0x100000', entry: '0x200000' },
      { table: 'page', index: 5, entryAddress: '0x200028', entry: '0x9000' },
    ]);
    expect(await api.done('POST', `${PATH}?explain=false`, { gaddr: '0x5123' })).not.toHaveProperty('walk');
  });

  it('answers in text', async () => {
    const headers = { 'content-type': 'application/json', accept: 'text/plain' };
    const response = await api.raw('POST', PATH, '{"gaddr":"0x5123"}', headers);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('VIRTUAL');
    expect(text).toContain('9123');
    expect(text).toMatch(/PTE: 0*200028 => 0*9000/);
    const ops = '{"ops":[{"gaddr":"0x5123"},{"gaddr":"0x6123"}]}';
    const both = await (await api.raw('POST', `${PATH}/batch`, ops, headers)).text();
    expect(both.startsWith(text)).toBe(true);
    expect(both).toContain('page-translation');
  });

  it('translates as the vCPU was', async () => {
    const query = `?version=${String(before)}`;
    expect(await api.done('POST', `${PATH}${query}`, { gaddr: '0x5123' })).toMatchObject({ absolute: '0x5123' });
    const at = (await api.done('GET', `/v1/vms/m`))['updatedAt'];
    expect(await api.done('POST', `${PATH}?at=${String(at)}`, { gaddr: '0x5123' })).toMatchObject({
      absolute: '0x9123',
    });
  });

  it('comes in batches', async () => {
    const ops = [{ gaddr: '0x5123' }, { gaddr: '0x6123' }, { gaddr: 0, ar: 16 }];
    const answer = await api.done('POST', `${PATH}/batch`, { ops });
    expect(translateBatchAnswer.parse(answer)).toEqual(answer);
    expect(answer['results']).toMatchObject([{ ret: 0, absolute: '0x9123' }, { ret: 17 }, { errno: 'EINVAL' }]);
    const explained = await api.done('POST', `${PATH}/batch?explain=true`, { ops });
    expect(translateBatchAnswer.parse(explained)).toEqual(explained);
  });

  it('is refused where there is no such vCPU', async () => {
    const { status, body } = await api.call('POST', '/v1/vms/m/vcpus/9/translate', { gaddr: 0 });
    expect([status, body['errno']]).toEqual([404, 'ENOENT']);
  });
});

import { guestAnswer } from '../../src/api/shapes/guest.js';
import { Api } from './support/api.js';

const VCPU = '/v1/vms/m/vcpus/0';

describe('keys of many frames, cleared frames and a failing host over REST', () => {
  let api: Api;
  beforeAll(async () => {
    api = await Api.start();
    await api.machine('m');
    await api.done('PATCH', `${VCPU}/registers`, { psw: { mask: '0x180000000', addr: 0 } });
  });
  afterAll(() => api.close());

  it.each<[what: string, body: object, expected: object]>([
    ['a conditional SSKE', { instruction: 'sske', gaddr: 0x5000, key: 0x30, m3: 6 }, { ret: 0, cc: 1, key: 0 }],
    ['one that leaves the key', { instruction: 'sske', gaddr: 0x5000, key: 0x36, m3: 6 }, { ret: 0, cc: 0, key: 0x30 }],
    ['SSKE of a segment', { instruction: 'sske', gaddr: 0x1ff000, key: 0x40, m3: 1 }, { ret: 0, next: '0x200000' }],
    ['PFMF', { instruction: 'pfmf', gaddr: 0x1ff000, r1: '0x31050' }, { ret: 0, next: '0x200000' }],
    ['PFMF with reserved bits', { instruction: 'pfmf', gaddr: 0, r1: 1 }, { ret: 6 }],
  ])('%s', async (_what, body, expected) => {
    const answer = await api.done('POST', `${VCPU}/guest`, body);
    expect(guestAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject(expected);
  });

  it.each<[what: string, body: object, field: string]>([
    ['PFMF without R1', { instruction: 'pfmf', gaddr: 0 }, 'r1'],
    ['M3 of five bits', { instruction: 'sske', gaddr: 0, m3: 16 }, 'm3'],
    ['M3 of ISKE', { instruction: 'iske', gaddr: 0, m3: 1 }, 'm3'],
  ])('%s is malformed', async (_what, body, field) => {
    const { status, body: answer } = await api.call('POST', `${VCPU}/guest`, body);
    expect([status, JSON.stringify(answer['errors'])]).toEqual([400, expect.stringContaining(field)]);
  });

  it('the journal finds the frames that were touched', async () => {
    const { items } = await api.done('GET', '/v1/vms/m/journal?gpa=0x1ff000&size=1&limit=1000');
    const found = (items as { command: { instruction?: string } }[]).map(({ command }) => command.instruction);
    expect(found).toEqual(expect.arrayContaining(['sske', 'pfmf']));
  });

  it('a host that cannot write or is killed', async () => {
    const said = async (body: object) => {
      const { status, body: answer } = await api.call('POST', '/v1/vms/m/pv', body);
      return [status, answer['errno'], answer['rc'], answer['rrc']];
    };
    const info = { command: 'info', id: 'vm', lenMax: 80 };
    expect(await said({ ...info, host: { unwritable: ['data'] } })).toEqual([422, 'EFAULT', 0, 0]);
    expect(await said({ command: 'enable', host: { unwritable: ['command'] } })).toEqual([
      422,
      'EFAULT',
      undefined,
      undefined,
    ]);
    expect(await said({ command: 'async_cleanup_prepare' })).toEqual([200, undefined, 1, 42]);
    expect(await said({ command: 'async_cleanup_perform', host: { fatalSignal: true } })).toEqual([
      200,
      undefined,
      1,
      42,
    ]);
    expect(await said({ ...info, host: { unwritable: ['disk'] } })).toEqual([400, undefined, undefined, undefined]);
  });
});

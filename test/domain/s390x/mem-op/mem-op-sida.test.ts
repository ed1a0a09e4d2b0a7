import type { MemOpRequest } from '../../../../src/domain/shapes/s390x-access.js';
import { counting, onVcpu } from '../../support/s390x-commands.js';
import { buildVm, fold, withRegisters } from '../../support/s390x-vm.js';

const plain = buildVm();
const secure = buildVm({ events: [{ type: 'protection_enabled' }] });

describe('SIDA_READ and SIDA_WRITE', () => {
  it.each<[string, Partial<MemOpRequest>, string]>([
    ['S1: a flag', { flags: ['check_only'] }, 'EINVAL'],
    ['S1: size 0', { size: 0 }, 'EINVAL'],
    ['S1: size 0 far outside', { size: 0, sidaOffset: 0xffffffff }, 'EINVAL'],
    ['S2: size and offset beyond 32 bits', { size: 0xffffffff, sidaOffset: 1 }, 'EINVAL'],
    ['S3: beyond the area', { size: 4096, sidaOffset: 1 }, 'E2BIG'],
    ['S3: size above the maximum of other operations', { size: 65537 }, 'E2BIG'],
    ['S3: size and offset that just fit 32 bits', { size: 0xffffffff, sidaOffset: 0 }, 'E2BIG'],
  ])('%s', (_name, asked, errno) => {
    for (const vm of [plain, secure])
      for (const op of ['sida_read', 'sida_write'] as const)
        expect(onVcpu(vm, { op, data: counting(8), ...asked })).toMatchObject({ errno, events: [] });
  });

  it('S4: not protected, a range within the area', () => {
    expect(onVcpu(plain, { op: 'sida_read', size: 4096 }).errno).toBe('EINVAL');
    expect(onVcpu(plain, { op: 'sida_write', size: 8, sidaOffset: 4088 }).errno).toBe('EINVAL');
  });

  it.each([
    [0n, 4096, 4097],
    [1n, 8192, 8193],
    [0x1234_56ffn, 1_048_576, 1_048_577],
  ])('S3: not protected, the breaking-event address 0x%x makes the area %i bytes', (gbea, within, beyond) => {
    const vm = withRegisters(plain, { gbea });
    expect(onVcpu(vm, { op: 'sida_read', size: within }).errno).toBe('EINVAL');
    expect(onVcpu(vm, { op: 'sida_read', size: beyond }).errno).toBe('E2BIG');
  });

  it('S3: protected, the area is 4096 bytes whatever the breaking-event address', () => {
    expect(onVcpu(withRegisters(secure, { gbea: 1n }), { op: 'sida_read', size: 4097 }).errno).toBe('E2BIG');
  });

  it('S5: no buffer to write from', () => {
    expect(onVcpu(secure, { op: 'sida_write' })).toMatchObject({ errno: 'EFAULT', events: [] });
  });

  it('S5: a buffer of another length is malformed, where no earlier check refuses', () => {
    expect(onVcpu(secure, { op: 'sida_write', data: counting(7) })).toMatchObject({ malformed: { field: 'data' } });
    expect(onVcpu(plain, { op: 'sida_write', data: counting(7) }).malformed).toBeUndefined();
  });

  it('S6: what was written is read; a read leaves nothing behind', () => {
    const write = onVcpu(secure, { op: 'sida_write', sidaOffset: 4088, data: counting(8) });
    expect(write).toEqual({
      ret: 0,
      reply: {},
      events: [{ type: 'sida_stored', vcpu: 0, offset: 4088, data: counting(8) }],
    });
    const after = fold(secure, write.events);
    expect(onVcpu(after, { op: 'sida_read', size: 10, sidaOffset: 4086 })).toEqual({
      ret: 0,
      reply: { data: Uint8Array.of(0, 0, ...counting(8)) },
      events: [],
    });
  });

  it('a new area is zero, and is lost with the protection', () => {
    const write = onVcpu(secure, { op: 'sida_write', data: counting(8) });
    const again = fold(secure, [...write.events, { type: 'protection_disabled' }, { type: 'protection_enabled' }]);
    expect(onVcpu(again, { op: 'sida_read' }).reply).toEqual({ data: new Uint8Array(8) });
  });
});

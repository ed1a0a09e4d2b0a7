import type { MemOpRequest } from '../../../../src/domain/shapes/s390x-access.js';
import { BATCH_READ_MAX, memOpBatch } from '../../../../src/domain/s390x/mem-op/mem-op-batch.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import { counting, request } from '../../support/s390x-commands.js';
import { buildVm, bytesAt, fold, keyAt } from '../../support/s390x-vm.js';

const batch = (vm: S390xVm, ops: readonly Parameters<typeof request>[0][], vcpu?: number) => {
  const items: MemOpRequest[] = ops.map(request);
  return memOpBatch(vm, { type: 's390_mem_op_batch', ...(vcpu !== undefined && { vcpu }), ops: items }, vm);
};

describe('KVM_S390_MEM_OP in a batch', () => {
  it('every item sees what the ones before did', () => {
    const vm = buildVm();
    const { ret, reply, events } = batch(vm, [
      { op: 'absolute_write', gaddr: 0x1000n, data: counting(8) },
      { op: 'absolute_cmpxchg', gaddr: 0x1000n, data: new Uint8Array(8), oldData: counting(8) },
      { op: 'absolute_read', gaddr: 0x1000n },
    ]);
    expect(ret).toBe(0);
    expect(reply).toEqual({
      results: [{ ret: 0 }, { ret: 0, swapped: true, oldData: counting(8) }, { ret: 0, data: new Uint8Array(8) }],
    });
    expect(events.map(({ type }) => type)).toEqual(['memory_stored', 'memory_stored', 'memory_read']);
  });

  it('reads at most 16 MiB together, what is refused or only checked not counted', () => {
    const vm = buildVm();
    const most = BATCH_READ_MAX / 65536;
    const reads = (count: number) =>
      Array.from({ length: count }, () => ({ op: 'absolute_read', size: 65536 }) as const);
    const free = [
      { op: 'absolute_read', size: 65537 },
      { op: 'absolute_read', size: 65536, flags: ['check_only'] },
    ] as const;
    expect(batch(vm, [...reads(most), ...free]).ret).toBe(0);
    expect(batch(vm, [...reads(most), { op: 'absolute_read', size: 1 }]).malformed).toMatchObject({ field: 'ops' });
  });

  it('does not touch the VM that it was given', () => {
    const vm = buildVm();
    const { events } = batch(vm, [{ op: 'absolute_write', gaddr: 0x1000n, data: counting(8) }]);
    expect([bytesAt(vm, 0x1000n, 8), keyAt(vm, 0x1000n)]).toEqual([new Uint8Array(8), 0]);
    expect(bytesAt(fold(vm, events), 0x1000n, 8)).toEqual(counting(8));
  });

  it('a refused item answers in its place and stops nothing', () => {
    const { ret, reply } = batch(buildVm(), [
      { op: 'absolute_read', size: 0 },
      { op: 'absolute_read', size: 65537 },
      { op: 'absolute_cmpxchg', gaddr: 1n, data: counting(8), oldData: counting(8) },
      { op: 'absolute_read', gaddr: 1n << 40n },
      { op: 'absolute_read', size: 1 },
    ]);
    expect(ret).toBe(0);
    expect(reply).toEqual({
      results: [
        { ret: -22, errno: 'EINVAL' },
        { ret: -7, errno: 'E2BIG' },
        { ret: -22, errno: 'EINVAL', swapped: false, oldData: counting(8) },
        { ret: 5, exception: { code: 5, name: 'addressing', injected: false } },
        { ret: 0, data: new Uint8Array(1) },
      ],
    });
  });

  it('on a vCPU: a later item replaces what an earlier one queued', () => {
    const vm = buildVm();
    const flags = ['inject_exception'] as const;
    const { reply, events } = batch(
      vm,
      [
        { op: 'logical_read', gaddr: 0x800000n, flags },
        { op: 'logical_read', gaddr: 0x900000n, flags },
        { op: 'absolute_read' },
        { op: 'logical_write', gaddr: 0x10n, data: counting(8) },
        { op: 'logical_read', gaddr: 0x10n },
      ],
      0,
    );
    expect(reply).toMatchObject({
      results: [{ ret: 5 }, { ret: 5 }, { ret: -22 }, { ret: 0 }, { ret: 0, data: counting(8) }],
    });
    expect(fold(vm, events).vcpus.get(0)?.pending).toHaveLength(1);
  });

  it('an unknown vCPU refuses the whole', () => {
    expect(batch(buildVm(), [{ op: 'logical_read' }], 1)).toMatchObject({ ret: -2, errno: 'ENOENT', events: [] });
  });

  it.each([
    ['data', { op: 'absolute_write', data: counting(7) }, 'ops.1.data'],
    ['oldData', { op: 'absolute_cmpxchg', data: counting(8), oldData: counting(7) }, 'ops.1.oldData'],
  ] as const)('%s of another length than size makes the whole malformed', (_name, op, field) => {
    const decision = batch(buildVm(), [{ op: 'absolute_write', data: counting(8) }, op]);
    expect(decision).toMatchObject({ malformed: { field }, events: [] });
  });
});

import { MIB, Machine } from '../../support/machine.js';

const make = (vmType: 'default' | 'ucontrol' = 'default'): Machine => {
  const machine = new Machine({ vmType });
  machine.slot(0, 0n, MIB, ['log_dirty_pages']);
  machine.slot(1, MIB, MIB);
  machine.vcpu(0);
  return machine;
};

describe('KVM_PRE_FAULT_MEMORY', () => {
  const ask = (machine: Machine, body: object) => machine.run({ type: 'pre_fault_memory', vcpu: 0, ...body });

  it.each<[row: string, vmType: 'default' | 'ucontrol', body: object, expected: unknown]>([
    ['flags != 0', 'default', { gpa: 0, size: 4096, flags: 1 }, 'EINVAL'],
    ['gpa not aligned', 'default', { gpa: 1, size: 4096 }, 'EINVAL'],
    ['size not aligned', 'default', { gpa: 0, size: 4097 }, 'EINVAL'],
    ['size 0', 'default', { gpa: 0, size: 0 }, 'EINVAL'],
    ['gpa + size wraps', 'default', { gpa: (1n << 64n) - 4096n, size: 8192 }, 'EINVAL'],
    ['gpa + size wraps to 0', 'default', { gpa: (1n << 64n) - 4096n, size: 4096 }, 'EINVAL'],
    ['UCONTROL', 'ucontrol', { gpa: 0, size: 4096 }, 'EINVAL'],
    ['first page outside memslots', 'default', { gpa: 2n * MIB, size: 4096 }, 'ENOENT'],
    ['no vCPU', 'default', { vcpu: 3, gpa: 0, size: 4096 }, 'ENOENT'],
  ])('%s', (_row, vmType, body, expected) => {
    expect(ask(make(vmType), body)).toMatchObject({ errno: expected, events: [] });
  });

  it.each<[row: string, gpa: bigint, size: bigint, remains: object]>([
    ['all of it', 0x1000n, 2n * MIB - 0x1000n, { gpa: 2n * MIB, size: 0n }],
    ['up to the end of memory', MIB, 3n * MIB, { gpa: 2n * MIB, size: 2n * MIB }],
    ['less than a slot', 0x1000n, 0x2000n, { gpa: 0x3000n, size: 0n }],
  ])('success: %s', (_row, gpa, size, remains) => {
    const machine = make();
    expect(ask(machine, { gpa, size })).toEqual({ ret: 0, reply: remains, events: [] });
  });
});

describe('KVM_S390_VCPU_FAULT and UCAS', () => {
  const fault = (machine: Machine, addr: bigint) => machine.run({ type: 'vcpu_fault', vcpu: 0, addr });
  const ucas = (machine: Machine, type: string, userAddr: bigint, vcpuAddr: bigint, length: bigint) =>
    machine.answer({ type, vcpu: 0, mapping: { userAddr, vcpuAddr, length } });
  const mappings = ({ vm }: Machine) => vm.vcpus.get(0)?.ucas;

  it('inside of memory 0, outside EFAULT', () => {
    expect([fault(make(), 0x1234n).ret, fault(make(), 2n * MIB).errno]).toEqual([0, 'EFAULT']);
  });

  it('UCONTROL: unmapped segment => the exit and EREMOTE, mapped 0', () => {
    const machine = make('ucontrol');
    expect(fault(machine, 5n)).toMatchObject({
      errno: 'EREMOTE',
      reply: { exitReason: 's390_ucontrol', transExcCode: 5n, pgmCode: 0x10 },
    });
    expect(ucas(machine, 'ucas_map', MIB, 0n, MIB)).toBe(0);
    expect([fault(machine, 5n).ret, fault(machine, MIB).errno]).toEqual([0, 'EREMOTE']);
  });

  it.each(['ucas_map', 'ucas_unmap'])('%s: EFAULT, not UCONTROL EINVAL, not 1 MiB aligned EINVAL', (type) => {
    expect(make().answer({ type, vcpu: 0 })).toBe('EFAULT');
    expect(ucas(make(), type, 0n, 0n, MIB)).toBe('EINVAL');
    for (const [user, guest, length] of [
      [0n, 0x1000n, MIB],
      [0n, 0n, MIB + 1n],
    ] as const)
      expect(ucas(make('ucontrol'), type, user, guest, length)).toBe('EINVAL');
    expect(ucas(make('ucontrol'), type, 0n, 0n, 0n)).toBe(0);
  });

  it.each<[type: string, rules: number | undefined, expected: unknown]>([
    ['ucas_map', undefined, 'EINVAL'],
    ['ucas_unmap', undefined, 0],
    ['ucas_unmap', 1, 'EINVAL'],
  ])('%s, rules %s, with an address of the VMM that is not 1 MiB aligned: %s', (type, rules, expected) => {
    const machine = new Machine({ vmType: 'ucontrol', ...(rules && { rules }) });
    machine.vcpu(0);
    expect(ucas(machine, type, 1n, 0n, MIB)).toBe(expected);
  });

  it('maps over, joins and unmaps segments', () => {
    const machine = make('ucontrol');
    ucas(machine, 'ucas_map', 0n, 0n, 2n * MIB);
    ucas(machine, 'ucas_map', 2n * MIB, 2n * MIB, 2n * MIB);
    expect(mappings(machine)).toEqual([{ userAddr: 0n, vcpuAddr: 0n, length: 4n * MIB }]);
    ucas(machine, 'ucas_map', 9n * MIB, MIB, MIB);
    expect(mappings(machine)).toEqual([
      { userAddr: 0n, vcpuAddr: 0n, length: MIB },
      { userAddr: 9n * MIB, vcpuAddr: MIB, length: MIB },
      { userAddr: 2n * MIB, vcpuAddr: 2n * MIB, length: 2n * MIB },
    ]);
    ucas(machine, 'ucas_unmap', 0n, 0n, 3n * MIB);
    expect(mappings(machine)).toEqual([{ userAddr: 3n * MIB, vcpuAddr: 3n * MIB, length: MIB }]);
    ucas(machine, 'ucas_unmap', 0n, 0n, 4n * MIB);
    expect(machine.vm.vcpus.get(0)).not.toHaveProperty('ucas');
  });
});

describe('a UCONTROL VM', () => {
  it('has no dirty log, and under the first rules no memory that the VM or a translation reaches', () => {
    const machine = new Machine({ vmType: 'ucontrol', rules: 1 });
    machine.vcpu(0);
    expect(machine.answer({ type: 'get_dirty_log', slot: 0 })).toBe('EINVAL');
    expect(machine.answer({ type: 's390_mem_op', op: 'absolute_read', gaddr: 0, size: 1 })).toBe(5);
    expect(machine.answer({ type: 'translate', vcpu: 0, gaddr: 0 })).toBe(5);
  });
});

import { CAPABILITIES } from '../../../../src/domain/s390x/model/capabilities.js';
import { checkExtension } from '../../../../src/domain/vm/capabilities.js';
import { hasFacility } from '../../../../src/domain/s390x/model/facilities.js';
import { Machine, type MachineOptions } from '../../support/machine.js';

const check = (key: string | number, options: MachineOptions = {}) => checkExtension(new Machine(options).vm, key);
const without = (...facilities: number[]) => ({ facilities });

describe('1.1 KVM_CHECK_EXTENSION', () => {
  it.each<[name: string, number: number, value: number]>([
    ['nr_vcpus', 9, 248],
    ['s390_psw', 42, 1],
    ['max_vcpus', 66, 248],
    ['one_reg', 70, 1],
    ['s390_gmap', 71, 1],
    ['s390_ucontrol', 73, 1],
    ['sync_regs', 74, 1],
    ['readonly_mem', 81, 0],
    ['s390_css_support', 85, 1],
    ['s390_irqchip', 99, 1],
    ['vm_attributes', 101, 1],
    ['s390_user_sigp', 106, 1],
    ['s390_vector_registers', 107, 1],
    ['s390_mem_op', 108, 65536],
    ['s390_user_stsi', 109, 1],
    ['s390_skeys', 110, 1],
    ['s390_inject_irq', 113, 1],
    ['s390_irq_state', 114, 1],
    ['s390_ri', 124, 1],
    ['max_vcpu_id', 128, 248],
    ['s390_user_instr0', 130, 1],
    ['immediate_exit', 136, 1],
    ['s390_gs', 140, 1],
    ['s390_ais', 141, 1],
    ['s390_cmma_migration', 145, 1],
    ['s390_ais_migration', 150, 1],
    ['s390_bpb', 152, 1],
    ['s390_hpage_1m', 156, 0],
    ['manual_dirty_log_protect2', 168, 0],
    ['s390_vcpu_resets', 179, 1],
    ['s390_protected', 180, 1],
    ['s390_diag318', 186, 1],
    ['s390_mem_op_extension', 211, 3],
    ['s390_protected_dump', 217, 1],
    ['s390_zpci_op', 221, 0],
    ['s390_cpu_topology', 222, 1],
    ['s390_protected_async_disable', 224, 1],
    ['pre_fault_memory', 236, 1],
    ['s390_user_operexec', 246, 1],
    ['s390_keyop', 247, 1],
    ['s390_vsie_esamode', 248, 1],
    ['s390_hpage_2g', 249, 0],
    ['user_memory', 3, 0],
    ['no_such_thing', 4_000_000_000, 0],
  ])('%s %i: %i', (name, number, value) => {
    expect([check(name), check(number)]).toEqual([value, value]);
  });

  it.each<[name: string, host: object]>([
    ['s390_ucontrol', { ucontrol: false }],
    ['s390_vector_registers', without(8)],
    ['s390_ri', without(8)],
    ['s390_gs', without(8)],
    ['s390_bpb', without(8)],
    ['s390_cpu_topology', without(8)],
    ['s390_protected', { protectedVirtualization: false }],
    ['s390_protected_dump', { protectedVirtualization: false }],
    ['s390_protected_async_disable', { protectedVirtualization: false }],
    ['s390_protected_async_disable', { asyncDestroy: false }],
  ])('%s is 0 on %j', (name, host) => {
    expect(check(name, { host: { ...host } })).toBe(0);
  });

  it.each<[name: string, vmType: 'default' | 'ucontrol', value: number]>([
    ['s390_hpage_1m', 'default', 1],
    ['s390_hpage_1m', 'ucontrol', 0],
    ['s390_hpage_2g', 'default', 1],
  ])('%s with the module option, %s: %i', (name, vmType, value) => {
    expect(check(name, { vmType, host: { hpage: true } })).toBe(value);
  });

  it('of CMMA migration is 1 on a machine without CMMA', () => {
    expect(check('s390_cmma_migration', { host: { cmma: false } })).toBe(1);
  });

  it('has every capability once, in order of numbers', () => {
    const numbers = CAPABILITIES.map(({ number }) => number);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(new Set(CAPABILITIES.map(({ name }) => name)).size).toBe(numbers.length);
  });
});

const HPAGE = { hpage: true };
const kinds: readonly [what: string, options: MachineOptions][] = [
  ['by the documents', {}],
  ['by the code', { semantics: 'kernel' }],
];

describe.each(kinds)('1.2 KVM_ENABLE_CAP, %s', (_kind, options) => {
  const enable = (made: Machine, cap: string | number, more: object = {}) =>
    made.answer({ type: 'enable_cap', cap, ...more });

  it.each<[row: string, machine: MachineOptions, cap: string, before: unknown, after: unknown]>([
    ['any time', {}, 's390_irqchip', 0, 0],
    ['any time', {}, 's390_user_sigp', 0, 0],
    ['any time', {}, 's390_user_stsi', 0, 0],
    ['any time', {}, 's390_user_instr0', 0, 0],
    ['any time', {}, 's390_user_operexec', 0, 0],
    ['any time', {}, 's390_vsie_esamode', 0, 0],
    ['vector hardware', {}, 's390_vector_registers', 0, 'EBUSY'],
    ['no vector hardware', { host: without(8) }, 's390_vector_registers', 'EINVAL', 'EBUSY'],
    ['host facility 64', {}, 's390_ri', 0, 'EBUSY'],
    ['no host facility 64', { host: without(8) }, 's390_ri', 'EINVAL', 'EBUSY'],
    ['host facility 133', {}, 's390_gs', 0, 'EBUSY'],
    ['no host facility 133', { host: without(8) }, 's390_gs', 'EINVAL', 'EBUSY'],
    ['host facility 11', {}, 's390_cpu_topology', 0, 'EBUSY'],
    ['no host facility 11', { host: without(8) }, 's390_cpu_topology', 'EINVAL', 'EBUSY'],
    ['facility 72 or not', { host: without(8) }, 's390_ais', 0, 'EBUSY'],
    ['module option', { host: HPAGE }, 's390_hpage_1m', 0, 'EBUSY'],
    ['module option off', {}, 's390_hpage_1m', 'EINVAL', 'EBUSY'],
    ['module option', { host: HPAGE }, 's390_hpage_2g', 0, 'EBUSY'],
    ['module option off', {}, 's390_hpage_2g', 'EINVAL', 'EBUSY'],
    ['UCONTROL', { vmType: 'ucontrol', host: HPAGE }, 's390_hpage_1m', 'EINVAL', 'EBUSY'],
    ['UCONTROL', { vmType: 'ucontrol', host: HPAGE }, 's390_hpage_2g', 'EINVAL', 'EBUSY'],
    ['UCONTROL, any time', { vmType: 'ucontrol' }, 's390_user_sigp', 0, 0],
    ['not for enabling', {}, 's390_psw', 'EINVAL', 'EINVAL'],
    ['not known', {}, 'no_such_thing', 'EINVAL', 'EINVAL'],
  ])('%s on %j: %s before and after vCPU creation', (_row, machine, cap, before, after) => {
    const made = new Machine({ ...options, ...machine });
    expect(enable(made, cap, { flags: 1 })).toBe('EINVAL');
    expect(enable(made, cap)).toBe(before);
    expect(made.vm.capabilities).toEqual(before === 0 ? [cap] : undefined);
    const busy = new Machine({ ...options, ...machine });
    busy.vcpu(0);
    expect(enable(busy, cap)).toBe(after);
    expect(enable(busy, cap, { flags: 1 })).toBe('EINVAL');
    busy.fold({ type: 'protection_enabled' });
    expect(enable(busy, cap)).toBe(after);
  });

  it.each(['s390_hpage_1m', 's390_hpage_2g'])('%s excludes CMMA, which stays possible afterwards', (cap) => {
    const made = new Machine({ ...options, host: HPAGE });
    expect([enable(made, cap), made.set('mem_ctrl', 'enable_cmma'), enable(made, cap)]).toEqual([0, 0, 'EINVAL']);
  });

  it.each<[cap: string, facilities: readonly number[]]>([
    ['s390_vector_registers', [129, 134, 135, 148, 152, 192]],
    ['s390_ri', [64]],
    ['s390_gs', [133]],
    ['s390_cpu_topology', [11]],
    ['s390_ais', [72]],
    ['s390_user_sigp', []],
  ])('%s brings facilities %j of the default host', (cap, facilities) => {
    const made = new Machine(options);
    expect(facilities.filter((n) => hasFacility(made.vm, n))).toEqual([]);
    enable(made, cap);
    expect(facilities.filter((n) => !hasFacility(made.vm, n))).toEqual([]);
    expect(made.vm.cpuModel?.capFacilities ?? []).toEqual(facilities);
  });

  it('goes by numbers, looks at no arguments, and may be said twice', () => {
    const made = new Machine(options);
    expect(enable(made, 106, { args: [1, '0xffffffffffffffff'] })).toBe(0);
    expect(enable(made, 99)).toBe(0);
    expect(enable(made, 106)).toBe(0);
    expect(enable(made, 4_000_000_000)).toBe('EINVAL');
    expect(made.vm.capabilities).toEqual(['s390_irqchip', 's390_user_sigp']);
  });

  it('is ENOENT once the VM is destroyed', () => {
    const made = new Machine(options).fold({ type: 'vm_destroyed' });
    expect(enable(made, 's390_irqchip', { flags: 1 })).toBe('ENOENT');
  });
});

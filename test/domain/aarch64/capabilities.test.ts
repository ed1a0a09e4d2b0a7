import { checkExtension } from '../../../src/domain/vm/capabilities.js';
import { Aarch64Machine } from '../support/aarch64.js';

const enable = (made: Aarch64Machine, cap: string | number, more: object = {}) =>
  made.answer({ type: 'enable_cap', cap, ...more });

describe('KVM_CHECK_EXTENSION', () => {
  it.each<[name: string, number: number, value: number]>([
    ['user_memory', 3, 1],
    ['nr_vcpus', 9, 512],
    ['nr_memslots', 10, 32767],
    ['mp_state', 14, 1],
    ['max_vcpus', 66, 512],
    ['one_reg', 70, 1],
    ['readonly_mem', 81, 1],
    ['arm_psci', 87, 1],
    ['device_ctrl', 89, 1],
    ['vm_attributes', 101, 0],
    ['arm_psci_0_2', 102, 1],
    ['vcpu_attributes', 127, 1],
    ['max_vcpu_id', 128, 512],
    ['immediate_exit', 136, 1],
    ['arm_vm_ipa_size', 165, 48],
    ['arm_nisv_to_user', 177, 1],
    ['steal_time', 187, 1],
    ['set_guest_debug2', 195, 0x30003],
    ['ptp_kvm', 198, 1],
    ['arm_system_suspend', 210, 1],
    ['s390_mem_op', 108, 0],
    ['manual_dirty_log_protect2', 168, 0],
    ['translate2', 239, 0],
    ['arm_mte', 205, 0],
  ])('%s, %i: %i', (name, number, value) => {
    const { vm } = new Aarch64Machine();
    expect([checkExtension(vm, name), checkExtension(vm, number)]).toEqual([value, value]);
  });

  it('steal_time is what the host says', () => {
    expect(checkExtension(new Aarch64Machine({ host: { stealTime: false } }).vm, 'steal_time')).toBe(0);
  });
});

describe('KVM_ENABLE_CAP', () => {
  it.each<[cap: string | number, more: object, result: unknown]>([
    ['arm_system_suspend', {}, 0],
    [210, {}, 0],
    [210, { args: [1, 2, 3, 4] }, 0],
    ['arm_nisv_to_user', {}, 0],
    ['halt_poll', { args: [0xffffffff] }, 0],
    ['halt_poll', { args: [2 ** 32] }, 'EINVAL'],
    ['halt_poll', { flags: 1 }, 'EINVAL'],
    ['arm_system_suspend', { flags: 1 }, 'EINVAL'],
    ['one_reg', {}, 'EINVAL'],
    ['arm_mte', {}, 'EINVAL'],
    [9999, {}, 'EINVAL'],
  ])('%s with %j: %s, also after a run and again', (cap, more, result) => {
    const made = new Aarch64Machine();
    expect(enable(made, cap, more)).toBe(result);
    made.enter();
    expect(enable(made, cap, more)).toBe(result);
    expect(made.vm.capabilities?.length ?? 0).toBe(result === 0 ? 1 : 0);
  });
});

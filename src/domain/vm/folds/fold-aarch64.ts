import { inserted } from '../../aarch64/smccc-filter.js';
import { type Aarch64Vcpu, RESET_REGISTERS, newAarch64Vcpu } from '../../aarch64/vcpu.js';
import { type Folds, eachVcpu, region, withCapability, withPresent, withVcpu } from './fold.js';
import type { Aarch64Vm } from '../state.js';

const powered =
  (mpState: Aarch64Vcpu['mpState']) =>
  (vcpu: Aarch64Vcpu): Aarch64Vcpu => ({ ...vcpu, mpState });

/** Facts about aarch64 VMs. */
export const aarch64Folds: Folds<
  | 'vcpu_created'
  | 'aarch64_registers_set'
  | 'vm_ran'
  | 'smccc_filter_set'
  | 'firmware_set'
  | 'power_state_set'
  | 'vcpus_powered_off'
  | 'vcpu_powered_on'
  | 'counter_offset_set'
  | 'stolen_time_placed'
  | 'capability_enabled',
  Aarch64Vm
> = {
  vcpu_created: (vm, { vcpu }) =>
    region<Aarch64Vm>({ vcpus: 'created' })({ ...vm, vcpus: new Map(vm.vcpus).set(vcpu, newAarch64Vcpu(vcpu)) }),
  aarch64_registers_set: (vm, { vcpu, registers }) =>
    withVcpu(vm, vcpu, (before) => ({
      ...before,
      registers: withPresent<object>(before.registers, registers) as typeof before.registers,
    })),
  vm_ran: (vm) => region<Aarch64Vm>({ run: 'ran' })(vm),
  smccc_filter_set: (vm, { type: _, ...range }) => ({ ...vm, smcccFilter: inserted(vm.smcccFilter ?? [], range) }),
  firmware_set: (vm, { firmware }) => ({ ...vm, firmware: withPresent<object>(vm.firmware ?? {}, firmware) }),
  power_state_set: (vm, { vcpu, mpState }) => withVcpu(vm, vcpu, powered(mpState)),
  vcpus_powered_off: (vm) => eachVcpu(vm, powered('stopped')),
  vcpu_powered_on: (vm, { vcpu, pc, x0 }) =>
    withVcpu(vm, vcpu, (before) => ({ ...before, mpState: 'runnable', registers: { ...RESET_REGISTERS, pc, x0 } })),
  counter_offset_set: (vm, { offset }) => ({ ...vm, counterOffset: offset }),
  stolen_time_placed: (vm, { vcpu, ipa }) => withVcpu(vm, vcpu, (before) => ({ ...before, stolenTime: ipa })),
  capability_enabled: (vm, { capability }) => withCapability(vm, capability),
};

import { newAarch64Vcpu } from '../aarch64/vcpu.js';
import { type Folds, region, withPresent, withVcpu } from './fold.js';
import type { Aarch64Vm } from './state.js';

/** Facts about aarch64 vCPUs. */
export const aarch64Folds: Folds<'vcpu_created' | 'aarch64_registers_set', Aarch64Vm> = {
  vcpu_created: (vm, { vcpu }) =>
    region<Aarch64Vm>({ vcpus: 'created' })({ ...vm, vcpus: new Map(vm.vcpus).set(vcpu, newAarch64Vcpu(vcpu)) }),
  aarch64_registers_set: (vm, { vcpu, registers }) =>
    withVcpu(vm, vcpu, (before) => ({
      ...before,
      registers: withPresent<object>(before.registers, registers) as typeof before.registers,
    })),
};

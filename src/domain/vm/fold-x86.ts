import { newX86Vcpu } from '../x86_64/vcpu.js';
import { type Folds, region, withPresent, withVcpu } from './fold.js';
import type { X86Vm } from './state.js';

/** Facts about x86_64 vCPUs. */
export const x86Folds: Folds<'vcpu_created' | 'x86_registers_set', X86Vm> = {
  vcpu_created: (vm, { vcpu }) =>
    region<X86Vm>({ vcpus: 'created' })({ ...vm, vcpus: new Map(vm.vcpus).set(vcpu, newX86Vcpu(vcpu)) }),
  x86_registers_set: (vm, { vcpu, registers: { cs = {}, ...registers } }) =>
    withVcpu(vm, vcpu, (before) => ({
      ...before,
      registers: {
        ...withPresent<object>(before.registers, registers),
        cs: withPresent<object>(before.registers.cs, cs),
      } as typeof before.registers,
    })),
};

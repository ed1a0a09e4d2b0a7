import { newX86Vcpu } from '../x86_64/vcpu.js';
import { changedRegisters } from '../x86_64/change-registers.js';
import { touch } from './fold-memory.js';
import { type Folds, region, withVcpu } from './fold.js';
import type { X86Vm } from './state.js';

/** Facts about x86_64 vCPUs and what they leave in memory. */
export const x86Folds: Folds<'vcpu_created' | 'x86_registers_set' | 'table_entries_set', X86Vm> = {
  vcpu_created: (vm, { vcpu }) =>
    region<X86Vm>({ vcpus: 'created' })({ ...vm, vcpus: new Map(vm.vcpus).set(vcpu, newX86Vcpu(vcpu)) }),
  x86_registers_set: (vm, { vcpu, registers }) =>
    withVcpu(vm, vcpu, (before) => ({ ...before, registers: changedRegisters(before.registers, registers) })),
  table_entries_set: (vm, { parts, data }) => {
    vm.memory.store(parts, data);
    touch(vm.memory, parts, 0, true);
    return vm;
  },
};

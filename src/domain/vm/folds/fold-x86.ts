import type { PendingIpi } from '../../x86_64/vcpu/ipi-modes.js';
import { newX86Vcpu } from '../../x86_64/vcpu/vcpu.js';
import { changedRegisters } from '../../x86_64/vcpu/change-registers.js';
import { touch } from './fold-memory.js';
import { type Folds, region, withVcpu } from './fold.js';
import type { X86Vm } from '../state.js';

const ascending = (msrs: ReadonlyMap<number, bigint> = new Map(), index: number, value: bigint) =>
  new Map([...msrs, [index, value] as const].sort(([a], [b]) => a - b));

/** Interrupts without some. */
const without = (ipis: readonly PendingIpi[] = [], gone: readonly PendingIpi[]): readonly PendingIpi[] =>
  ipis.filter(({ mode, vector }) => !gone.some((each) => each.mode === mode && each.vector === vector));

/** Facts about x86_64 VMs, their vCPUs and what these leave in memory. */
export const x86Folds: Folds<
  | 'vcpu_created'
  | 'x86_registers_set'
  | 'table_entries_set'
  | 'msr_written'
  | 'xcr_written'
  | 'x86_mp_state_set'
  | 'vcpu_halted'
  | 'vcpu_woken'
  | 'vcpu_kicked'
  | 'ipi_accepted'
  | 'ipis_taken'
  | 'hypercall_exited'
  | 'hypercall_completed'
  | 'x86_capability_enabled',
  X86Vm
> = {
  vcpu_created: (vm, { vcpu }) =>
    region<X86Vm>({ vcpus: 'created' })({ ...vm, vcpus: new Map(vm.vcpus).set(vcpu, newX86Vcpu(vcpu)) }),
  x86_registers_set: (vm, { vcpu, registers }) =>
    withVcpu(vm, vcpu, (before) => ({ ...before, registers: changedRegisters(before.registers, registers) })),
  table_entries_set: (vm, { parts, data }) => {
    vm.memory.store(parts, data);
    touch(vm.memory, parts, 0, true);
    return vm;
  },
  msr_written: (vm, { vcpu, msr, value }) =>
    withVcpu(vm, vcpu, (before) => ({ ...before, msrs: ascending(before.msrs, msr, value) })),
  xcr_written: (vm, { vcpu, value }) => withVcpu(vm, vcpu, (before) => ({ ...before, xcr0: value })),
  x86_mp_state_set: (vm, { vcpu, mpState }) => withVcpu(vm, vcpu, (before) => ({ ...before, mpState })),
  vcpu_halted: (vm, { vcpu }) => withVcpu(vm, vcpu, (before) => ({ ...before, mpState: 'halted' })),
  vcpu_woken: (vm, { vcpu }) =>
    withVcpu(vm, vcpu, ({ kicked: _, ...before }) => ({ ...before, mpState: 'runnable' as const })),
  vcpu_kicked: (vm, { vcpu }) => withVcpu(vm, vcpu, (before) => ({ ...before, kicked: true })),
  ipi_accepted: (vm, { vcpu, mode, vector }) =>
    withVcpu(vm, vcpu, (before) => ({
      ...before,
      ipis: [...without(before.ipis, [{ mode, vector }]), { mode, vector }],
    })),
  ipis_taken: (vm, { vcpu, ipis }) =>
    withVcpu(vm, vcpu, ({ ipis: before, ...vcpuBefore }) => {
      const left = without(before, ipis);
      return left.length === 0 ? vcpuBefore : { ...vcpuBefore, ipis: left };
    }),
  hypercall_exited: (vm, { vcpu, wide }) => withVcpu(vm, vcpu, (before) => ({ ...before, asked: { wide } })),
  hypercall_completed: (vm, { vcpu }) => withVcpu(vm, vcpu, ({ asked: _, ...before }) => before),
  x86_capability_enabled: (vm, { capability, value }) => ({
    ...vm,
    capabilities: [...new Set([...(vm.capabilities ?? []), capability])].sort(),
    capabilityValues: { ...vm.capabilityValues, [capability]: value },
  }),
};

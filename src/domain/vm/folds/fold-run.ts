import { withFloating, withoutFloating } from '../../s390x/interrupts/floating.js';
import { queued, withoutInterrupt } from '../../s390x/interrupts/interrupt.js';
import { resetVcpuState } from '../../s390x/vcpu/reset.js';
import { withMapping, withoutRange } from '../../s390x/vcpu/ucas.js';
import type { S390xVcpu } from '../../s390x/vcpu/vcpu.js';
import type { FloatingInterrupt } from '../../shapes/s390x-floating.js';
import type { UcasMapping } from '../../shapes/s390x-vcpu.js';
import { type Folds, region, withVcpu } from './fold.js';
import type { S390xVm } from '../state.js';

/** A vCPU whose user-controlled addresses stand for `ucas`; absent if for nothing. */
const withUcas = ({ ucas: _, ...vcpu }: S390xVcpu, ucas: readonly UcasMapping[]): S390xVcpu =>
  ucas.length === 0 ? vcpu : { ...vcpu, ucas };

/** The VM with other floating interruptions; absent if there are none. */
const withQueue = ({ floating: _, ...vm }: S390xVm, floating: readonly FloatingInterrupt[]): S390xVm =>
  floating.length === 0 ? vm : { ...vm, floating };

/** Facts about whether a vCPU runs, what waits for it, and what its addresses stand for. */
export const runFolds: Folds<
  | 'user_cpu_state_control_taken'
  | 'vcpu_started'
  | 'vcpu_stopped'
  | 'vcpu_reset'
  | 'interrupt_queued'
  | 'interrupt_delivered'
  | 'floating_interrupt_queued'
  | 'floating_interrupt_delivered'
  | 'ucas_mapped'
  | 'ucas_unmapped'
> = {
  user_cpu_state_control_taken: region({ cpuStateControl: 'user' }),
  vcpu_started: (vm, { vcpu }) => withVcpu(vm, vcpu, (before) => ({ ...before, mpState: 'operating' })),
  vcpu_stopped: (vm, { vcpu }) =>
    withVcpu(vm, vcpu, (before) => ({
      ...before,
      mpState: 'stopped',
      pending: before.pending.filter(({ type }) => type !== 'sigp_stop'),
    })),
  vcpu_reset: (vm, { vcpu, reset }) => withVcpu(vm, vcpu, (before) => resetVcpuState(before, reset)),
  interrupt_queued: (vm, { vcpu, interrupt }) =>
    withVcpu(vm, vcpu, (before) => ({ ...before, pending: queued(before.pending, interrupt) })),
  interrupt_delivered: (vm, { vcpu, interrupt }) =>
    withVcpu(vm, vcpu, (before) => ({ ...before, pending: withoutInterrupt(before.pending, interrupt) })),
  floating_interrupt_queued: (vm, { interrupt }) => withQueue(vm, withFloating(vm.floating ?? [], interrupt)),
  floating_interrupt_delivered: (vm, { interrupt }) => withQueue(vm, withoutFloating(vm.floating ?? [], interrupt)),
  ucas_mapped: (vm, { vcpu, mapping }) =>
    withVcpu(vm, vcpu, (before) => withUcas(before, withMapping(before.ucas ?? [], mapping))),
  ucas_unmapped: (vm, { vcpu, mapping }) =>
    withVcpu(vm, vcpu, (before) => withUcas(before, withoutRange(before.ucas ?? [], mapping))),
};

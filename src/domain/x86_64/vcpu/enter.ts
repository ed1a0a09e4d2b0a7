import type { Event } from '../../vm/facts/event.js';
import type { X86Vm } from '../../vm/state.js';
import { operandOf, ripAfter } from './mode.js';
import type { X86RegisterFile, X86Vcpu } from './vcpu.js';

/** Bytes of VMCALL and VMMCALL. */
const HYPERCALL_LENGTH = 3;

/** A vCPU in its VM, and the facts that led there. */
export interface Entered {
  readonly vm: X86Vm;
  readonly vcpu: X86Vcpu;
  readonly facts: readonly Event[];
}

/** The VM with another state of one vCPU, to go on deciding with. */
export const withVcpuState = (vm: X86Vm, vcpu: X86Vcpu): X86Vm => ({
  ...vm,
  vcpus: new Map(vm.vcpus).set(vcpu.id, vcpu),
});

/** The registers that the end of a hypercall sets: its result in rax, and rip behind the instruction. */
export const hypercallEnd = (
  { rip }: X86RegisterFile,
  result: bigint,
  wide: boolean,
): { readonly rax: bigint; readonly rip: bigint } => ({
  rax: operandOf(BigInt.asUintN(64, result), wide),
  rip: ripAfter(rip, HYPERCALL_LENGTH, wide),
});

/**
 * The guest goes on: a hypercall that user space was asked about ends with `ret`, and a vCPU that halted is awake if `wakes`
 * (complete_hypercall_exit). The vCPU must exist.
 */
export function entered(vm: X86Vm, id: number, { ret = 0n, wakes = true } = {}): Entered {
  const before = vm.vcpus.get(id);
  if (before === undefined) throw new Error(`there is no vCPU ${id}`);
  const facts: Event[] = [];
  const { asked, ...vcpu } = before;
  let { registers, mpState } = vcpu;
  if (asked !== undefined) {
    const end = hypercallEnd(registers, ret, asked.wide);
    registers = { ...registers, ...end };
    facts.push({ type: 'hypercall_completed', vcpu: id }, { type: 'x86_registers_set', vcpu: id, registers: end });
  }
  if (wakes && mpState === 'halted') {
    mpState = 'runnable';
    facts.push({ type: 'vcpu_woken', vcpu: id });
  }
  const now = { ...vcpu, registers, mpState };
  return { vm: withVcpuState(vm, now), vcpu: now, facts };
}

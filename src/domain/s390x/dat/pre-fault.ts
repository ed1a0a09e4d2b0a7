import { addressOf, frameOf } from '../../memory/address.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import { endOf } from '../../memory/memslot.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { done, refused } from '../../vm/decision.js';
import { segmentUnmapped } from '../vcpu/ucas.js';

/** The first frame from `first` up to `end` that no slot backs; `end` if all are backed. */
function firstHole(memory: GuestMemory, first: number, end: number): number {
  let frame = first;
  for (let slot = memory.slotAt(frame); slot && frame < end; slot = memory.slotAt(frame)) frame = endOf(slot);
  return Math.min(frame, end);
}

/**
 * KVM_PRE_FAULT_MEMORY (api.rst 4.143; kvm_vcpu_pre_fault_memory). Goes on until the first page that no slot backs; ENOENT only if that
 * is the first of all. Reply: `gpa` and `size` of what remains. Sets neither keys nor dirty bits. EINVAL for flags, misaligned
 * or empty ranges, ranges that wrap, and UCONTROL VMs.
 */
export const preFaultMemory: Decider<'pre_fault_memory'> = (vm, { type, vcpu, gpa, size, flags }) => {
  const verdict = consult(vm, { type, vcpu, gpa, size, flags });
  if (verdict.refused) return refused(verdict.refused);
  const end = gpa + size;
  const reached = addressOf(firstHole(vm.memory, frameOf(gpa), frameOf(end)));
  return done(verdict.facts, { gpa: reached, size: end - reached });
};

/**
 * KVM_S390_VCPU_FAULT (kvm_arch_vcpu_ioctl): faults one page in for reading; sets neither keys nor dirty bits. EFAULT outside of memory.
 * On a UCONTROL VM EREMOTE where the segment is not mapped, with what the exit tells: `transExcCode` and `pgmCode`.
 */
export const vcpuFault: Decider<'vcpu_fault'> = (vm, { type, vcpu, addr }) => {
  const verdict = consult(vm, { type, vcpu, addr });
  if (verdict.refused === 'EREMOTE') return segmentUnmapped(addr);
  return verdict.refused ? refused(verdict.refused) : done(verdict.facts);
};

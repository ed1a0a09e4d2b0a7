import { addressOf, frameOf } from '../../memory/address.js';
import { backedFrames } from '../../memory/backed-frames.js';
import { changed } from '../../vm/rules.js';
import type { S390xVm } from '../../vm/state.js';
import { userAddressOf } from '../vcpu/ucas.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';

/** The frame after the last one of the internal slot: the VMM's address space in whole segments (kvm_arch_init_vm). */
const END = 2 ** 52 - 256;

type Typed = Pick<S390xVm, 'vmType' | 'rules'>;

/**
 * Whether the VM has the internal slot of UCONTROL VMs, in which each absolute address is that address of the VMM
 * (KVM_S390_UCONTROL_MEMSLOT). The VMM has no memory behind it here: what touches content there is EFAULT.
 */
export const hasInternalSlot = (vm: Typed): boolean => vm.vmType === 'ucontrol' && changed(vm, 'ucontrolSlot');

/** Whether a frame lies in the internal slot of a VM that has one. */
export const inInternalSlot = (frame: number): boolean => frame < END;

/** Whether a slot is there for a frame, the internal one counted in (kvm_is_gpa_in_memslot). */
export const inSomeSlot = (vm: Typed & Pick<S390xVm, 'memory'>, frame: number): boolean =>
  hasInternalSlot(vm) ? inInternalSlot(frame) : vm.memory.slotAt(frame) !== undefined;

/** How many frames from `gfn` on slots cover without a gap, at most `count`; the internal slot counted in. */
export function slotFrames(vm: Typed & Pick<S390xVm, 'memory'>, gfn: bigint, count: number): number {
  if (!hasInternalSlot(vm)) return backedFrames(vm.memory, gfn, count);
  return gfn < BigInt(END) ? Math.min(count, END - Number(gfn)) : 0;
}

/**
 * Where in the VM a frame is that a vCPU sees as `frame`. A UCONTROL vCPU sees what KVM_S390_UCAS_MAP gave it, others see
 * slots. Undefined where there is nothing.
 */
export function seenFrame(
  vm: Typed & Pick<S390xVm, 'memory'>,
  { ucas = [] }: Pick<S390xVcpu, 'ucas'>,
  frame: number,
): number | undefined {
  if (!hasInternalSlot(vm)) return vm.memory.slotAt(frame) && frame;
  const user = userAddressOf(ucas, addressOf(frame));
  return user === undefined ? undefined : frameOf(user);
}

import { type Fragment, frameOf, offsetOf, PAGE_SIZE } from '../../memory/address.js';
import type { Event } from '../../vm/facts/event.js';
import type { X86Vm } from '../../vm/state.js';
import { type Exception, exception, pageFault } from '../vcpu/exceptions.js';
import { type GuestAccess, translateGuestAccess } from './guest-translation.js';
import { is64Bit, operandOf } from '../vcpu/mode.js';
import type { X86Vcpu } from '../vcpu/vcpu.js';

export type { GuestAccess };

/** A piece of guest memory in one page, and the linear address that it is at. */
export interface LinearPiece extends Fragment {
  readonly linear: bigint;
}

/** Where a range of linear addresses goes, page by page, and the accessed and dirty bits that were set on the way; or the exception. */
export interface Reached {
  readonly pieces: readonly LinearPiece[];
  readonly facts: readonly Event[];
  readonly raised?: Exception;
}

/** Translates `size` bytes from a linear address on, as the processor does for one access, page by page. Addresses wrap. */
export function reach(vm: X86Vm, vcpu: X86Vcpu, gva: bigint, size: number, access: GuestAccess): Reached {
  const { registers } = vcpu;
  const wide = is64Bit(registers);
  const pieces: LinearPiece[] = [];
  const facts: Event[] = [];
  for (let at = 0; at < size;) {
    const linear = operandOf(BigInt.asUintN(64, gva + BigInt(at)), wide);
    const translated = translateGuestAccess(vm, registers, linear, access);
    if (translated.exception !== undefined) {
      const { exception: found } = translated;
      const raised = found.vector === 14 ? pageFault(found.errorCode, found.address) : exception('general_protection');
      return { pieces, facts, raised };
    }
    facts.push(...translated.facts);
    const offset = offsetOf(translated.gpa);
    const length = Math.min(PAGE_SIZE - offset, size - at);
    pieces.push({ frame: frameOf(translated.gpa), offset, size: length, linear });
    at += length;
  }
  return { pieces, facts };
}

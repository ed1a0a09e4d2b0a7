import { type Absolute, addressOf, asAbsolute } from '../../memory/address.js';
import { highWord, lowWord } from '../../memory/words.js';
import type { Event } from '../../vm/facts/event.js';
import { updateEntries } from './accessed-dirty.js';
import type { PagingRegisters } from '../vcpu/control.js';
import { TRANSLATE_FAULTS } from './fault.js';
import { impossible } from './linear-address.js';
import { type Paging, type PagedMachine, pagingOf } from './paging.js';
import { ACCESS } from './permissions.js';
import { Walker } from './walk.js';

/** Bits of a page fault's error code (SDM volume 3, 4.7). */
export const PFERR = { present: 1, write: 2, user: 4, reserved: 8, fetch: 16, protectionKey: 32 } as const;

/** The kind of an access of the guest's, or of KVM's for it. */
export interface GuestAccess {
  readonly write?: boolean;
  /** Absent for a supervisor access, whatever the CPL. */
  readonly user?: boolean;
  readonly exec?: boolean;
}

/** Where an access goes, and the accessed and dirty bits that it sets; or the exception that it raises instead. */
export type GuestTranslation =
  | { readonly gpa: Absolute; readonly facts: readonly Event[]; readonly exception?: undefined }
  | { readonly exception: PageFault | GeneralProtection };

/** Exception 14: `address` is what CR2 gets. */
export interface PageFault {
  readonly vector: 14;
  readonly errorCode: number;
  readonly address: bigint;
}

/** Exception 13: the address is not canonical. */
export interface GeneralProtection {
  readonly vector: 13;
  readonly errorCode: 0;
}

const accessBits = ({ write = false, user = false, exec = false }: GuestAccess): number =>
  (write ? ACCESS.write : 0) | (user ? ACCESS.user : 0) | (exec ? ACCESS.exec : 0);

/** The error code of a fault of a walk (walk_addr_generic, permission_fault). */
function errorCode(walker: Walker, fault: number, { write, user, exec }: GuestAccess): number {
  const { nxe, smep } = walker.paging.controls;
  const cause = {
    [TRANSLATE_FAULTS.reserved_bits]: PFERR.present | PFERR.reserved,
    [TRANSLATE_FAULTS.privilege_violation]: PFERR.present | (walker.keyDenied ? PFERR.protectionKey : 0),
  }[fault];
  const fetch = exec === true && (nxe || smep);
  return (cause ?? 0) | (write ? PFERR.write : 0) | (user ? PFERR.user : 0) | (fetch ? PFERR.fetch : 0);
}

/**
 * Translates the address of one access as a CPU does: rights are judged after the whole walk, accessed bits are set on every
 * level and the dirty bit for a write (kvm_mmu_gva_to_gpa_read, _write, _fetch, _system). The guest frame need not be in a
 * slot. An access that crosses a page has to be translated page by page.
 *
 * @param linear 64 bits; what the vCPU's mode cannot have is a general-protection exception, outside 64-bit mode it is cut to 32
 */
export function translateGuestAccess(
  vm: PagedMachine,
  registers: PagingRegisters,
  linear: bigint,
  access: GuestAccess,
): GuestTranslation {
  const reason = impossible(registers, linear);
  if (reason === 'non_canonical') return { exception: { vector: 13, errorCode: 0 } };
  const address = reason === undefined ? linear : linear & 0xffff_ffffn;
  const paging: Paging = pagingOf(vm, registers, 'hardware');
  if (paging.mode === undefined) return { gpa: asAbsolute(address), facts: [] };
  const walker = new Walker(paging);
  const frame = walker.walk(highWord(address), lowWord(address), accessBits(access));
  if (frame < 0) return { exception: { vector: 14, errorCode: errorCode(walker, -frame, access), address } };
  const { facts } = updateEntries(walker, address, walker.depth + 1, access.write === true);
  return { gpa: addressOf(frame, Number(address & 0xfffn)), facts };
}

import type { Errno } from '../../errno.js';
import { addressOf } from '../../memory/address.js';
import { highWord, lowWord } from '../../memory/words.js';
import type { Translate2Request } from '../../shapes/x86-access.js';
import type { Event } from '../../vm/facts/event.js';
import { type Semantics, documented } from '../../vm/semantics.js';
import { type EntryUpdates, updateEntries } from './accessed-dirty.js';
import type { PagingRegisters } from '../vcpu/control.js';
import { STOPS, type StopReason, type WalkStep, explainWalk } from './explain.js';
import { TRANSLATE_FAULTS, type TranslateFault, faultOf } from './fault.js';
import { impossible } from './linear-address.js';
import { type PagedMachine, pagingOf } from './paging.js';
import { type RequestBits, requestBits } from './translate2-request.js';
import { Walker } from './walk.js';

/** What one translation answers beside `ret`. */
export type Translate2Answer = {
  readonly valid: boolean;
  /** Where the linear address lies, or the address of the entry that the walk stopped at. */
  readonly physicalAddress: bigint;
  /** Null where the ABI's field is 0. */
  readonly errorCode: { readonly code: number; readonly name: TranslateFault } | null;
  readonly setBitsSucceeded: boolean;
  /** With `explain`: every table entry read, from the root down, as it was before bits were set. */
  readonly walk?: readonly WalkStep[];
  /** With `explain`: what the translation stopped at, and the rule that did not hold. */
  readonly stoppedBy?: { readonly reason: StopReason; readonly check: string };
};

/** A translation that was not refused: its answer and what it left in memory. */
export interface Translated {
  readonly errno?: undefined;
  readonly answer: Translate2Answer;
  readonly facts: readonly Event[];
}

const UNTOUCHED: EntryUpdates = { facts: [], suppressed: false };

const stoppedBy = (reason: StopReason) => ({ stoppedBy: { reason, check: STOPS[reason].check } });

/** KVM_TRANSLATE2 for one vCPU as it is now, in the reading that the VM's semantics choose. */
export class Translator {
  private readonly walker: Walker;
  private readonly asDocumented: boolean;

  constructor(
    vm: PagedMachine & { readonly semantics: Semantics },
    private readonly registers: PagingRegisters,
  ) {
    this.asDocumented = documented(vm, 'translate2Reading');
    this.walker = new Walker(pagingOf(vm, registers, this.asDocumented ? 'documented' : 'kernel'));
  }

  /**
   * Translates one linear address (kvm_arch_vcpu_ioctl_translate2; x86-translate sections 4 to 10).
   *
   * @param explain whether the answer tells the walk
   * @returns EINVAL, or the answer, which may be that there is no translation
   */
  translate(request: Translate2Request, explain: boolean): Translated | { readonly errno: Errno } {
    const bits = requestBits(request);
    if (bits === undefined) return { errno: 'EINVAL' };
    const linear = request.linearAddress;
    const reason = impossible(this.registers, linear);
    if (reason !== undefined) {
      const answer = this.failed(TRANSLATE_FAULTS.invalid_gva, 0n, false);
      return { answer: explain ? { ...answer, walk: [], ...stoppedBy(reason) } : answer, facts: [] };
    }
    const translated = this.walked(linear, bits);
    if (!explain) return translated;
    return { ...translated, answer: { ...translated.answer, ...this.explained(linear, bits.access) } };
  }

  private walked(linear: bigint, { setAccessed, setDirty, force, access }: RequestBits): Translated {
    const { walker } = this;
    if (walker.paging.mode === undefined) return { answer: this.found(linear, setAccessed), facts: [] };
    const frame = walker.walk(highWord(linear), lowWord(linear), access);
    if (frame >= 0) {
      const { facts, suppressed } = setAccessed ? updateEntries(walker, linear, walker.depth + 1, setDirty) : UNTOUCHED;
      const physical = addressOf(frame, Number(linear & 0xfffn));
      return { answer: this.found(physical, setAccessed && !suppressed), facts };
    }
    const entryAddress = this.addressOfFailure();
    const { facts, suppressed } = force ? updateEntries(walker, linear, walker.depth, false) : UNTOUCHED;
    const succeeded = this.asDocumented ? force : setAccessed;
    const silent = !this.asDocumented && frame === -TRANSLATE_FAULTS.privilege_violation && access === 0;
    return { answer: this.failed(silent ? 0 : -frame, entryAddress, succeeded && !suppressed), facts };
  }

  /** The posted code leaves `error_code` at 1 on success. */
  private found(physicalAddress: bigint, setBitsSucceeded: boolean): Translate2Answer {
    const errorCode = this.asDocumented ? null : faultOf(TRANSLATE_FAULTS.not_present);
    return { valid: true, physicalAddress, errorCode, setBitsSucceeded };
  }

  private failed(code: number, physicalAddress: bigint, setBitsSucceeded: boolean): Translate2Answer {
    return { valid: false, physicalAddress, errorCode: faultOf(code), setBitsSucceeded };
  }

  /** The entry; the posted code has its table instead, and nothing for a PDPTE of PAE paging. */
  private addressOfFailure(): bigint {
    const { paging, depth, frame, entryAddress } = this.walker;
    if (this.asDocumented) return entryAddress;
    return paging.levels[depth]?.restricts === true ? addressOf(frame) : 0n;
  }

  private explained(linear: bigint, access: number): Pick<Translate2Answer, 'walk' | 'stoppedBy'> {
    const { paging, levels } = this.walker;
    if (paging.mode === undefined) return { walk: [] };
    const { steps, stopped } = explainWalk(paging, levels, linear, access);
    return stopped ? { walk: steps, ...stoppedBy(stopped.reason) } : { walk: steps };
  }
}

import { addressOf } from '../../memory/address.js';
import { MARK } from '../../memory/frame-marks.js';
import { KEY } from '../../memory/storage-key.js';
import { type Decision, type Reply, done, refused } from '../../vm/decision.js';
import type { Event } from '../../vm/facts/event.js';
import type { S390xVm } from '../../vm/state.js';
import { accessContext } from '../dat/access-context.js';
import { ADDRESS_MODES } from '../dat/address-mode.js';
import { ASCE } from '../dat/asce.js';
import { FACILITY, hasFacility } from '../model/facilities.js';
import { fault } from '../dat/fault.js';
import { type Execute, type GuestCommand, inProblemState } from './guest-context.js';
import { interruptedAt, interruptedBy } from '../dat/instruction-exception.js';
import { hasInternalSlot, seenFrame } from '../dat/internal-slot.js';
import { effective, programException } from '../dat/logical-access.js';
import { absoluteFrame } from '../dat/prefixing.js';
import { lowAddressProtected } from '../dat/protection.js';
import { enableSkeys } from '../marks/storage-keys.js';
import { segmentUnmapped } from '../vcpu/ucas.js';
import type { S390xVcpu } from '../vcpu/vcpu.js';
import { frameOfWords, highWord, lowWord, wrapFrame } from '../model/words.js';

/** Frames of a segment and of a region that a region-third-table entry stands for. */
const SEGMENT = 256;
const REGION_THIRD = 2 ** 19;

/** Bits of M3 of SSKE: leave the reference bit, the change bit out of the comparison; several frames (PoP, SSKE). */
const M3 = { mr: 0x4, mc: 0x2, mb: 0x1 } as const;

/** How a key is set: unless it is there already, but for the bits that do not count. */
interface Condition {
  readonly mr: boolean;
  readonly mc: boolean;
}

const isConditional = ({ mr, mc }: Condition): boolean => mr || mc;

/** Whether a conditional setting leaves a key as it is (PoP, SSKE; page_cond_set_storage_key). */
function stays(before: number, given: number, { mr, mc }: Condition): boolean {
  const counts = KEY.all & ~(mr ? KEY.reference : 0) & ~(mc ? KEY.change : 0);
  return (mr || mc) && (before & counts) === (given & counts);
}

/** A run of frames that an instruction goes through, as the vCPU addresses them. */
interface Frames {
  readonly first: number;
  readonly count: number;
}

/** How many of them the vCPU sees, from the first on without a gap, and where the first is in the VM. */
function seen(vm: S390xVm, vcpu: S390xVcpu, { first, count }: Frames): { readonly at: number; readonly count: number } {
  const at = seenFrame(vm, vcpu, first) ?? first;
  let reached = 0;
  while (reached < count && seenFrame(vm, vcpu, wrapFrame(first + reached)) === at + reached) reached++;
  return { at, count: reached };
}

/** What stops the instruction at the first frame that the vCPU does not see. */
function stoppedAt(vm: S390xVm, frame: number, events: readonly Event[]): Decision {
  if (!hasInternalSlot(vm)) return interruptedBy('addressing', events);
  return { ...segmentUnmapped(addressOf(frame)), events };
}

/** The keys that a run of frames has after the setting, and how many of them are new. */
function keysAfter(
  { memory }: S390xVm,
  at: number,
  count: number,
  given: number,
  condition: Condition,
  before: (key: number, i: number) => number,
): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => {
    const key = before(memory.marks.get(at + i) & MARK.key, i);
    return stays(key, given, condition) ? key : given & KEY.all;
  });
}

const keysSet = (at: number, data: Uint8Array): Event[] =>
  data.length === 0 ? [] : [{ type: 'storage_keys_set', startGfn: BigInt(at), data }];

/** Where R2 points after an instruction that went on to the end of a larger frame. */
function nextAddress(vm: S390xVm, vcpu: S390xVcpu, { first, count }: Frames): bigint {
  const address = addressOf(wrapFrame(first + count));
  const { high, low } = effective(accessContext(vm, vcpu), highWord(address), lowWord(address));
  return (BigInt(high) << 32n) | BigInt(low);
}

const upTo = (first: number, size: number): Frames => ({ first, count: size - (first % size) });

/**
 * SET STORAGE KEY EXTENDED in its conditional forms (facility 10: MR and MC of `m3`) and for all frames up to the end of a segment
 * (facility 8: MB), where the address is absolute (handle_sske). Bits of M3 whose facility is missing do not count; NQ changes
 * nothing here. Reply: of a conditional one `cc`, 0 if the key stayed, and `key` as it was; with MB `next`, where it ended, and
 * `cc` 3 for a conditional one. Addressing exception at a page in no slot; those before it stay set.
 */
export const conditionalSske: Execute = (vm, vcpu, { gaddr = 0n, key: given = 0, m3 = 0 }) => {
  if (inProblemState(vcpu)) return interruptedBy('privileged_operation');
  const enabled = enableSkeys(vm);
  const context = accessContext(vm, vcpu);
  const { high, low } = effective(context, highWord(gaddr), lowWord(gaddr));
  const several = (m3 & M3.mb) !== 0 && hasFacility(vm, FACILITY.enhancedDat1);
  const mayCompare = hasFacility(vm, FACILITY.conditionalSske);
  const condition = { mr: mayCompare && (m3 & M3.mr) !== 0, mc: mayCompare && (m3 & M3.mc) !== 0 };
  const frame = frameOfWords(high, low);
  const frames = several ? upTo(frame, SEGMENT) : { first: absoluteFrame(frame, context.prefixFrame), count: 1 };
  const reached = seen(vm, vcpu, frames);
  const fresh = enabled.length > 0;
  const keyOf = (key: number): number => (fresh ? 0 : key);
  const data = keysAfter(vm, reached.at, reached.count, given, condition, keyOf);
  const events = [...enabled, ...keysSet(reached.at, data)];
  if (reached.count < frames.count) return stoppedAt(vm, wrapFrame(frames.first + reached.count), events);
  const old = keyOf(vm.memory.marks.get(reached.at) & MARK.key);
  const compared: Reply = isConditional(condition) ? { cc: stays(old, given, condition) ? 0 : 1, key: old } : {};
  if (!several) return done(events, compared);
  return done(events, { next: nextAddress(vm, vcpu, frames), ...(isConditional(condition) && { cc: 3 }) });
};

/** Fields of R1 of PFMF, in its lower word (PoP, PFMF). */
const R1 = {
  reserved: 0xfffc0101,
  setKey: 0x20000,
  clear: 0x10000,
  size: 0x7000,
  nq: 0x800,
  mr: 0x400,
  mc: 0x200,
  key: 0xfe,
} as const;

/** What a frame-size code stands for: the frames, and whether the address is real. */
function framesOf(vm: S390xVm, vcpu: S390xVcpu, code: number, frame: number): Frames | undefined {
  const { prefixFrame, mode } = accessContext(vm, vcpu);
  if (code === 0) return { first: absoluteFrame(frame, prefixFrame), count: 1 };
  if (code === 0x1000) return upTo(frame, SEGMENT);
  const allowed = hasFacility(vm, FACILITY.enhancedDat2) && mode !== ADDRESS_MODES[24];
  return code === 0x2000 && allowed ? upTo(frame, REGION_THIRD) : undefined;
}

/** Why PFMF is not executed at all, in order (handle_pfmf). */
function refusal(vm: S390xVm, vcpu: S390xVcpu, options: number, { gaddr = 0n }: GuestCommand): Decision | undefined {
  if (!hasFacility(vm, FACILITY.enhancedDat1)) return interruptedBy('operation');
  if (inProblemState(vcpu)) return interruptedBy('privileged_operation');
  if ((options & R1.reserved) !== 0) return interruptedBy('specification');
  if ((options & R1.nq) !== 0 && !hasFacility(vm, FACILITY.nonquiescing)) return interruptedBy('specification');
  if ((options & R1.clear) === 0) return undefined;
  const context = accessContext(vm, vcpu);
  const { high, low } = effective(context, highWord(gaddr), lowWord(gaddr));
  if (!lowAddressProtected(context, { high: 0, low: ASCE.realSpace }, high, low & ~0xfff)) return undefined;
  const stopped = { fault: fault('low_address_protection', 'protection'), high, low };
  return interruptedAt(programException(context, stopped, { ar: 0, store: true }));
}

/**
 * PERFORM FRAME MANAGEMENT FUNCTION: clears frames, sets their keys, or both (handle_pfmf): one frame at a real address, or all up to the
 * end of a segment or of 2 GiB from an absolute one on. `r1` is the register that says what. Reply: `next`, where it ended, for
 * more than one frame. Operation exception without facility 8, privileged-operation, specification for reserved bits and frame
 * sizes, low-address protection where it clears; addressing at a page in no slot, where those before it are done.
 */
export const pfmf: Execute = (vm, vcpu, command) => {
  const options = lowWord(command.r1 ?? 0n);
  const stopped = refusal(vm, vcpu, options, command);
  if (stopped) return stopped;
  const { gaddr = 0n } = command;
  const { high, low } = effective(accessContext(vm, vcpu), highWord(gaddr), lowWord(gaddr));
  const size = options & R1.size;
  const frames = framesOf(vm, vcpu, size, frameOfWords(high, low));
  if (frames === undefined) return interruptedBy('specification');
  const [clears, sets] = [(options & R1.clear) !== 0, (options & R1.setKey) !== 0];
  const next: Reply = size === 0 ? {} : { next: nextAddress(vm, vcpu, frames) };
  if (!clears && !sets) return done([], next);
  const reached = seen(vm, vcpu, frames);
  const cleared: Event[] =
    clears && reached.count > 0 && !hasInternalSlot(vm)
      ? [{ type: 'frames_cleared', absolute: addressOf(reached.at), pages: reached.count }]
      : [];
  if (clears && hasInternalSlot(vm)) return reached.count > 0 ? refused('EFAULT') : stoppedAt(vm, frames.first, []);
  if (!sets) return reached.count < frames.count ? stoppedAt(vm, frames.first, cleared) : done(cleared, next);
  const enabled = clears && reached.count === 0 ? [] : enableSkeys(vm);
  const mayCompare = hasFacility(vm, FACILITY.conditionalSske);
  const condition = { mr: mayCompare && (options & R1.mr) !== 0, mc: mayCompare && (options & R1.mc) !== 0 };
  const touched = clears ? KEY.reference | KEY.change : 0;
  const fresh = enabled.length > 0;
  const before = (key: number, i: number): number => (fresh ? 0 : key) | (fresh && i === 0 ? 0 : touched);
  const data = keysAfter(vm, reached.at, reached.count, options & R1.key, condition, before);
  const events = [...cleared, ...enabled, ...keysSet(reached.at, data)];
  return reached.count < frames.count ? stoppedAt(vm, frames.first, events) : done(events, next);
};

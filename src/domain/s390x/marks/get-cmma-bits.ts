import { cmmaByteOf, cmmaDirtyFrames, isCmmaDirty } from '../../memory/cmma.js';
import type { GuestMemory } from '../../memory/guest-memory.js';
import { MARKS_MAX } from '../../shapes/s390x-marks.js';
import type { CommandOf } from '../../vm/command.js';
import { consult } from '../../vm/law/consult.js';
import type { Decider } from '../../vm/decider.js';
import { type Decision, type Reply, done, refused } from '../../vm/decision.js';
import { documented } from '../../vm/semantics.js';
import type { S390xVm } from '../../vm/state.js';
import { slotFrames } from '../dat/internal-slot.js';

type Request = CommandOf<'s390_get_cmma_bits'>;

/** The frame after the last one that 64-bit addresses reach. */
const FRAMES = 2 ** 52;

/** Most clean pages in a row that stand between two dirty ones of one answer (KVM_S390_MAX_BIT_DISTANCE). */
const BRIDGE = { documented: 15, kernel: 16 } as const;

const EMPTY: Reply = { startGfn: 0n, count: 0, remaining: 0n, values: new Uint8Array() };

const byteAt = (memory: GuestMemory, frame: number): number => cmmaByteOf(memory.marks.get(frame));

const remainingOf = ({ regions, cmmaDirtyPages = 0 }: S390xVm, collected = 0): bigint =>
  regions.migration === 'on' ? BigInt(Math.max(0, cmmaDirtyPages - collected)) : 0n;

/** The bytes from `startGfn` on up to the first page in no slot (kvm_s390_peek_cmma). */
function peek(vm: S390xVm, startGfn: bigint, most: number): Decision {
  const count = slotFrames(vm, startGfn, most);
  if (count === 0) return refused('EFAULT');
  const first = Number(startGfn);
  const values = Uint8Array.from({ length: count }, (_, i) => byteAt(vm.memory, first + i));
  return done([], { startGfn, count, remaining: remainingOf(vm), values });
}

/** The first dirty frame from `start` on or, if there is none, before it (dat_get_cmma). */
function firstDirty(memory: GuestMemory, start: number): number | undefined {
  for (const frame of cmmaDirtyFrames(memory, start, FRAMES)) return frame;
  for (const frame of cmmaDirtyFrames(memory, 0, start)) return frame;
  return undefined;
}

/** What one call collects: the frames from `first` up to, not including, `end`, and a byte for each. */
interface Collection {
  readonly end: number;
  readonly dirty: number;
  readonly values: Uint8Array;
}

/** The dirty frames from `first` on that are near enough to each other, and within `most` pages; clean ones between them are `clean`. */
function collected(
  memory: GuestMemory,
  first: number,
  most: number,
  bridge: number,
  clean: (frame: number) => number,
): Collection {
  const values = new Uint8Array(Math.min(most, FRAMES - first));
  let end = first;
  let dirty = 0;
  for (let frame = first; frame < first + values.length && frame - end <= bridge; frame++) {
    const slot = memory.slotAt(frame);
    const marks = memory.marks.get(frame);
    if (slot === undefined || !isCmmaDirty(slot, marks)) continue;
    for (; end < frame; end++) values[end - first] = clean(end);
    values[frame - first] = cmmaByteOf(marks);
    end = frame + 1;
    dirty++;
  }
  return { end, dirty, values: values.slice(0, end - first) };
}

/** Collects what waits, in one run of pages (dat_get_cmma; kvm_s390_get_cmma). */
function collect(vm: S390xVm, startGfn: bigint, most: number): Decision {
  const { memory } = vm;
  const first = firstDirty(memory, startGfn < BigInt(FRAMES) ? Number(startGfn) : FRAMES);
  if (first === undefined)
    return done([], { startGfn, count: 0, remaining: remainingOf(vm), values: new Uint8Array() });
  const asDocumented = documented(vm, 'cmmaBridgedBytes');
  const bridge = asDocumented ? BRIDGE.documented : BRIDGE.kernel;
  const clean = asDocumented ? (frame: number): number => byteAt(memory, frame) : (): number => 0;
  const { end, dirty, values } = collected(memory, first, most, bridge, clean);
  const count = end - first;
  const reply = { startGfn: BigInt(first), count, remaining: remainingOf(vm, dirty), values };
  return done([{ type: 'cmma_collected', startGfn: BigInt(first), count }], reply);
}

const nothing = ({ regions, cmmaDirtyPages = 0 }: S390xVm, { count }: Request, peeks: boolean): boolean =>
  count === 0 || regions.cmm === 'unused' || (!peeks && cmmaDirtyPages === 0);

/**
 * KVM_S390_GET_CMMA_BITS (api.rst 4.107; kvm_s390_get_cmma_bits): collects the CMMA states of pages that changed in migration
 * mode or, with `peek`, looks at those of any pages. Reply: `startGfn`, `count`, `remaining`, `values`, a byte a page.
 *
 * ENXIO without CMMA; EINVAL for other flags, and for collecting outside migration mode; everything 0 where there is nothing
 * to answer; EFAULT for a look at a page in no slot. A count above 1048576 counts as that.
 */
export const getCmmaBits: Decider<'s390_get_cmma_bits'> = (vm, command) => {
  const { type, flags, startGfn, count } = command;
  const peeks = flags.includes('peek');
  const flagsKnown = flags.every((flag) => flag === 'peek');
  const verdict = consult(vm, { type, flagsKnown, count: BigInt(count), peek: peeks });
  if (verdict.refused) return refused(verdict.refused);
  if (nothing(vm, command, peeks)) return done([], EMPTY);
  const most = Math.min(count, MARKS_MAX);
  return peeks ? peek(vm, startGfn, most) : collect(vm, startGfn, most);
};

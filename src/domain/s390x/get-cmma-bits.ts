import { cmmaByteOf, cmmaDirtyFrames } from '../memory/cmma.js';
import type { GuestMemory } from '../memory/guest-memory.js';
import { MARKS_MAX } from '../shapes/s390x-marks.js';
import type { CommandOf } from '../vm/command.js';
import { consult } from '../vm/consult.js';
import type { Decider } from '../vm/decider.js';
import { type Decision, type Reply, done, refused } from '../vm/decision.js';
import { documented } from '../vm/semantics.js';
import type { S390xVm } from '../vm/state.js';
import { slotFrames } from './internal-slot.js';

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

/** Dirty frames from `start` to the end of memory or, if there are none, those before `start`. */
function* searched(memory: GuestMemory, start: number): Generator<number> {
  let found = false;
  for (const frame of cmmaDirtyFrames(memory, start, FRAMES)) {
    found = true;
    yield frame;
  }
  if (!found) yield* cmmaDirtyFrames(memory, 0, start);
}

/** The dirty frames that one call collects: near enough to each other, and within `most` pages. */
function collectable(memory: GuestMemory, start: number, most: number, bridge: number): number[] {
  const frames: number[] = [];
  for (const frame of searched(memory, start)) {
    const [first = frame] = frames;
    const last = frames.at(-1) ?? frame - 1;
    if (frame - first >= most || frame - last - 1 > bridge) break;
    frames.push(frame);
  }
  return frames;
}

/** Collects what waits, in one run of pages (dat_get_cmma; kvm_s390_get_cmma). */
function collect(vm: S390xVm, startGfn: bigint, most: number): Decision {
  const { memory } = vm;
  const asDocumented = documented(vm, 'cmmaBridgedBytes');
  const start = startGfn < BigInt(FRAMES) ? Number(startGfn) : FRAMES;
  const frames = collectable(memory, start, most, asDocumented ? BRIDGE.documented : BRIDGE.kernel);
  const [first] = frames;
  const last = frames.at(-1);
  if (first === undefined || last === undefined)
    return done([], { startGfn, count: 0, remaining: remainingOf(vm), values: new Uint8Array() });
  const count = last - first + 1;
  const values = new Uint8Array(count);
  if (asDocumented) for (let i = 0; i < count; i++) values[i] = byteAt(memory, first + i);
  else for (const frame of frames) values[frame - first] = byteAt(memory, frame);
  const reply = { startGfn: BigInt(first), count, remaining: remainingOf(vm, frames.length), values };
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

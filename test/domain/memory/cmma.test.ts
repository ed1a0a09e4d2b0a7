import { backedFrames } from '../../../src/domain/memory/backed-frames.js';
import {
  cmmaByteOf,
  cmmaDirtyFrames,
  cmmaDirtyMark,
  cmmaMarksOf,
  isCmmaDirty,
} from '../../../src/domain/memory/cmma.js';
import { MARK } from '../../../src/domain/memory/frame-marks.js';
import { GuestMemory } from '../../../src/domain/memory/guest-memory.js';
import type { Memslot } from '../../../src/domain/memory/memslot.js';

const slot = (number: number, firstFrame: number, frames: number, allDirty = false): Memslot => ({
  slot: number,
  firstFrame,
  frames,
  firstPage: firstFrame,
  flags: [],
  ...(allDirty && { cmmaDirty: true }),
});

it.each([0x00, 0x01, 0x02, 0x03, 0x40, 0x41, 0x42, 0x43])('CMMA byte %i is kept in marks', (byte) => {
  expect(cmmaByteOf(cmmaMarksOf(byte))).toBe(byte);
  expect(cmmaMarksOf(byte) & ~(MARK.usage | MARK.nodat)).toBe(0);
});

it('other bits of a CMMA byte and other marks do not count', () => {
  expect(cmmaMarksOf(0xbc)).toBe(0);
  expect(cmmaByteOf(MARK.key | MARK.cmmaDirty | MARK.dirty | MARK.mapping)).toBe(0);
});

it.each([true, false])('a frame is dirty or not as it was marked, in a slot that was all dirty: %s', (allDirty) => {
  const memslot = slot(0, 0, 1, allDirty);
  for (const dirty of [true, false]) expect(isCmmaDirty(memslot, cmmaDirtyMark(memslot, dirty))).toBe(dirty);
});

describe('dirty frames', () => {
  const memory = GuestMemory.empty().withSlots([slot(0, 0, 6, true), slot(1, 600, 300), slot(2, 1000, 3, true)]);
  for (const frame of [1, 2, 5, 600, 899, 1000, 1001, 1002]) memory.marks.set(frame, MARK.cmmaDirty, MARK.cmmaDirty);

  it.each<[first: number, end: number, expected: number[]]>([
    [0, 2 ** 52, [0, 3, 4, 600, 899]],
    [3, 900, [3, 4, 600, 899]],
    [4, 4, []],
    [5, 600, []],
    [601, 899, []],
    [899, 1003, [899]],
  ])('from %i to %i', (first, end, expected) => {
    expect([...cmmaDirtyFrames(memory, first, end)]).toEqual(expected);
  });
});

describe('frames that slots back', () => {
  const memory = GuestMemory.empty().withSlots([slot(0, 0, 6), slot(1, 6, 4), slot(2, 12, 3), slot(3, 2 ** 52 - 4, 3)]);

  it.each<[gfn: bigint, count: number, backed: number]>([
    [0n, 100, 10],
    [0n, 7, 7],
    [5n, 100, 5],
    [9n, 1, 1],
    [10n, 1, 0],
    [12n, 100, 3],
    [15n, 100, 0],
    [(1n << 52n) - 3n, 100, 2],
    [1n << 52n, 1, 0],
    [(1n << 64n) - 1n, 1, 0],
  ])('from %s, at most %i: %i', (gfn, count, backed) => {
    expect(backedFrames(memory, gfn, count)).toBe(backed);
  });
});

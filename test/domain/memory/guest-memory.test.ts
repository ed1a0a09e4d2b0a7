import fc from 'fast-check';
import { type Part, asAbsolute, fragments, partsOf } from '../../../src/domain/memory/address.js';
import { MARK } from '../../../src/domain/memory/frame-marks.js';
import { GuestMemory } from '../../../src/domain/memory/guest-memory.js';
import type { Memslot } from '../../../src/domain/memory/memslot.js';

const slot = (number: number, firstFrame: number, frames: number, firstPage: number): Memslot => ({
  slot: number,
  firstFrame,
  frames,
  firstPage,
  flags: [],
});

/** Frames [0, 4), [4, 8) and [16, 20), the second behind far pages. */
const memory = () => GuestMemory.empty().withSlots([slot(2, 16, 4, 100), slot(0, 0, 4, 0), slot(1, 4, 4, 2 ** 40)]);

const part = (absolute: bigint, size: number): Part => ({ absolute: asAbsolute(absolute), size });

describe('guest memory', () => {
  it('keeps its slots in order of frames', () => {
    expect(memory().slots.map(({ firstFrame }) => firstFrame)).toEqual([0, 4, 16]);
  });

  it.each<[frame: number, slot: number | undefined]>([
    [0, 0],
    [3, 0],
    [4, 1],
    [7, 1],
    [8, undefined],
    [15, undefined],
    [16, 2],
    [19, 2],
    [20, undefined],
    [2 ** 52 - 1, undefined],
  ])('has frame %d in slot %s', (frame, number) => {
    const some = memory();
    expect(some.slotAt(frame)?.slot).toBe(number);
    some.slotAt(5);
    expect(some.slotAt(frame)?.slot).toBe(number);
  });

  it.each<[address: bigint, size: number, backed: boolean]>([
    [0n, 8 * 4096, true],
    [0n, 8 * 4096 + 1, false],
    [16n * 4096n - 1n, 2, false],
    [9n * 4096n, 0, true],
    [(1n << 64n) - 1n, 2, false],
  ])('backs %d for %d bytes: %s', (address, size, backed) => {
    expect(memory().backs(address, size)).toBe(backed);
  });

  it('reads zeros where nobody wrote, and no page outside slots', () => {
    expect(memory().page(0)).toEqual(new Uint8Array(4096));
    expect(memory().page(8)).toBeUndefined();
  });

  it('reads what was stored, across slots', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 20000n }), fc.uint8Array({ minLength: 1, maxLength: 9000 }), (at, data) => {
        const some = memory();
        some.store([part(at, data.length)], data);
        expect(some.read(fragments(at, data.length))).toEqual(data);
      }),
    );
  });

  it('stores parts one after the other', () => {
    const some = memory();
    some.store([part(0x10000n, 2), part(0xfffn, 2)], Uint8Array.of(1, 2, 3, 4));
    expect(some.read(fragments(0x10000n, 2))).toEqual(Uint8Array.of(1, 2));
    expect(some.read(fragments(0xfffn, 2))).toEqual(Uint8Array.of(3, 4));
  });

  it('does not store outside slots', () => {
    expect(() => memory().store([part(0x8000n, 1)], Uint8Array.of(1))).toThrow('no memory slot');
  });

  it('has the contents with the page, the marks with the frame', () => {
    const some = memory();
    some.store([part(0x1000n, 1)], Uint8Array.of(9));
    some.marks.set(1, MARK.key, 0x40);
    const moved = some.withSlots([slot(0, 32, 4, 0)]);
    expect([moved.page(33)?.[0], moved.marks.get(33), moved.marks.get(1), moved.page(1)]).toEqual([
      9,
      0,
      0x40,
      undefined,
    ]);
  });

  it('shows two slots the same bytes where both have the same pages', () => {
    const some = GuestMemory.empty().withSlots([slot(0, 0, 1, 7), slot(1, 5, 1, 7)]);
    some.store([part(0x10n, 1)], Uint8Array.of(3));
    expect(some.page(5)?.[0x10]).toBe(3);
  });

  it('keeps a past in a fork', () => {
    const some = memory();
    some.store([part(0n, 1)], Uint8Array.of(1));
    const past = some.fork();
    some.store([part(0n, 1)], Uint8Array.of(2));
    some.marks.set(0, MARK.key, 0x10);
    expect([past.page(0)?.[0], past.marks.get(0), some.page(0)?.[0]]).toEqual([1, 0, 2]);
  });
});

describe('fragments', () => {
  it('lie in one page each, follow each other and are the whole range', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }), fc.nat(20000), (address, size) => {
        const pieces = fragments(address, size);
        let at = address;
        for (const piece of pieces) {
          expect((BigInt(piece.frame) << 12n) | BigInt(piece.offset)).toBe(at);
          expect(piece.offset + piece.size).toBeLessThanOrEqual(4096);
          expect(piece.size).toBeGreaterThan(0);
          at = asAbsolute(at + BigInt(piece.size));
        }
        expect(at).toBe(asAbsolute(address + BigInt(size)));
        expect(partsOf(pieces).reduce((sum, one) => sum + one.size, 0)).toBe(size);
      }),
    );
  });

  it('are one part unless the range wraps', () => {
    expect(partsOf(fragments(0xff0n, 9000))).toEqual([{ absolute: 0xff0n, size: 9000 }]);
    expect(partsOf(fragments((1n << 64n) - 16n, 20))).toEqual([
      { absolute: (1n << 64n) - 16n, size: 16 },
      { absolute: 0n, size: 4 },
    ]);
  });
});

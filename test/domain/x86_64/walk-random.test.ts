import fc from 'fast-check';
import { frameOf } from '../../../src/domain/memory/address.js';
import { highWord, lowWord } from '../../../src/domain/memory/words.js';
import type { PagingRegisters } from '../../../src/domain/x86_64/vcpu/control.js';
import { STOPS, explainWalk } from '../../../src/domain/x86_64/paging/explain.js';
import { TRANSLATE_FAULTS } from '../../../src/domain/x86_64/paging/fault.js';
import { pagingOf } from '../../../src/domain/x86_64/paging/paging.js';
import type { Reading } from '../../../src/domain/x86_64/paging/permissions.js';
import { RULES } from '../../../src/domain/vm/rules.js';
import { Walker } from '../../../src/domain/x86_64/paging/walk.js';
import { referenceWalk } from '../support/reference-walk.js';
import { type Machine, memoryOf, put, putEntries, translate } from '../support/x86-machine.js';

const FRAMES = 32;

/** Registers of each mode; one bit in many differs from run to run. */
const MODES = {
  '32bit': { cr4: 0x10n, efer: 0n, cs: { l: 0 } },
  '32bit, PSE=0': { cr4: 0n, efer: 0n, cs: { l: 0 } },
  pae: { cr4: 0x20n, efer: 0x800n, cs: { l: 0 } },
  '4level': { cr4: 0x20n, efer: 0xd00n, cs: { l: 1 } },
  '5level': { cr4: 0x1020n, efer: 0xd00n, cs: { l: 1 } },
} as const satisfies Record<string, Partial<PagingRegisters>>;

type ModeName = keyof typeof MODES;

const sometimes = (bit: number) => fc.constantFrom(0n, 0n, 0n, 0n, 0n, 0n, 0n, 1n).map((on) => on << BigInt(bit));

/** An entry that mostly points to one of the frames, present and writable by users, with a stray bit now and then. */
const entry = fc
  .tuple(
    fc.nat(FRAMES - 1),
    fc.constantFrom(7n, 7n, 7n, 7n, 7n, 7n, 5n, 3n, 1n, 0n),
    fc.constantFrom(0n, 0x20n, 0x60n),
    ...[7, 8, 13, 17, 39, 45, 52, 62, 63].map(sometimes),
  )
  .map(([frame, rights, marks, ...bits]) =>
    bits.reduce((value, bit) => value | bit, (BigInt(frame) << 12n) | rights | marks),
  );

const registers = fc.record({
  wp: fc.boolean(),
  nxe: fc.boolean(),
  smep: fc.boolean(),
  smap: fc.boolean(),
  pke: fc.boolean(),
  ac: fc.boolean(),
  pkru: fc.nat(0xffffffff),
  root: fc.nat(FRAMES),
});

const setup = fc.record({
  values: fc.array(entry, { minLength: 61, maxLength: 61 }),
  registers,
  host: fc.record({
    maxPhysAddrBits: fc.constantFrom(36, 40, 46, 52),
    cpuVendor: fc.constantFrom('intel', 'amd', 'hygon'),
    gbPages: fc.boolean(),
  }),
  rules: fc.constantFrom(1, RULES, RULES),
});

type Setup = typeof setup extends fc.Arbitrary<infer Value> ? Value : never;

const page = new Uint8Array(4096);

/** Bits that would keep nearly every walk from getting past the first table of PAE paging. */
const PDPTE_RESERVED = 0x1e6n;

/** A machine whose frames are all tables, of the same 61 entries over and over; every fourth frame is only to be read. */
function machineOf(mode: ModeName, { values, registers: some, host, rules }: Setup): Machine {
  const memory = memoryOf(
    Array.from({ length: FRAMES }, (_, i) => ({
      from: BigInt(i) << 12n,
      size: 4096n,
      ...(i % 4 === 3 && { flags: ['readonly' as const] }),
    })),
  );
  const size = mode.startsWith('32bit') ? 4 : 8;
  const view = new DataView(page.buffer);
  for (let frame = 0; frame < FRAMES; frame++) {
    for (let i = 0; i < 4096 / size; i++) {
      const drawn = values[(frame * 17 + i) % values.length] ?? 0n;
      const value = mode === 'pae' && frame === some.root ? drawn & ~PDPTE_RESERVED : drawn;
      if (size === 8) view.setBigUint64(8 * i, value, true);
      else view.setUint32(4 * i, Number(value & 0xffffffffn), true);
    }
    put(memory, BigInt(frame) << 12n, page);
  }
  const { wp, nxe, smep, smap, pke, ac, pkru, root } = some;
  const base = MODES[mode];
  return {
    host,
    semantics: 'documented',
    rules,
    memory,
    registers: {
      cr0: 0x80000001n | (wp ? 0x10000n : 0n),
      cr3: BigInt(root) << 12n,
      cr4: base.cr4 | (smep ? 0x100000n : 0n) | (smap ? 0x200000n : 0n) | (pke ? 0x400000n : 0n),
      efer: nxe ? base.efer | 0x800n : base.efer & ~0x800n,
      rflags: ac ? 0x40002n : 2n,
      pkru,
      cs: base.cs,
    },
  };
}

const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });

/** Addresses that the mode can have, and others. */
const linearOf = (mode: ModeName) => {
  const bits = { '4level': 48, '5level': 57 }[mode as string] ?? 32;
  const fits = u64.map((value) => BigInt.asUintN(64, BigInt.asIntN(bits, value)));
  return fc.oneof(
    { weight: 9, arbitrary: bits === 32 ? u64.map((value) => value & 0xffffffffn) : fits },
    { weight: 1, arbitrary: u64 },
  );
};

const access = fc.nat(7);
const NAMES = Object.keys(MODES) as ModeName[];
const READINGS: readonly Reading[] = ['documented', 'kernel', 'hardware'];

describe.each(NAMES)('on random tables, %s', (name) => {
  const linear = linearOf(name);
  const many = fc.array(fc.tuple(linear, access), { minLength: 12, maxLength: 12 });

  it('the fast walk, the explained one and the plainest one agree, and read what is in slots and nothing else', () => {
    const ends = new Set<number>();
    fc.assert(
      fc.property(setup, many, (made, asked) => {
        const machine = machineOf(name, made);
        for (const reading of READINGS) {
          const paging = pagingOf(machine, machine.registers, reading);
          const walker = new Walker(paging);
          for (const [address, kind] of asked) {
            const expected = referenceWalk(machine, reading, address, kind);
            const told = explainWalk(paging, walker.levels, address, kind);
            const frame = walker.walk(highWord(address), lowWord(address), kind);
            expect({
              frame,
              at: walker.entryAddress,
              told: [told.physical, told.stopped?.entryAddress ?? expected.at],
              fault: told.stopped ? TRANSLATE_FAULTS[STOPS[told.stopped.reason].fault] : 0,
              steps: told.steps.map(({ entryAddress, entry: read }) => [entryAddress, read]),
              outside: expected.steps.filter(({ address: at }) => machine.memory.slotAt(frameOf(at)) === undefined),
            }).toEqual({
              frame: expected.physical === undefined ? -expected.fault : frameOf(expected.physical),
              at: expected.at,
              told: [expected.physical, expected.at],
              fault: expected.fault,
              steps: expected.steps.map(({ address: at, entry: read }) => [at, read]),
              outside: [],
            });
            ends.add(Math.min(frame, 0));
          }
        }
      }),
      { numRuns: 60 },
    );
    const possible = name === '32bit, PSE=0' ? [0, -1, -2, -5] : [0, -1, -2, -3, -5];
    expect(ends).toEqual(new Set(possible));
  });

  it('without flags nothing changes; what is refused to a write gets no dirty bit; set bits stay the only change', () => {
    fc.assert(
      fc.property(setup, many, fc.constantFrom(0, 1, 5, 3, 7), (made, asked, flags) => {
        const machine = machineOf(name, made);
        const size = name.startsWith('32bit') ? 4 : 8;
        for (const [address, kind] of asked) {
          const { answer, set } = translate(machine, address, flags, flags & 2 ? kind | 1 : kind);
          if (flags === 0 || (!answer.valid && flags < 4)) expect(set).toEqual([]);
          for (const [at, value] of set) {
            const before = new DataView(machine.memory.page(frameOf(at))?.buffer ?? new ArrayBuffer(0), 0);
            expect(machine.memory.slotAt(frameOf(at))?.flags).toEqual([]);
            const offset = Number(at & 0xfffn);
            const was = size === 8 ? before.getBigUint64(offset, true) : BigInt(before.getUint32(offset, true));
            expect([0x20n, 0x40n, 0x60n]).toContain(value & ~was);
            expect(was & ~value).toBe(0n);
            if (!answer.valid || (flags & 2) === 0) expect(value & ~was & 0x40n).toBe(0n);
          }
          // The same again finds nothing more to set, unless one entry was read as that of two levels: bits mean other things there.
          const paging = pagingOf(machine, machine.registers, 'documented');
          const { steps } = explainWalk(paging, new Walker(paging).levels, address, kind);
          const isReused = new Set(steps.map(({ entryAddress }) => entryAddress)).size < steps.length;
          putEntries(machine.memory, set, size);
          if (isReused) continue;
          const again = translate(machine, address, flags, flags & 2 ? kind | 1 : kind);
          expect(again).toEqual({ answer, set: [] });
        }
      }),
      { numRuns: 30 },
    );
  });
});

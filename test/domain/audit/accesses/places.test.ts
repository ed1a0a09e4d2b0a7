import fc from 'fast-check';
import type { Access } from '../../../../src/domain/audit/accesses/access.js';
import { changesMap, mapAfter } from '../../../../src/domain/audit/accesses/map-changes.js';
import { type MemoryMap, NO_MEMORY, backingsOf, framesOf } from '../../../../src/domain/audit/accesses/memory-map.js';
import { placed } from '../../../../src/domain/audit/accesses/places.js';
import { asAbsolute, fragments } from '../../../../src/domain/memory/address.js';
import { EVENT_TYPES } from '../../../../src/domain/vm/facts/event.js';
import type { X86Vm } from '../../../../src/domain/vm/state.js';
import type { X86Vms } from '../../support/x86-vms.js';
import { X86 } from '../../support/x86-vms.js';

const PAGE = 4096;

const mapOf = ({ memory, lent = [] }: X86Vm): MemoryMap => ({ slots: memory.slots, remote: memory.remote, lent });

const access = (absolute: number, size: number, kind: Access['kind'] = 'write'): Access => {
  const resolved = [{ absolute: asAbsolute(BigInt(absolute)), size }];
  return { kind, ret: 0, resolved, stored: kind === 'write' ? resolved : [], data: [] };
};

/**
 * T lends page 5 to I, where it is pages 9 and 10, and I has a second slot on the same pages of its VMM. T lends it to J too, where it
 * is 7; the hypercall allows one borrower, but nothing here rests on that.
 */
function sharing(): X86Vms {
  const target = new X86({}, 'T').hook();
  const { vms } = target;
  const [tool] = ['I', 'J'].map((id) => new X86({}, id, vms)) as [X86, X86];
  const userspaceAddr = (tool.vm.memory.slots[0]?.firstPage ?? 0) * PAGE;
  tool.run({ type: 'set_user_memory_region', slot: 1, guestPhysAddr: 1 << 24, size: 0x10000, userspaceAddr });
  for (const to of [0x9000, 0xa000]) {
    tool.put(0x100000n, target.token(to >> 12));
    tool.call(32, [0x100000, 0x5000, to]);
  }
  vms.fold('J', [{ type: 'page_borrowed', page: 7, lender: 'T', lenderPage: 5 }]);
  vms.fold('T', [{ type: 'page_lent', page: 5, borrower: 'J', borrowerPage: 7 }]);
  return vms;
}

describe('where an access was', () => {
  const vms = sharing();
  const maps = (id: string): MemoryMap | undefined => {
    const vm = vms.states.get(id);
    return vm && mapOf(vm);
  };
  const at = (vm: string, absolute: number, size: number) => {
    const { shared, runs } = placed(access(absolute, size), vm, maps);
    return {
      shared: shared.map((place) => `${place.vm} 0x${place.absolute.toString(16)}+${place.size}`).sort(),
      runs: runs.map((run) => `${run.vm} ${run.page}:${run.offset}+${run.size}`),
    };
  };
  const high = (page: number): string => `0x${((1 << 24) + page * PAGE + 4).toString(16)}`;

  it.each<
    [what: string, vm: string, absolute: number, size: number, shared: readonly string[], runs: readonly string[]]
  >([
    [
      'a page that is lent is the borrowers’ too',
      'T',
      0x5004,
      8,
      ['I 0x9004+8', 'I 0xa004+8', `I ${high(9)}+8`, `I ${high(10)}+8`, 'J 0x7004+8'],
      ['T 5:4+8'],
    ],
    [
      'a page that is borrowed is the lender’s, and that of other borrowers and other slots',
      'I',
      0x9004,
      8,
      ['I 0xa004+8', `I ${high(9)}+8`, `I ${high(10)}+8`, 'J 0x7004+8', 'T 0x5004+8'],
      ['T 5:4+8'],
    ],
    ['a page of its own behind two slots', 'I', 0x2004, 8, [`I ${high(2)}+8`], ['I 2:4+8']],
    ['a page that nobody shares', 'T', 0x6000, 8, [], ['T 6:0+8']],
    [
      'from a page of its own into a borrowed one',
      'J',
      0x6ffe,
      4,
      ['I 0x9000+2', 'I 0xa000+2', 'I 0x1009000+2', 'I 0x100a000+2', 'T 0x5000+2'],
      ['J 6:4094+2', 'T 5:0+2'],
    ],
    [
      'from a borrowed page into one of its own',
      'J',
      0x7ffe,
      4,
      ['I 0x9ffe+2', 'I 0xaffe+2', 'I 0x1009ffe+2', 'I 0x100affe+2', 'T 0x5ffe+2'],
      ['T 5:4094+2', 'J 8:0+2'],
    ],
    ['where no slot is', 'T', 0x500000, 8, [], []],
  ])('%s', (_what, vm, absolute, size, shared, runs) => {
    expect(at(vm, absolute, size)).toEqual({ shared: [...shared].sort(), runs });
  });

  it.each(['key_read', 'key_write', 'cmma_read', 'cmma_write'] as const)('%s is of the frame alone', (kind) => {
    const { shared, runs } = placed(access(0x9000, PAGE, kind), 'I', maps);
    expect([shared, runs]).toEqual([[], []]);
  });

  it('a page that was replaced is where its frames are', () => {
    const replaced = placed({ ...access(0, 1, 'replace'), resolved: [], replaced: { page: 9 } }, 'I', maps);
    expect(replaced.resolved).toEqual([
      { absolute: 0x9000n, size: PAGE },
      { absolute: 0x1009000n, size: PAGE },
    ]);
    expect(replaced.runs).toEqual([{ vm: 'I', page: 9, offset: 0, size: PAGE }]);
    const lost = placed({ ...access(0, 1, 'replace'), resolved: [], replaced: { lender: 'T' } }, 'J', maps);
    expect(lost.runs).toEqual([{ vm: 'J', page: 7, offset: 0, size: PAGE }]);
  });

  it('a VM that is not known has no memory', () => {
    expect(placed(access(0, 8), 'nobody', maps)).toMatchObject({ shared: [], runs: [] });
  });
});

describe('the map of memory', () => {
  const MEMORY_FACTS = EVENT_TYPES.filter((type) =>
    /^(?:memslot_(?!flags)|pages?_(?!access|state|discarded))/.test(type),
  );

  it('knows every fact about slots and shared pages', () => {
    expect(EVENT_TYPES.filter(changesMap)).toEqual(MEMORY_FACTS);
  });

  it('is that of the state, fact by fact', () => {
    const target = new X86({}, 'T').hook();
    const tool = new X86({}, 'I', target.vms);
    const known = new Map<string, MemoryMap>();
    const { vms } = target;
    const fold = vms.fold.bind(vms);
    for (const id of ['T', 'I']) known.set(id, mapOf(vms.vm(id)));
    vms.fold = (id, events) => {
      known.set(id, events.reduce(mapAfter, known.get(id) ?? NO_MEMORY));
      fold(id, events);
      const { slots, ...rest } = mapOf(vms.vm(id));
      const bare = slots.map(({ slot, firstFrame, frames, firstPage }) => ({ slot, firstFrame, frames, firstPage }));
      const { slots: found, ...others } = known.get(id) ?? NO_MEMORY;
      expect(found.map(({ slot, firstFrame, frames, firstPage }) => ({ slot, firstFrame, frames, firstPage }))).toEqual(
        bare,
      );
      expect({ ...others, lent: [...others.lent] }).toEqual(rest);
    };
    const region = (slot: number, guestPhysAddr: number, size: number) =>
      tool.run({
        type: 'set_user_memory_region',
        slot,
        guestPhysAddr,
        size,
        ...(size > 0 && { userspaceAddr: 0x2000 }),
      });
    region(1, 1 << 24, 0x4000);
    region(1, 1 << 25, 0x4000);
    for (const to of [0x9000, 0xa000]) {
      tool.put(0x100000n, target.token(to >> 12));
      tool.call(32, [0x100000, 0x5000, to]);
    }
    expect(known.get('T')?.lent.length).toBe(2);
    tool.call(33, [0x9000]);
    region(1, 0, 0);
    target.run({ type: 'destroy_vm' });
    expect(known.get('I')?.remote.size).toBe(0);
  });

  const slotsOf = fc.uniqueArray(fc.nat(7), { maxLength: 5 }).chain((firsts) =>
    fc.tuple(
      ...[...firsts]
        .sort((a, b) => a - b)
        .map((first, i, all) =>
          fc.record({
            slot: fc.constant(i),
            firstFrame: fc.constant(first),
            frames: fc.integer({ min: 1, max: Math.max(1, (all[i + 1] ?? 9) - first) }),
            firstPage: fc.nat(6),
          }),
        ),
    ),
  );
  const remote = fc
    .uniqueArray(fc.nat(12), { maxLength: 4 })
    .map((pages) => new Map(pages.map((page) => [page, { vm: 'L', page: page + 100 }])));

  it('says of each byte which page is behind it, and of each page where it is', () => {
    fc.assert(
      fc.property(
        slotsOf,
        remote,
        fc.nat(9 * PAGE),
        fc.integer({ min: 1, max: 3 * PAGE }),
        (slots, borrowed, first, size) => {
          const map: MemoryMap = { slots, remote: borrowed, lent: [] };
          const behind = (frame: number): number | undefined => {
            const slot = slots.find(({ firstFrame, frames }) => frame >= firstFrame && frame < firstFrame + frames);
            return slot && slot.firstPage + frame - slot.firstFrame;
          };
          const wanted = fragments(BigInt(first), size).map(({ frame, offset, size: length }) => {
            const page = behind(frame);
            const lender = page === undefined ? undefined : borrowed.get(page);
            const run = page === undefined ? undefined : { ...(lender ?? { vm: 'v', page }), offset, size: length };
            return { absolute: BigInt(frame * PAGE + offset), size: length, run };
          });
          const found = [...backingsOf('v', map, { absolute: asAbsolute(BigInt(first)), size })].flatMap((backing) =>
            fragments(backing.absolute, backing.size).map(({ frame, offset, size: length }) => {
              const at = frame * PAGE + offset - Number(backing.absolute) + (backing.run?.offset ?? 0);
              const run = backing.run && {
                vm: backing.run.vm,
                page: backing.run.page + Math.floor(at / PAGE),
                offset: at % PAGE,
                size: length,
              };
              return { absolute: BigInt(frame * PAGE + offset), size: length, run };
            }),
          );
          expect(found).toEqual(wanted);
          for (const { run, absolute, size: length } of found)
            if (run?.vm === 'v') expect([...framesOf(map, run)]).toContainEqual({ absolute, size: length });
        },
      ),
      { numRuns: 500 },
    );
  });
});

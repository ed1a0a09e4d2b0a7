import fc from 'fast-check';
import { endOf } from '../../../src/domain/memory/memslot.js';
import { GIB, MIB, Machine, U64_MAX } from '../support/machine.js';

const PAGE = 4096n;
const set = (slot: number, guestPhysAddr: bigint, size: bigint, flags: unknown = [], userspaceAddr?: bigint) => ({
  type: 'set_user_memory_region',
  slot,
  guestPhysAddr,
  size,
  flags,
  ...(userspaceAddr !== undefined && { userspaceAddr }),
});

/** Slot 0 at 1 MiB, slot 1 at 4 MiB, each 1 MiB. */
const machine = (): Machine => {
  const made = new Machine();
  made.slot(0, MIB, MIB);
  made.slot(1, 4n * MIB, MIB, ['log_dirty_pages']);
  return made;
};

describe('KVM_SET_USER_MEMORY_REGION: a request that is wrong by itself', () => {
  it.each<[row: string, request: ReturnType<typeof set>, expected: unknown]>([
    ['1: slot 32766', set(32766, 0n, MIB), 'EINVAL'],
    ['1: slot 32765', set(32765, 0n, MIB), 0],
    ['2: READONLY', set(2, 0n, MIB, ['readonly']), 'EINVAL'],
    ['2: READONLY with logging', set(2, 0n, MIB, 3), 'EINVAL'],
    ['2: an undefined bit', set(2, 0n, MIB, 4), 'EINVAL'],
    ['2: log_dirty_pages', set(2, 0n, MIB, 1), 0],
    ['3: size not aligned', set(2, 0n, MIB + 1n), 'EINVAL'],
    ['3: guest address not aligned', set(2, 0x800n, PAGE), 'EINVAL'],
    ['3: user address not aligned', set(2, 0n, PAGE, [], 0x1800n), 'EINVAL'],
    ['3: 4 KiB are enough', set(2, PAGE, PAGE, [], PAGE), 0],
    ['3: user range up to the last page', set(2, 0n, PAGE, [], U64_MAX - 2n * PAGE + 1n), 0],
    ['3: user range past the last page', set(2, 0n, PAGE, [], U64_MAX - PAGE + 1n), 'EINVAL'],
    ['3: user range that wraps', set(2, 0n, 2n * PAGE, [], U64_MAX - PAGE + 1n), 'EINVAL'],
    ['4: address space 1', set(0x10002, 0n, MIB), 'EINVAL'],
    ['5: guest range that wraps', set(2, U64_MAX - PAGE + 1n, PAGE), 'EINVAL'],
    ['6: 2^31 pages', set(2, 0n, 1n << 43n), 'EINVAL'],
    ['7: delete of a slot that is not there', set(2, 0n, 0n), 'EINVAL'],
  ])('row %s', (_row, request, expected) => {
    expect(new Machine().answer(request)).toBe(expected);
  });

  it('row 6: 2^31-1 pages are a slot', () => {
    expect(new Machine().slot(0, 0n, ((1n << 31n) - 1n) * PAGE)).toBe(0);
  });
});

describe('KVM_SET_USER_MEMORY_REGION: what becomes of slots', () => {
  it.each<[row: string, request: ReturnType<typeof set>, expected: unknown]>([
    ['7: DELETE', set(0, MIB, 0n), ['memslot_deleted']],
    ['7: DELETE whatever the address', set(0, 64n * MIB, 0n), ['memslot_deleted']],
    ['8: size changed', set(0, MIB, 2n * MIB), 'EINVAL'],
    ['8: user address changed', set(0, MIB, MIB, [], 64n * MIB), 'EINVAL'],
    ['8: size changed at another address that overlaps', set(0, 4n * MIB, 2n * MIB), 'EINVAL'],
    ['9: nothing changed', set(0, MIB, MIB), []],
    ['9: nothing changed, user address named', set(0, MIB, MIB, [], MIB), []],
    ['10: CREATE overlaps at its start', set(2, 2n * MIB - PAGE, MIB), 'EEXIST'],
    ['10: CREATE overlaps at its end', set(2, 0n, MIB + PAGE), 'EEXIST'],
    ['10: CREATE around', set(2, 0n, 16n * MIB), 'EEXIST'],
    ['10: CREATE inside', set(2, MIB + PAGE, PAGE), 'EEXIST'],
    ['10: CREATE that touches', set(2, 2n * MIB, 2n * MIB), ['memslot_created']],
    ['10: MOVE overlaps', set(0, 4n * MIB - PAGE, MIB), 'EEXIST'],
    ['10: MOVE over its own old place', set(0, MIB + PAGE, MIB), ['memslot_moved']],
    ['MOVE', set(0, 8n * MIB, MIB), ['memslot_moved']],
    ['MOVE and FLAGS', set(0, 8n * MIB, MIB, 1), ['memslot_moved', 'memslot_flags_changed']],
    ['FLAGS on', set(0, MIB, MIB, 1), ['memslot_flags_changed']],
    ['FLAGS off', set(1, 4n * MIB, MIB), ['memslot_flags_changed']],
  ])('row %s', (_row, request, expected) => {
    const { errno, events, reply } = machine().run(request);
    expect(errno ?? events.map(({ type }) => type)).toEqual(expected);
    expect(reply).toEqual({});
  });

  it.each<[row: string, machine: Machine, request: ReturnType<typeof set>, expected: unknown]>([
    ['11: UCONTROL', new Machine({ vmType: 'ucontrol' }), set(0, 0n, MIB), 'EINVAL'],
    ['12: protected, CREATE', machine().fold({ type: 'protection_enabled' }), set(2, 0n, MIB), 'EINVAL'],
    ['12: protected, DELETE', machine().fold({ type: 'protection_enabled' }), set(0, 0n, 0n), 'EINVAL'],
    ['12: protected, MOVE', machine().fold({ type: 'protection_enabled' }), set(0, 0n, MIB), 'EINVAL'],
    ['12: protected, FLAGS', machine().fold({ type: 'protection_enabled' }), set(0, MIB, MIB, 1), 'EINVAL'],
    ['10 before 12: overlap', machine().fold({ type: 'protection_enabled' }), set(2, MIB, MIB), 'EEXIST'],
    ['9 before 12: nothing changed', machine().fold({ type: 'protection_enabled' }), set(0, MIB, MIB), 0],
    ['13: above the ceiling', new Machine({ host: { maxGuestMemory: GIB } }), set(0, GIB, MIB), 'EINVAL'],
    ['13: across the ceiling', new Machine({ host: { maxGuestMemory: GIB } }), set(0, GIB - MIB, MIB + PAGE), 'EINVAL'],
    ['13: at the ceiling', new Machine({ host: { maxGuestMemory: GIB } }), set(0, GIB - MIB, MIB), 0],
    [
      '14: above the table',
      machine().fold({ type: 'mem_limit_set', topTable: 'segment' }),
      set(2, 2n * GIB, MIB),
      'EINVAL',
    ],
    [
      '14: in the table',
      machine().fold({ type: 'mem_limit_set', topTable: 'segment' }),
      set(2, 2n * GIB - MIB, MIB),
      0,
    ],
    [
      '14: MOVE above it',
      machine().fold({ type: 'mem_limit_set', topTable: 'segment' }),
      set(0, 2n * GIB, MIB),
      'EINVAL',
    ],
  ])('row %s', (_row, made, request, expected) => {
    expect(made.answer(request)).toBe(expected);
  });

  it('row 14: a slot between the limit and what its table covers is accepted', () => {
    const made = new Machine();
    expect(made.set('mem_ctrl', 'limit_size', { value: '0x100000' })).toBe(0);
    expect(made.slot(0, GIB, MIB)).toBe(0);
    expect(made.slot(1, 2n * GIB, MIB)).toBe('EINVAL');
  });

  it('row 15: a slot that does not log ends migration mode, after the fact of the slot', () => {
    const migrating = () => machine().fold({ type: 'migration_started' });
    const facts = (request: ReturnType<typeof set>) =>
      migrating()
        .run(request)
        .events.map(({ type }) => type);
    expect(facts(set(2, 0n, MIB))).toEqual(['memslot_created', 'migration_stopped']);
    expect(facts(set(2, 0n, MIB, 1))).toEqual(['memslot_created']);
    expect(facts(set(0, 0n, MIB))).toEqual(['memslot_moved', 'migration_stopped']);
    expect(facts(set(1, 4n * MIB, MIB))).toEqual(['memslot_flags_changed', 'migration_stopped']);
    expect(facts(set(0, 0n, 0n))).toEqual(['memslot_deleted']);
    expect(facts(set(0, MIB, MIB))).toEqual([]);
  });

  it('row 15: a slot that is refused leaves migration mode on', () => {
    const made = machine().fold({ type: 'migration_started' });
    for (const request of [set(2, MIB, MIB), set(0, MIB, 2n * MIB), set(2, 1n << 47n, MIB)])
      expect(made.run(request).events).toEqual([]);
    expect(made.vm.regions.migration).toBe('on');
  });
});

describe('the address of a slot in the VMM', () => {
  const pagesOf = (made: Machine) => new Map(made.vm.memory.slots.map(({ slot, firstPage }) => [slot, firstPage]));

  it('is the one that was given', () => {
    const made = new Machine();
    made.slot(0, 0n, MIB, [], 5n * PAGE);
    expect(pagesOf(made)).toEqual(new Map([[0, 5]]));
  });

  it('is the same as in the guest if none was given and it is free, else the next MiB above all others', () => {
    const made = new Machine();
    made.slot(0, 0n, 3n * PAGE, [], MIB);
    made.slot(1, 4n * MIB, MIB);
    made.slot(2, MIB + 2n * PAGE, PAGE);
    expect(pagesOf(made)).toEqual(
      new Map([
        [0, 256],
        [1, 1024],
        [2, 1280],
      ]),
    );
  });

  it('stays when the slot moves, and the contents with it', () => {
    const made = new Machine();
    made.slot(0, 0n, MIB);
    made.run({ type: 'write_memory', extents: [{ gpa: 0, size: 2 }], data: 'qrs=' });
    expect(made.slot(0, 8n * MIB, MIB)).toBe(0);
    expect(pagesOf(made)).toEqual(new Map([[0, 0]]));
    expect(made.run({ type: 'read_memory', gpa: 8n * MIB, size: 2 }).reply).toEqual({
      data: Uint8Array.of(0xaa, 0xbb),
    });
  });
});

describe('slots', () => {
  const pages = fc.bigInt({ min: 0n, max: 12n });
  const request = fc.record({
    slot: fc.integer({ min: 0, max: 4 }),
    first: pages,
    size: pages,
    logs: fc.boolean(),
    user: fc.option(pages, { nil: undefined }),
  });

  it('never overlap, whatever is asked for', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 40 }), (requests) => {
        const made = new Machine();
        for (const { slot, first, size, logs, user } of requests) {
          const userspaceAddr = user === undefined ? undefined : user * PAGE;
          made.slot(slot, first * PAGE, size * PAGE, logs ? 1 : 0, userspaceAddr);
          const { slots } = made.vm.memory;
          slots.forEach((one, i) => {
            const next = slots[i + 1];
            if (next) expect(endOf(one)).toBeLessThanOrEqual(next.firstFrame);
          });
          expect(new Set(slots.map((one) => one.slot)).size).toBe(slots.length);
        }
      }),
    );
  });
});

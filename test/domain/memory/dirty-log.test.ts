import { type DirtyLog, bitmapOf } from '../../../src/domain/memory/dirty-log.js';
import { MIB, Machine } from '../support/machine.js';

const PAGE = 4096n;

const machine = (flags: unknown = ['log_dirty_pages'], size = MIB): Machine => {
  const made = new Machine();
  made.slot(0, MIB, size, flags);
  return made;
};

const store = (made: Machine, absolute: bigint, size = 8): number | string =>
  made.answer({
    type: 's390_mem_op',
    op: 'absolute_write',
    gaddr: absolute,
    size,
    data: Buffer.alloc(size, 1).toString('base64'),
  });

const take = (made: Machine, slot = 0) => made.run({ type: 'get_dirty_log', slot });

const bitmapFrom = (made: Machine) => bitmapOf(take(made).reply as unknown as DirtyLog);

describe('KVM_GET_DIRTY_LOG', () => {
  it.each<[what: string, machine: Machine, slot: number, expected: unknown]>([
    ['UCONTROL', new Machine({ vmType: 'ucontrol' }), 0, 'EINVAL'],
    ['slot 32766', machine(), 32766, 'EINVAL'],
    ['slot of address space 1', machine(), 0x10000, 'EINVAL'],
    ['slot missing', machine(), 1, 'ENOENT'],
    ['logging off', machine([]), 0, 'ENOENT'],
    ['logging on', machine(), 0, 0],
    ['logging on, protected', machine().fold({ type: 'protection_enabled' }), 0, 0],
  ])('%s', (_what, made, slot, expected) => {
    const { errno, ret, events } = take(made, slot);
    expect(errno ?? ret).toBe(expected);
    expect(events).toEqual(errno ? [] : [{ type: 'dirty_log_taken', slot }]);
  });

  it('has a bit a page from the slot on, little-endian, in whole doublewords', () => {
    const made = machine(['log_dirty_pages'], 70n * PAGE);
    for (const page of [0n, 9n, 69n]) store(made, MIB + page * PAGE);
    const { reply } = take(made);
    expect(reply).toEqual({ firstFrame: 256n, pages: 70, frames: [256n, 265n, 325n] });
    const expected = new Uint8Array(16);
    expected.set([1, 2], 0);
    expected[8] = 1 << 5;
    expect(bitmapOf(reply as unknown as DirtyLog)).toEqual(expected);
  });

  it.each([
    [1n, 8],
    [64n, 8],
    [65n, 16],
    [256n, 32],
  ])('has %d pages in %d bytes', (pages, bytes) => {
    expect(bitmapFrom(machine(['log_dirty_pages'], pages * PAGE))).toEqual(new Uint8Array(bytes));
  });

  it('clears what it answered', () => {
    const made = machine();
    store(made, MIB + PAGE - 4n);
    expect(take(made).reply).toMatchObject({ frames: [256n, 257n] });
    expect(take(made).reply).toMatchObject({ frames: [] });
    store(made, MIB);
    expect(take(made).reply).toMatchObject({ frames: [256n] });
  });

  it('has the pages of its own slot only', () => {
    const made = machine();
    made.slot(1, 2n * MIB, MIB, ['log_dirty_pages']);
    store(made, MIB);
    store(made, 2n * MIB);
    expect(take(made, 1).reply).toMatchObject({ frames: [512n] });
    expect(take(made, 0).reply).toMatchObject({ frames: [256n] });
  });

  it('begins anew when logging is turned off and on', () => {
    const made = machine();
    store(made, MIB);
    made.slot(0, MIB, MIB);
    made.slot(0, MIB, MIB, 1);
    expect(take(made).reply).toMatchObject({ frames: [] });
  });

  it('has no write of the VMM and no read', () => {
    const made = machine();
    made.run({ type: 'write_memory', extents: [{ gpa: MIB, size: 1 }], data: 'AA==' });
    made.run({ type: 's390_mem_op', op: 'absolute_read', gaddr: MIB, size: 8 });
    expect(take(made).reply).toMatchObject({ frames: [] });
  });

  it('answers the frames alone where the bitmap would be longer than 16 MiB', () => {
    const most = 1n << 27n;
    expect(bitmapFrom(machine(['log_dirty_pages'], most * PAGE))).toHaveLength(16 * 1024 * 1024);
    const made = machine(['log_dirty_pages'], (most + 1n) * PAGE);
    store(made, MIB + most * PAGE);
    const { reply } = take(made);
    expect(reply).toMatchObject({ frames: [256n + most] });
    expect(bitmapOf(reply as unknown as DirtyLog)).toBeUndefined();
  });
});

describe('KVM_CLEAR_DIRTY_LOG', () => {
  it('is not there on s390', () => {
    expect(machine().answer({ type: 'clear_dirty_log', slot: 0 })).toBe('ENOTTY');
  });
});

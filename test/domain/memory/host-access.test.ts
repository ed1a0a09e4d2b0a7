import fc from 'fast-check';
import { command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import { fork } from '../../../src/domain/vm/state.js';
import { MIB, Machine, U64_MAX } from '../support/machine.js';

const PAGE = 4096n;
const base64 = (bytes: Uint8Array | number[]) => Buffer.from(bytes).toString('base64');

/** Slots [0, 1 MiB) and [1 MiB, 2 MiB), then a hole, then [3 MiB, 4 MiB). */
const machine = (): Machine => {
  const made = new Machine();
  made.slot(0, 0n, MIB);
  made.slot(1, MIB, MIB, ['log_dirty_pages']);
  made.slot(2, 3n * MIB, MIB);
  return made;
};

const write = (made: Machine, extents: { gpa: bigint; size: number }[], data: Uint8Array | number[]) =>
  made.run({ type: 'write_memory', extents, data: base64(data) });
const read = (made: Machine, gpa: bigint, size: number) => made.run({ type: 'read_memory', gpa, size });

describe("the VMM's own access to guest memory", () => {
  it.each<[what: string, gpa: bigint, size: number, expected: unknown]>([
    ['inside a slot', 0x1234n, 5000, 0],
    ['from one slot into the next', MIB - 5n, 10, 0],
    ['from a slot into a hole', 2n * MIB - 5n, 10, 'EFAULT'],
    ['from a hole into a slot', 3n * MIB - 5n, 10, 'EFAULT'],
    ['the last byte of a slot', 4n * MIB - 1n, 1, 0],
    ['the byte behind it', 4n * MIB, 1, 'EFAULT'],
    ['across the end of all addresses', U64_MAX, 2, 'EFAULT'],
  ])('%s', (_what, gpa, size, expected) => {
    const made = machine();
    const data = Uint8Array.from({ length: size }, (_, i) => i + 1);
    const written = write(made, [{ gpa, size }], data);
    expect(written.errno ?? written.ret).toBe(expected);
    expect(written.events).toHaveLength(expected === 0 ? 1 : 0);
    const { errno, ret, reply, events } = read(made, gpa, size);
    expect(errno ?? ret).toBe(expected);
    expect(reply).toEqual(expected === 0 ? { data } : {});
    expect(events).toEqual([]);
  });

  it('is EFAULT in a VM without slots, whatever is asked', () => {
    for (const made of [new Machine(), new Machine({ vmType: 'ucontrol' })]) {
      expect(write(made, [{ gpa: 0n, size: 1 }], [1]).errno).toBe('EFAULT');
      expect(read(made, 0n, 1).errno).toBe('EFAULT');
    }
  });

  it('stores nothing if a byte of a later extent is in no slot', () => {
    const made = machine();
    const extents = [
      { gpa: 0n, size: 2 },
      { gpa: 2n * MIB, size: 1 },
    ];
    expect(write(made, extents, [1, 2, 3])).toMatchObject({ errno: 'EFAULT', events: [] });
    expect(read(made, 0n, 2).reply).toEqual({ data: Uint8Array.of(0, 0) });
  });

  it('gives the data to the extents one after the other, the last one winning', () => {
    const made = machine();
    const extents = [
      { gpa: 3n * MIB, size: 2 },
      { gpa: 0n, size: 0 },
      { gpa: MIB - 1n, size: 2 },
      { gpa: 3n * MIB + 1n, size: 1 },
    ];
    expect(write(made, extents, [1, 2, 3, 4, 5]).events).toEqual([
      {
        type: 'memory_loaded',
        parts: [
          { absolute: 3n * MIB, size: 2 },
          { absolute: MIB - 1n, size: 2 },
          { absolute: 3n * MIB + 1n, size: 1 },
        ],
        data: Uint8Array.of(1, 2, 3, 4, 5),
      },
    ]);
    expect(read(made, 3n * MIB, 2).reply).toEqual({ data: Uint8Array.of(1, 5) });
    expect(read(made, MIB - 1n, 2).reply).toEqual({ data: Uint8Array.of(3, 4) });
  });

  it('touches no storage key and no dirty bit', () => {
    const made = machine();
    write(made, [{ gpa: MIB, size: 8 }], new Uint8Array(8).fill(1));
    read(made, MIB, 8);
    expect(made.vm.memory.marks.get(256)).toBe(0);
  });

  it('goes on where the guest is protected', () => {
    const made = machine().fold({ type: 'protection_enabled' });
    expect(write(made, [{ gpa: 0n, size: 1 }], [7]).ret).toBe(0);
    expect(read(made, 0n, 1).reply).toEqual({ data: Uint8Array.of(7) });
  });

  it('reads the past, with the slots of the past', () => {
    const made = machine();
    write(made, [{ gpa: 3n * MIB, size: 1 }], [1]);
    const past = fork(made.vm);
    write(made, [{ gpa: 3n * MIB, size: 1 }], [2]);
    made.slot(2, 0n, 0n);
    const asked = command.parse({ type: 'read_memory', gpa: '0x300000', size: 1, asOf: 5 });
    expect(decide(made.vm, asked, past).reply).toEqual({ data: Uint8Array.of(1) });
    expect(decide(made.vm, asked).errno).toBe('EFAULT');
    expect(decide(made.vm, asked, new Machine().vm).errno).toBe('EFAULT');
  });

  it('reads back what was written', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 9000 });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MIB - 1n }), bytes, (gpa, data) => {
        const made = machine();
        write(made, [{ gpa, size: data.length }], data);
        expect(read(made, gpa, data.length).reply).toEqual({ data });
        expect(read(made, gpa - (gpa % PAGE), 1).ret).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

import { GIB, MIB, Machine, type MachineOptions, U64_MAX } from '../../support/machine.js';

const KEYS = Uint8Array.of(0x10, 0x26, 0x3e, 0xf8);

const get = (made: Machine, startGfn: bigint | number, count: bigint | number, flags = 0) =>
  made.run({ type: 's390_get_skeys', startGfn, count, flags });

const set = (made: Machine, startGfn: bigint | number, data?: Uint8Array, count?: bigint | number, flags = 0) =>
  made.run({ type: 's390_set_skeys', startGfn, count: count ?? data?.length ?? 1, flags, ...(data && { data }) });

const keyop = (made: Machine, op: string | number, gaddr: bigint, key = 0) =>
  made.run({ type: 's390_keyop', op, gaddr, key });

const said = ({ errno, ret }: { readonly errno?: string; readonly ret: number }) => errno ?? ret;

/** 1 MiB from 0 on, which logs, and 1 MiB from 2 MiB on, which does not. */
const machine = (options: MachineOptions = {}): Machine => {
  const made = new Machine(options);
  made.slot(0, 0n, MIB, ['log_dirty_pages']);
  made.slot(1, 2n * MIB, MIB);
  return made;
};

const using = (made: Machine): Machine => made.fold({ type: 'skeys_enabled' });

const everywhere: readonly [string, (options?: MachineOptions) => Machine][] = [
  ['before a vCPU', (options) => machine(options)],
  ['by the code', (options) => machine({ semantics: 'kernel', ...options })],
  [
    'with a vCPU',
    (options) => {
      const made = machine(options);
      made.vcpu(0);
      return made;
    },
  ],
  ['protected', (options) => machine(options).fold({ type: 'protection_enabled' })],
];

describe.each(everywhere)('KVM_S390_GET_SKEYS %s', (_where, make) => {
  const poor = () => make({ host: { freeMemory: 3 } });
  it.each<[row: string, machine: Machine, args: [bigint | number, bigint | number, number?], expected: unknown]>([
    ['flags before NONE', make(), [0, 1, 1], 'EINVAL'],
    ['flags', using(make()), [0, 1, 1], 'EINVAL'],
    ['NONE', make(), [0, 1], 1],
    ['NONE before the count', make(), [0, 0], 1],
    ['NONE before the pages', make(), [U64_MAX, 1], 1],
    ['count 0', using(make()), [0, 0], 'EINVAL'],
    ['count 1048577', using(make()), [0, 1048577], 'EINVAL'],
    ['count 2^64-1', using(make()), [0, U64_MAX], 'EINVAL'],
    ['count before ENOMEM', using(poor()), [0, 1048577], 'EINVAL'],
    ['ENOMEM before the pages', using(poor()), [U64_MAX, 4], 'ENOMEM'],
    ['memory enough', using(poor()), [0, 3], 0],
    ['pages in no slot', using(make()), [256, 1], 'EFAULT'],
    ['the last page in no slot', using(make()), [0, 257], 'EFAULT'],
    ['pages beyond all addresses', using(make()), [1n << 52n, 1], 'EFAULT'],
    ['the last frame number', using(make()), [U64_MAX, 1], 'EFAULT'],
    ['the largest count', using(make()), [0, 1048576], 'EFAULT'],
    ['every page of a slot', using(make()), [0, 256], 0],
  ])('row %s', (_row, made, args, expected) => {
    const decision = get(made, ...args);
    expect(said(decision)).toBe(expected);
    expect(decision.events).toEqual([]);
    expect(decision.reply['keys'] instanceof Uint8Array).toBe(expected === 0);
  });
});

describe.each(everywhere)('KVM_S390_SET_SKEYS %s', (_where, make) => {
  const poor = () => make({ host: { freeMemory: 3 } });
  type Row = [
    row: string,
    Machine,
    Parameters<typeof set> extends [Machine, ...infer Rest] ? Rest : never,
    unknown,
    0 | 1,
  ];
  it.each<Row>([
    ['flags', make(), [0, KEYS, 4, 1], 'EINVAL', 0],
    ['count 0', make(), [0, new Uint8Array(), 0], 'EINVAL', 0],
    ['count 1048577', make(), [0, undefined, 1048577], 'EINVAL', 0],
    ['ENOMEM before the data', poor(), [0, undefined, 4], 'ENOMEM', 0],
    ['no data', make(), [0, undefined, 4], 'EFAULT', 0],
    ['a reserved bit', make(), [0, Uint8Array.of(0x10, 0x11)], 'EINVAL', 1],
    ['a reserved bit before the pages', make(), [U64_MAX, Uint8Array.of(1)], 'EINVAL', 1],
    ['a page in no slot', make(), [256, KEYS], 'EFAULT', 1],
    ['beyond all addresses', make(), [U64_MAX, KEYS], 'EFAULT', 1],
    ['in part', make(), [254, KEYS], 'EFAULT', 1],
    ['valid', make(), [0, KEYS], 0, 1],
  ])('row %s', (_row, made, args, expected, uses) => {
    expect(said(set(made, ...args))).toBe(expected);
    expect(made.vm.regions.skeys).toBe(uses === 1 ? 'on' : 'off');
    expect(said(get(made, 0, 1))).toBe(uses === 1 ? 0 : 1);
  });

  it('sets what it is given, reference and change bits too, and stops at the first page in no slot', () => {
    const made = make();
    expect(said(set(made, 254, KEYS))).toBe('EFAULT');
    expect(get(made, 252, 4).reply['keys']).toEqual(Uint8Array.of(0, 0, 0x10, 0x26));
    set(made, 0, KEYS);
    expect(get(made, 0, 5).reply['keys']).toEqual(Uint8Array.of(...KEYS, 0));
  });

  it('resets every key the first time only, also when it then fails', () => {
    const made = make();
    keyop(made, 'sske', 0x3000n, 0x40);
    expect(said(set(made, 0, Uint8Array.of(1)))).toBe('EINVAL');
    expect(keyop(made, 'iske', 0x3000n).reply).toEqual({ key: 0 });
    keyop(made, 'sske', 0x3000n, 0x40);
    expect(said(set(made, 0, Uint8Array.of(1)))).toBe('EINVAL');
    expect(keyop(made, 'iske', 0x3000n).reply).toEqual({ key: 0x40 });
  });
});

it('keys of another number than count are malformed, where the kernel would read them', () => {
  const made = machine();
  expect(set(made, 0, KEYS, 3).malformed?.field).toBe('keys');
  expect(set(made, 0, KEYS, 3, 1).malformed).toBeUndefined();
});

describe.each(everywhere)('KVM_S390_KEYOP %s', (_where, make) => {
  it.each<[row: string, op: string | number, before: number, key: number, answer: number, after: number]>([
    ['ISKE', 'iske', 0x36, 0xff, 0x36, 0x36],
    ['ISKE by number', 1, 0x36, 0, 0x36, 0x36],
    ['RRBE of R and C', 'rrbe', 0xfe, 0xff, 0x06, 0xfa],
    ['RRBE of C', 2, 0x32, 0, 0x02, 0x32],
    ['RRBE of a fresh page', 'rrbe', 0x00, 0, 0x00, 0x00],
    ['SSKE', 'sske', 0x36, 0xff, 0x36, 0xfe],
    ['SSKE to 0', 3, 0x36, 0x01, 0x36, 0x00],
  ])('row %s', (_row, op, before, key, answer, after) => {
    for (const made of [make(), using(make())]) {
      const { skeys } = made.vm.regions;
      keyop(made, 'sske', 0x200000n, before);
      expect(keyop(made, op, 0x200fffn, key)).toMatchObject({ ret: 0, reply: { key: answer } });
      expect(keyop(made, 'iske', 0x200000n).reply).toEqual({ key: after });
      expect(made.vm.regions.skeys).toBe(skeys);
    }
  });

  it.each<[row: string, machine: Machine, op: string | number, gaddr: bigint, expected: string]>([
    ['op 0', make(), 0, 0n, 'EINVAL'],
    ['op 4', make(), 4, 0n, 'EINVAL'],
    ['op 255 before the page', make(), 255, U64_MAX, 'EINVAL'],
    ['a page in no slot', make(), 'iske', MIB, 'EFAULT'],
    ['the last page of all', make(), 'sske', U64_MAX, 'EFAULT'],
    ['ENOMEM first', make({ host: { freeMemory: 0 } }), 9, U64_MAX, 'ENOMEM'],
  ])('row %s', (_row, made, op, gaddr, expected) => {
    expect(said(keyop(made, op, gaddr))).toBe(expected);
  });
});

describe('on a UCONTROL VM of the first rules, which had no slots of its own', () => {
  const made = new Machine({ vmType: 'ucontrol', rules: 1 });
  it('no page is there', () => {
    expect(said(get(made, 0, 1))).toBe(1);
    expect(said(keyop(made, 'iske', 0n))).toBe('EFAULT');
    expect(said(set(made, 0, KEYS))).toBe('EFAULT');
    expect(said(get(made, 0, 1))).toBe('EFAULT');
  });
});

describe('a storage key that changes', () => {
  const dirty = (made: Machine) => made.run({ type: 'get_dirty_log', slot: 0 }).reply['frames'];
  const access = (made: Machine, op: string) =>
    made.run({ type: 's390_mem_op', op, gaddr: 0x1000, size: 1, ...(op === 'absolute_write' && { data: 'AA==' }) });

  it.each<[what: string, expected: readonly bigint[], touch: (made: Machine) => unknown]>([
    ['of a page that nobody touched', [], () => undefined],
    [
      'of a page that only the VMM wrote',
      [],
      (made) => made.run({ type: 'write_memory', extents: [{ gpa: 0x1000, size: 1 }], data: 'AA==' }),
    ],
    ['of a page that was written', [1n], (made) => access(made, 'absolute_write')],
    ['of a page that was read', [1n], (made) => access(made, 'absolute_read')],
    [
      'of a page whose key was reset since',
      [1n],
      (made) => [access(made, 'absolute_read'), keyop(made, 'sske', 0x1000n, 0)],
    ],
    ['of a page that looks accessed by a key that was set', [], (made) => keyop(made, 'sske', 0x1000n, 0x06)],
    [
      'of such a page once it was accessed',
      [1n],
      (made) => [keyop(made, 'sske', 0x1000n, 0x06), access(made, 'absolute_read')],
    ],
    ['of a page that was read before keys were in use', [1n], (made) => [access(made, 'absolute_read'), using(made)]],
  ])('%s: %j', (_what, expected, touch) => {
    for (const change of [
      (made: Machine) => keyop(made, 'sske', 0x1000n, 0xf0),
      (made: Machine) => set(made, 1, Uint8Array.of(0xf0)),
    ]) {
      const made = machine();
      touch(made);
      dirty(made);
      change(made);
      expect(dirty(made)).toEqual(expected);
      change(made);
      expect(dirty(made)).toEqual([]);
    }
  });

  it('by RRBE counts, by ISKE and by enabling keys does not', () => {
    const made = machine();
    access(made, 'absolute_read');
    keyop(made, 'iske', 0x1000n);
    expect(dirty(made)).toEqual([]);
    keyop(made, 'rrbe', 0x1000n);
    expect(dirty(made)).toEqual([1n]);
    keyop(made, 'rrbe', 0x1000n);
    using(made);
    expect(dirty(made)).toEqual([]);
  });

  it('in a slot that does not log leaves nothing, and is forgotten with the slot', () => {
    const made = machine();
    made.run({ type: 's390_mem_op', op: 'absolute_read', gaddr: 0x200000, size: 1 });
    keyop(made, 'sske', 0x200000n, 0x10);
    expect(made.vm.memory.marks.get(512) & 0x1000).toBe(0);
    made.slot(1, 2n * MIB, 0n);
    expect(made.vm.memory.marks.get(512)).toBe(0);
  });
});

it('costs nothing in a slot of terabytes', () => {
  const made = new Machine();
  made.slot(0, 0n, 4096n * GIB, ['log_dirty_pages']);
  expect(said(set(made, (1n << 30n) - 4n, KEYS))).toBe(0);
  expect(said(set(made, (1n << 30n) - 3n, KEYS))).toBe('EFAULT');
  expect(get(made, (1n << 30n) - 4n, 4).reply['keys']).toEqual(Uint8Array.of(0x10, 0x10, 0x26, 0x3e));
});

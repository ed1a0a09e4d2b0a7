import type { Decision } from '../../../../src/domain/vm/decision.js';
import { MIB, Machine, type MachineOptions, U64_MAX } from '../../support/machine.js';

const MODE_64 = 0x180000000n;
const MODE_31 = 0x80000000n;
const PROBLEM_STATE = 0x0001000000000000n;

const KEY_INSTRUCTIONS = ['iske', 'rrbe', 'sske'] as const;

const execute = (made: Machine, instruction: string, gaddr: bigint, key?: number, vcpu = 0): Decision =>
  made.run({ type: 's390_guest', vcpu, instruction, gaddr, ...(key !== undefined && { key }) });

const keyop = (made: Machine, op: string, gaddr: bigint, key = 0) =>
  made.run({ type: 's390_keyop', op, gaddr, key }).reply['key'];

/** 1 MiB from 0 on, which logs, a vCPU in 64-bit mode with a prefix of 0x4000, and keys in use. */
const machine = (options: MachineOptions = {}, mask = MODE_64): Machine => {
  const made = new Machine(options);
  made.slot(0, 0n, MIB, ['log_dirty_pages']);
  made.vcpu(0);
  return made.fold({ type: 'registers_set', vcpu: 0, registers: { psw: { mask, addr: 0n }, prefix: 0x4000 } });
};

const using = (made: Machine): Machine => made.fold({ type: 'skeys_enabled' });

describe.each(['documented', 'kernel'] as const)('key instructions, %s', (semantics) => {
  it.each<[row: string, instruction: string, key: number | undefined, before: number, reply: object, after: number]>([
    ['ISKE', 'iske', undefined, 0x3e, { key: 0x3e }, 0x3e],
    ['SSKE', 'sske', 0xf9, 0x3e, {}, 0xf8],
    ['SSKE without a key', 'sske', undefined, 0x3e, {}, 0x00],
    ['RRBE, neither', 'rrbe', undefined, 0xf8, { cc: 0 }, 0xf8],
    ['RRBE, C', 'rrbe', undefined, 0xfa, { cc: 1 }, 0xfa],
    ['RRBE, R', 'rrbe', undefined, 0xfc, { cc: 2 }, 0xf8],
    ['RRBE, R and C', 'rrbe', undefined, 0xfe, { cc: 3 }, 0xfa],
  ])('row %s', (_row, instruction, key, before, reply, after) => {
    const made = using(machine({ semantics }));
    keyop(made, 'sske', 0x9000n, before);
    expect(execute(made, instruction, 0x9abcn, key)).toMatchObject({ ret: 0, reply });
    expect(keyop(made, 'iske', 0x9000n)).toBe(after);
  });

  it.each(KEY_INSTRUCTIONS)('%s takes real addresses, in the addressing mode', (instruction) => {
    const made = using(machine({ semantics }, MODE_31));
    keyop(made, 'sske', 0x5000n, 0x16);
    execute(made, instruction, 0xffff_ffff_8000_1fffn, 0x16);
    expect(keyop(made, 'iske', 0x5000n)).toBe(instruction === 'rrbe' ? 0x12 : 0x16);
    keyop(made, 'sske', 0x0000n, 0x26);
    execute(made, instruction, 0x4000n, 0x26);
    expect(keyop(made, 'iske', 0n)).toBe(instruction === 'rrbe' ? 0x22 : 0x26);
  });

  it.each(KEY_INSTRUCTIONS)('%s brings keys into use, all of them 0, once', (instruction) => {
    const made = machine({ semantics });
    keyop(made, 'sske', 0x9000n, 0x36);
    keyop(made, 'sske', 0xa000n, 0x36);
    execute(made, instruction, 0x9000n);
    expect(made.vm.regions.skeys).toBe('on');
    expect([keyop(made, 'iske', 0x9000n), keyop(made, 'iske', 0xa000n)]).toEqual([0, 0]);
    keyop(made, 'sske', 0xa000n, 0x36);
    expect(execute(made, instruction, 0x9000n).events).toEqual([]);
    expect(keyop(made, 'iske', 0xa000n)).toBe(0x36);
  });

  it.each(KEY_INSTRUCTIONS)('%s on the first use answers the key that was reset', (instruction) => {
    const made = machine({ semantics });
    keyop(made, 'sske', 0x9000n, 0x36);
    const { reply } = execute(made, instruction, 0x9000n, 0x40);
    expect(reply).toEqual({ iske: { key: 0 }, rrbe: { cc: 0 }, sske: {} }[instruction]);
    expect(keyop(made, 'iske', 0x9000n)).toBe(instruction === 'sske' ? 0x40 : 0);
  });

  it.each(KEY_INSTRUCTIONS)('%s in problem state is a privileged operation, and uses no keys', (instruction) => {
    const made = machine({ semantics }, MODE_64 | PROBLEM_STATE);
    const exception = { code: 2, name: 'privileged_operation' };
    expect(execute(made, instruction, U64_MAX)).toEqual({ ret: 2, reply: { exception }, events: [] });
  });

  it.each(KEY_INSTRUCTIONS)('%s of a page in no slot is an addressing exception, and uses keys', (instruction) => {
    for (const gaddr of [MIB, U64_MAX]) {
      const made = machine({ semantics });
      expect(execute(made, instruction, gaddr)).toMatchObject({
        ret: 5,
        reply: { exception: { code: 5, name: 'addressing' } },
      });
      expect(made.vm.regions.skeys).toBe('on');
    }
  });
});

it.each([
  ['sske', [10n]],
  ['rrbe', [10n]],
  ['iske', []],
] as const)('%s marks a page that is mapped dirty if its key changes: %j', (instruction, expected) => {
  const made = using(machine());
  made.run({ type: 's390_guest', vcpu: 0, instruction: 'load', gaddr: 0xa000n, size: 1 });
  execute(made, instruction, 0xa000n);
  execute(made, instruction, 0xb000n, 0x10);
  expect(made.run({ type: 'get_dirty_log', slot: 0 }).reply['frames']).toEqual(expected);
});

describe('a guest instruction is refused', () => {
  it.each<[row: string, machine: Machine, instruction: string, vcpu: number, expected: string]>([
    ['without a vCPU', new Machine(), 'iske', 0, 'ENOENT'],
    ['on another vCPU', machine(), 'iske', 1, 'ENOENT'],
    ['unknown on another vCPU', machine(), 'pfmf', 1, 'ENOENT'],
    ['of a protected guest', machine().fold({ type: 'protection_enabled' }), 'iske', 0, 'EINVAL'],
    ['unknown of a protected guest', machine().fold({ type: 'protection_enabled' }), 'pfmf', 0, 'EINVAL'],
    [
      'of a guest that is dumped',
      machine().fold({ type: 'protection_enabled' }, { type: 'dump_started' }),
      'iske',
      0,
      'EINVAL',
    ],
    ['that the model does not know', machine(), 'stsi', 0, 'EOPNOTSUPP'],
    ['that the first rules did not know', machine({ rules: 1 }), 'pfmf', 0, 'EOPNOTSUPP'],
  ])('%s', (_row, made, instruction, vcpu, expected) => {
    expect(execute(made, instruction, 0n, undefined, vcpu)).toMatchObject({ errno: expected, events: [] });
  });

  it('on a UCONTROL VM of the first rules by its memory alone', () => {
    const made = new Machine({ vmType: 'ucontrol', rules: 1 });
    made.vcpu(0);
    expect(execute(made, 'iske', 0n).ret).toBe(5);
  });
});

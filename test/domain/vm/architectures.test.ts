import type { Errno } from '../../../src/domain/errno.js';
import { apply } from '../../../src/domain/vm/folds/apply.js';
import { type CommandType, command } from '../../../src/domain/vm/command.js';
import { decide } from '../../../src/domain/vm/decide.js';
import type { Vm } from '../../../src/domain/vm/state.js';

type Input = Readonly<Record<string, unknown>>;

/** A VM that is given commands, and what each was answered. */
function live(arch: string, ...inputs: readonly Input[]): { vm: Vm; answers: (Errno | number)[] } {
  let vm: Vm | undefined;
  const answers = [{ type: 'create_vm', arch }, ...inputs].map((input) => {
    const { errno, ret, events } = decide(vm, command.parse(input));
    for (const event of events) vm = apply('vm', vm, event);
    return errno ?? ret;
  });
  if (vm === undefined) throw new Error('the VM was not created');
  return { vm, answers: answers.slice(1) };
}

const last = (arch: string, ...inputs: readonly Input[]): Errno | number | undefined =>
  live(arch, ...inputs).answers.at(-1);

const slot = (fields: object = {}) => ({
  type: 'set_user_memory_region',
  slot: 0,
  guestPhysAddr: 0,
  size: 0x10_0000,
  ...fields,
});

const hex = (value: bigint): string => `0x${value.toString(16)}`;

describe('memory slots by architecture', () => {
  it.each([
    ['s390x', 32765, 32766],
    ['x86_64', 32763, 32764],
    ['aarch64', 32766, 32767],
  ])('%s: the last slot is %i (KVM_USER_MEM_SLOTS)', (arch, most, beyond) => {
    expect([last(arch, slot({ slot: most })), last(arch, slot({ slot: beyond }))]).toEqual([0, 'EINVAL']);
  });

  it.each([
    ['s390x', 'EINVAL'],
    ['x86_64', 0],
    ['aarch64', 0],
  ])('%s: a read-only slot is answered %s', (arch, answer) => {
    expect(last(arch, slot({ flags: ['readonly'] }))).toBe(answer);
  });

  it.each(['x86_64', 'aarch64'])('%s: a slot never becomes read-only, nor ceases to be', (arch) => {
    const readonly = slot({ flags: ['readonly'] });
    expect(live(arch, slot(), readonly, slot({ flags: ['log_dirty_pages'] })).answers).toEqual([0, 'EINVAL', 0]);
    expect(live(arch, readonly, slot(), slot({ flags: ['readonly', 'log_dirty_pages'] })).answers).toEqual([
      0,
      'EINVAL',
      0,
    ]);
  });

  it.each<readonly [string, bigint, Errno]>([
    ['x86_64', 1n << 46n, 'EINVAL'],
    ['aarch64', 1n << 40n, 'EFAULT'],
  ])('%s: memory ends at %s, beyond which is %s', (arch, end, errno) => {
    const at = (address: bigint) => last(arch, slot({ guestPhysAddr: hex(address) }));
    expect([at(end - 0x10_0000n), at(end - 0xf_f000n), at(end)]).toEqual([0, errno, errno]);
  });

  it('x86_64: memory ends where MAXPHYADDR says', () => {
    const small = { type: 'create_vm', arch: 'x86_64', host: { maxPhysAddrBits: 36 } };
    const created = decide(undefined, command.parse(small));
    const vm = apply('vm', undefined, created.events[0] as never);
    const answer = (address: bigint) => decide(vm, command.parse(slot({ guestPhysAddr: hex(address) }))).errno;
    expect([answer((1n << 36n) - 0x10_0000n), answer(1n << 36n)]).toEqual([undefined, 'EINVAL']);
  });

  it.each(['x86_64', 'aarch64'])('%s: the VMM writes and reads its mapping', (arch) => {
    const data = Buffer.from('hello').toString('base64');
    const write = { type: 'write_memory', extents: [{ gpa: 0x2fff, size: 5 }], data };
    const { vm, answers } = live(arch, write, slot({ flags: ['log_dirty_pages'] }), write);
    expect(answers).toEqual(['EFAULT', 0, 0]);
    const read = decide(vm, command.parse({ type: 'read_memory', gpa: 0x2fff, size: 5 }));
    expect(Buffer.from(read.reply['data'] as Uint8Array).toString()).toBe('hello');
    const log = decide(vm, command.parse({ type: 'get_dirty_log', slot: 0 }));
    expect(log.reply).toMatchObject({ frames: [] });
  });
});

describe('vCPUs by architecture', () => {
  it.each([
    ['x86_64', 4095, 4096],
    ['aarch64', 511, 512],
  ])('%s: the last number is %i', (arch, most, beyond) => {
    const create = (id: number) => ({ type: 'create_vcpu', id });
    expect(live(arch, create(most), create(beyond), create(most)).answers).toEqual([0, 'EINVAL', 'EEXIST']);
  });

  it.each([
    ['x86_64', 1024],
    ['aarch64', 512],
  ])('%s: there are at most %i', (arch, most) => {
    const creations = Array.from({ length: most + 1 }, (_, id) => ({ type: 'create_vcpu', id }));
    const { answers } = live(arch, ...creations);
    expect([new Set(answers.slice(0, most)), answers[most]]).toEqual([new Set([0]), 'EINVAL']);
  });

  it('x86_64: one begins in the state after RESET, with its own APIC id', () => {
    const { vm } = live('x86_64', { type: 'create_vcpu', id: 3 });
    expect(vm.vcpus.get(3)).toMatchObject({
      mpState: 'runnable',
      registers: { cr0: 0x6000_0010n, rip: 0xfff0n, rflags: 2n, efer: 0n, cs: { l: 0, db: 0, dpl: 0 }, apicId: 3 },
    });
  });

  it('aarch64: one begins in EL1 with interrupts masked', () => {
    const { vm } = live('aarch64', { type: 'create_vcpu', id: 0 });
    expect(vm.vcpus.get(0)).toMatchObject({ mpState: 'runnable', registers: { pc: 0n, x0: 0n, pstate: 0x3c5n } });
  });

  it.each([
    ['x86_64', 'set_x86_registers', { cr3: '0x1000', cs: { dpl: 3 }, pkru: 4 }],
    ['aarch64', 'set_aarch64_registers', { x0: '0x1000', pc: '0x8000' }],
  ])('%s: registers that are named change, the others stay', (arch, type, registers) => {
    const set = { type, vcpu: 0, registers };
    const { vm: before } = live(arch, { type: 'create_vcpu', id: 0 });
    const { vm, answers } = live(arch, set, { type: 'create_vcpu', id: 0 }, set, { ...set, vcpu: 1 });
    expect(answers).toEqual(['ENOENT', 0, 0, 'ENOENT']);
    const changed = (command.parse(set) as { registers: object }).registers as { cs?: object };
    const was = before.vcpus.get(0)?.registers as { cs?: object };
    expect(vm.vcpus.get(0)?.registers).toEqual({
      ...was,
      ...changed,
      ...(changed.cs && { cs: { ...was.cs, ...changed.cs } }),
    });
  });
});

describe('a command that the architecture does not have', () => {
  const memOp = { type: 's390_mem_op', op: 'absolute_read', gaddr: 0, size: 1 };
  const elsewhere: readonly (readonly [string, CommandType, Input])[] = [
    ['x86_64', 's390_mem_op', memOp],
    ['aarch64', 's390_mem_op', memOp],
    ['x86_64', 's390_pv_command', { type: 's390_pv_command', command: 'enable' }],
    ['s390x', 'set_x86_registers', { type: 'set_x86_registers', vcpu: 0, registers: {} }],
    ['x86_64', 'set_aarch64_registers', { type: 'set_aarch64_registers', vcpu: 0, registers: {} }],
  ];

  it.each(elsewhere)('on %s %s is ENOTTY', (arch, _, input) => {
    expect(last(arch, input)).toBe('ENOTTY');
  });

  it.each(['x86_64', 'aarch64'])('is ENOENT once a VM of %s was destroyed', (arch) => {
    expect(live(arch, { type: 'destroy_vm' }, memOp, slot()).answers).toEqual([0, 'ENOENT', 'ENOENT']);
  });
});

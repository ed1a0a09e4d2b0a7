import type { MEM_OPS, MEM_OP_FLAGS } from '../../../../src/domain/shapes/s390x-access.js';
import type { Event } from '../../../../src/domain/vm/facts/event.js';
import type { request } from '../../support/s390x-commands.js';
import { counting, onVcpu, onVm } from '../../support/s390x-commands.js';
import { buildVm } from '../../support/s390x-vm.js';

type OpName = keyof typeof MEM_OPS;
type FlagName = keyof typeof MEM_OP_FLAGS;

const PROTECTED: readonly Event[] = [{ type: 'protection_enabled' }];
const full = { data: counting(8), oldData: counting(8) };
const EINVAL = { ret: -22, errno: 'EINVAL', events: [] };
const E2BIG = { ret: -7, errno: 'E2BIG', events: [] };
const EFAULT = { ret: -14, errno: 'EFAULT', events: [] };

const ON: readonly [op: OpName, vm: boolean, vcpu: boolean][] = [
  ['logical_read', false, true],
  ['logical_write', false, true],
  ['absolute_read', true, false],
  ['absolute_write', true, false],
  ['absolute_cmpxchg', true, false],
];

describe('which operation goes where', () => {
  const vm = buildVm();

  it.each(ON)('%s: on the VM %s, on a vCPU %s', (op, there, here) => {
    expect(onVm(vm, { op, ...full }).ret).toBe(there ? 0 : -22);
    expect(onVcpu(vm, { op, ...full }).ret).toBe(here ? 0 : -22);
  });

  it.each(['sida_read', 'sida_write'] as const)('%s: on a protected vCPU only', (op) => {
    const secure = buildVm({ events: PROTECTED });
    expect(onVm(vm, { op, ...full })).toMatchObject(EINVAL);
    expect(onVcpu(vm, { op, ...full })).toMatchObject(EINVAL);
    expect(onVcpu(secure, { op, ...full }).ret).toBe(0);
  });

  it.each([7, 0xffffffff])('operation %i exists nowhere', (op) => {
    expect(onVm(vm, { op, ...full })).toMatchObject(EINVAL);
    expect(onVcpu(vm, { op, ...full })).toMatchObject(EINVAL);
  });

  it('the operation is looked at before the size', () => {
    expect(onVm(vm, { op: 'logical_read', size: 65537 })).toMatchObject(EINVAL);
    expect(onVcpu(vm, { op: 'absolute_read', size: 65537 })).toMatchObject(EINVAL);
  });

  it('a protected VM refuses every operation on itself before anything else', () => {
    const secure = buildVm({ events: PROTECTED });
    for (const op of ['absolute_read', 'absolute_write', 'absolute_cmpxchg', 'logical_read', 9] as const)
      expect(onVm(secure, { op, size: 65537 })).toMatchObject(EINVAL);
  });

  it('an unknown vCPU is ENOENT', () => {
    expect(onVcpu(vm, { op: 'logical_read' }, 1)).toMatchObject({ ret: -2, errno: 'ENOENT', events: [] });
  });
});

describe('which flags each operation knows', () => {
  const table: readonly [OpName, Readonly<Record<FlagName, boolean>>][] = [
    ['logical_read', { check_only: true, inject_exception: true, skey_protection: true }],
    ['logical_write', { check_only: true, inject_exception: true, skey_protection: true }],
    ['absolute_read', { check_only: true, inject_exception: false, skey_protection: true }],
    ['absolute_write', { check_only: true, inject_exception: false, skey_protection: true }],
    ['absolute_cmpxchg', { check_only: false, inject_exception: false, skey_protection: true }],
    ['sida_read', { check_only: false, inject_exception: false, skey_protection: false }],
    ['sida_write', { check_only: false, inject_exception: false, skey_protection: false }],
  ];
  const cases = table.flatMap(([op, flags]) =>
    (Object.keys(flags) as FlagName[]).map((flag) => [op, flag, flags[flag]] as const),
  );
  const submit = (op: OpName, flag: FlagName | bigint) => {
    const sida = op.startsWith('sida');
    const vm = buildVm({ events: sida ? PROTECTED : [] });
    const asked = { op, flags: [flag], ...full };
    return op.startsWith('absolute') ? onVm(vm, asked) : onVcpu(vm, asked);
  };

  it.each(cases)('%s with %s: %s', (op, flag, known) => {
    expect(submit(op, flag).ret).toBe(known ? 0 : -22);
  });

  it.each(table)('%s with an unknown bit: EINVAL', (op) => {
    expect(submit(op, 8n)).toMatchObject(EINVAL);
    expect(submit(op, 1n << 63n)).toMatchObject(EINVAL);
  });
});

describe.each(ON)('validation that operations share: %s', (op, there) => {
  const vm = buildVm();
  const submit = (asked: Partial<ReturnType<typeof request>>) =>
    there ? onVm(vm, { op, ...asked }) : onVcpu(vm, { op, ...asked });

  it.each([
    ['V1: an unknown flag', { size: 0xffffffff, flags: [8n] }, EINVAL],
    ['V1: size 0', { size: 0 }, EINVAL],
    ['V1: size 0 with an illegal key', { size: 0, flags: ['skey_protection'], key: 17 }, EINVAL],
    ['V2: size 65537', { size: 65537 }, E2BIG],
    ['V2: size 2^32-1 with an illegal key', { size: 0xffffffff, flags: ['skey_protection'], key: 17 }, E2BIG],
    ['V3: key 16', { flags: ['skey_protection'], key: 16 }, EINVAL],
  ] as const)('%s', (_name, asked, refusal) => {
    expect(submit({ ...full, ...asked })).toMatchObject(refusal);
  });

  it('V2: size 65536 is not too big', () => {
    expect(submit({ size: 65536, data: counting(65536) }).errno).toBe(op === 'absolute_cmpxchg' ? 'EINVAL' : undefined);
  });

  it('V3: key 15 is a key', () => {
    expect(submit({ flags: ['skey_protection'], key: 15, ...full }).errno).toBeUndefined();
  });

  it('V4: without the flag the key is 0 whatever the byte holds', () => {
    expect(submit({ key: 255, ...full }).ret).toBe(0);
  });
});

describe('the user buffer', () => {
  const vm = buildVm();

  it.each([
    ['logical_write', { op: 'logical_write' }, onVcpu],
    ['absolute_write', { op: 'absolute_write' }, onVm],
    ['absolute_cmpxchg, new value', { op: 'absolute_cmpxchg', oldData: counting(8) }, onVm],
    ['absolute_cmpxchg, old value', { op: 'absolute_cmpxchg', data: counting(8) }, onVm],
  ] as const)('absent is EFAULT, before any guest exception: %s', (_name, op, submit) => {
    expect(submit(vm, op)).toMatchObject(EFAULT);
    expect(submit(vm, { ...op, gaddr: 1n << 40n })).toMatchObject(EFAULT);
  });

  it.each([
    ['logical_write', { op: 'logical_write', data: counting(7) }, onVcpu, 'data'],
    ['absolute_write', { op: 'absolute_write', data: counting(9) }, onVm, 'data'],
    ['absolute_cmpxchg, new', { op: 'absolute_cmpxchg', data: counting(4), oldData: counting(8) }, onVm, 'data'],
    ['absolute_cmpxchg, old', { op: 'absolute_cmpxchg', data: counting(8), oldData: counting(4) }, onVm, 'oldData'],
  ] as const)('of another length than size is malformed: %s', (_name, op, submit, field) => {
    expect(submit(vm, op)).toMatchObject({ malformed: { field }, events: [] });
  });

  it('of another length counts only where the buffer is read', () => {
    expect(onVm(vm, { op: 'absolute_write', size: 65537, data: counting(8) })).toMatchObject(E2BIG);
    expect(onVcpu(vm, { op: 'logical_write', ar: 16, data: counting(7) })).toMatchObject(EINVAL);
    expect(onVcpu(vm, { op: 'logical_read', data: counting(7) }).ret).toBe(0);
    expect(onVcpu(vm, { op: 'logical_write', flags: ['check_only'], data: counting(7) }).ret).toBe(0);
    expect(onVm(vm, { op: 'absolute_write', flags: ['check_only'], data: counting(7) }).ret).toBe(0);
  });
});

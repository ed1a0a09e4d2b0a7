import { valueChanges } from '../../../../src/domain/audit/diff/value-changes.js';
import { vmChanges } from '../../../../src/domain/audit/diff/vm-changes.js';
import { erased } from '../../../../src/domain/memory/erased.js';
import { command } from '../../../../src/domain/vm/command.js';
import { type Vm, fork } from '../../../../src/domain/vm/state.js';
import { Ledger } from '../../support/ledger.js';
import { X86 } from '../../support/x86-vms.js';

describe('what is not the same of two values', () => {
  it.each<[what: string, before: unknown, after: unknown, changes: readonly object[]]>([
    ['nothing', { a: [1n, { b: 'x' }] }, { a: [1n, { b: 'x' }] }, []],
    ['a number', { a: 1n }, { a: 2n }, [{ path: '/a', from: '0x1', to: '0x2' }]],
    ['what came', {}, { a: null }, [{ path: '/a', to: null }]],
    ['what went', { a: 0, b: 1 }, { b: 1 }, [{ path: '/a', from: 0 }]],
    [
      'an item of a list',
      { a: [1, 2] },
      { a: [1, 3, 4] },
      [
        { path: '/a/1', from: 2, to: 3 },
        { path: '/a/2', to: 4 },
      ],
    ],
    [
      'a map',
      new Map([[1, 'x']]),
      new Map([[2, 'x']]),
      [
        { path: '/1', from: 'x' },
        { path: '/2', to: 'x' },
      ],
    ],
    ['a list for an object', { a: [] }, { a: {} }, [{ path: '/a', from: [], to: {} }]],
    ['names with strokes', { 'a/b~c': 1 }, { 'a/b~c': 2 }, [{ path: '/a~1b~0c', from: 1, to: 2 }]],
    [
      'bytes, which are not shown',
      { a: Uint8Array.of(1, 2) },
      { a: Uint8Array.of(1, 3) },
      [{ path: '/a', from: '2 bytes', to: '2 bytes' }],
    ],
    ['bytes that are the same', { a: Uint8Array.of(1, 2) }, { a: Uint8Array.of(1, 2) }, []],
    [
      'bytes that are erased',
      { a: erased(2, 9) },
      { a: Uint8Array.of(1, 3) },
      [{ path: '/a', from: '2 bytes', to: '2 bytes', erased: 9 }],
    ],
    ['erased bytes that came', {}, { a: erased(2, 9) }, [{ path: '/a', to: '2 bytes' }]],
  ])('%s', (_what, before, after, changes) => {
    expect([...valueChanges(before, after)]).toEqual(changes);
  });
});

describe('what is not the same of two states of a VM', () => {
  const ledger = new Ledger();
  const run = (...inputs: readonly object[]): Vm => {
    for (const input of inputs) ledger.submit(command.parse(input));
    return fork(ledger.vm as Vm);
  };
  const region = (slot: number, guestPhysAddr: number, size: number) => ({
    type: 'set_user_memory_region',
    slot,
    guestPhysAddr,
    size,
    ...(size > 0 && { flags: ['log_dirty_pages'] }),
  });
  const before = run({ type: 'create_vm', arch: 's390x' }, region(0, 0, 0x100000), region(3, 0x200000, 0x100000), {
    type: 'create_vcpu',
    id: 0,
  });
  const after = run(
    { type: 'set_registers', vcpu: 0, registers: { gprs: { 3: '0x99' }, prefix: '0x2000' } },
    { type: 'set_device_attr', group: 'migration', attr: 'start', payload: {} },
    region(3, 0x200000, 0),
    region(1, 0x400000, 0x1000),
    { type: 'write_memory', extents: [{ gpa: 0, size: 1 }], data: 'AQ==' },
    { type: 'create_vcpu', id: 5 },
  );
  const changes = [...vmChanges(before, after)];

  it.each([
    [{ what: 'state', path: '/state/migration', from: 'off', to: 'on' }],
    [{ what: 'vcpu', path: '/0/registers/gprs/3', from: '0x0', to: '0x99' }],
    [{ what: 'vcpu', path: '/0/registers/prefix', from: '0x0', to: '0x2000' }],
    [{ what: 'vcpu', path: '/5', to: expect.objectContaining({ id: 5 }) as unknown }],
    [{ what: 'memslot', path: '/3', from: expect.objectContaining({ slot: 3 }) as unknown }],
    [{ what: 'memslot', path: '/1', to: expect.objectContaining({ guestPhysAddr: '0x400000' }) as unknown }],
  ])('%j', (change) => {
    expect(changes).toContainEqual(change);
  });

  it('tells the limit of memory as MEM_LIMIT_SIZE has it', () => {
    const other = new Ledger();
    const at = (input: object): Vm => {
      other.submit(command.parse(input));
      return fork(other.vm as Vm);
    };
    const limit = { type: 'set_device_attr', group: 'mem_ctrl', attr: 'limit_size', payload: { value: 1 << 20 } };
    const [was, is] = [at({ type: 'create_vm', arch: 's390x' }), at(limit)];
    expect([...vmChanges(was, is)]).toEqual([{ what: 'state', path: '/limitSize', to: '0x80000000' }]);
  });

  it('tells the interrupts of an x86_64 vCPU, and the event in which it waits, as its representation does', () => {
    const x86 = new X86({ vcpus: 2 }).hook('breakpoint');
    const was = fork(x86.vm);
    x86.call(10, [1, 0, 1, 0xf1]);
    x86.guest('int3');
    expect(
      [...vmChanges(was, fork(x86.vm))].filter(({ what, path }) => what === 'vcpu' && !path.includes('reg')),
    ).toEqual([
      { what: 'vcpu', path: '/0/waiting', to: 1 },
      { what: 'vcpu', path: '/0/event', to: expect.objectContaining({ event: 'breakpoint' }) as unknown },
      { what: 'vcpu', path: '/1/interrupts', to: [{ mode: 'fixed', vector: 0xf1 }] },
    ]);
  });

  it('is nothing of what the ledger adds, of memory, or of what stays', () => {
    expect(changes.map(({ path }) => path).filter((path) => /ledger|memory|host|marks/.test(path))).toEqual([]);
    expect([...vmChanges(after, after)]).toEqual([]);
    expect(changes.every(({ what }) => ['state', 'vcpu', 'memslot'].includes(what))).toBe(true);
  });

  it('is the other way round from the other side', () => {
    const back = [...vmChanges(after, before)];
    expect(back).toContainEqual({ what: 'vcpu', path: '/0/registers/gprs/3', from: '0x99', to: '0x0' });
    expect(back.length).toBe(changes.length);
  });
});

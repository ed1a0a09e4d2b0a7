import fc from 'fast-check';
import { counting, onVcpu } from '../../support/s390x-commands.js';
import { ENTRIES, identityVm } from '../../support/s390x-tables.js';
import { buildVm, bytesAt, fold, load, loadDoublewords, setKey } from '../../support/s390x-vm.js';

const LAP = 0x10000000n;
const FPO = 0x02000000n;
const SPO = 0x01000000n;
const END = 0x400000n;

const pte = (page: bigint) => ENTRIES.page + 8n * page;

describe('the order of checks', () => {
  const secure = (host = {}) => buildVm({ host, events: [{ type: 'protection_enabled' }] });

  it.each([
    ['L1 before L2: size 65537 with ar 16', identityVm(), { size: 65537, ar: 16 }, 'E2BIG'],
    ['L2: ar 16, outside access-register mode too', identityVm(), { ar: 16 }, 'EINVAL'],
    ['L1 before L3: size 65537 on a protected vCPU', secure(), { size: 65537 }, 'E2BIG'],
    ['L3: a protected vCPU', secure(), {}, 'EINVAL'],
    ['L3 before L4: a protected vCPU without room', secure({ freeMemory: 0 }), {}, 'EINVAL'],
    ['L4: no room for the bounce buffer', buildVm({ host: { freeMemory: 7 } }), {}, 'ENOMEM'],
    ['L4 before L5c: no room and no buffer', buildVm({ host: { freeMemory: 7 } }), { op: 'logical_write' }, 'ENOMEM'],
    ['L5c: no buffer wins over a guest exception', identityVm(), { op: 'logical_write', gaddr: END }, 'EFAULT'],
  ] as const)('%s', (_name, vm, op, errno) => {
    const decision = onVcpu(vm, { op: 'logical_read', ...op });
    expect([decision.errno, decision.events]).toEqual([errno, []]);
  });

  it('L2: ar 15 is a register', () => {
    expect(onVcpu(identityVm(), { op: 'logical_read', ar: 15 }).ret).toBe(0);
  });

  it('L4: check-only needs no room', () => {
    const vm = buildVm({ host: { freeMemory: 0 } });
    expect(onVcpu(vm, { op: 'logical_read', flags: ['check_only'] }).ret).toBe(0);
  });

  it.each([
    ['L5a: check-only that passes', 0n, 0],
    ['L5a: check-only that does not', END, 0x10],
  ])('%s answers no data and leaves nothing behind', (_name, gaddr, ret) => {
    for (const op of ['logical_read', 'logical_write'] as const) {
      const decision = onVcpu(identityVm(), { op, gaddr, flags: ['check_only'] });
      expect(decision).toMatchObject({ ret, events: [] });
      expect(decision.reply).not.toHaveProperty('data');
    }
  });

  it('L5b: a read answers data, page by page where each lies', () => {
    const vm = identityVm();
    loadDoublewords(vm, pte(2n), 0x5000n);
    loadDoublewords(vm, pte(3n), 0x4000n);
    load(vm, 0x5ffcn, counting(4));
    load(vm, 0x4000n, [5, 6, 7, 8]);
    expect(onVcpu(vm, { op: 'logical_read', gaddr: 0x2ffcn })).toEqual({
      ret: 0,
      reply: { data: counting(8) },
      events: [
        {
          type: 'memory_read',
          parts: [
            { absolute: 0x5ffcn, size: 4 },
            { absolute: 0x4000n, size: 4 },
          ],
        },
      ],
    });
  });

  it('L5c: a write stores its data where the pages lie', () => {
    const vm = identityVm();
    loadDoublewords(vm, pte(3n), 0x5000n);
    const decision = onVcpu(vm, { op: 'logical_write', gaddr: 0x2ffcn, data: counting(8) });
    expect(decision).toMatchObject({ ret: 0, reply: {} });
    const after = fold(vm, decision.events);
    expect([...bytesAt(after, 0x2ffcn, 4), ...bytesAt(after, 0x5000n, 4)]).toEqual([...counting(8)]);
  });

  it('L6: a positive result with the flag is queued on the vCPU, and still answered', () => {
    const vm = identityVm();
    const decision = onVcpu(vm, { op: 'logical_read', gaddr: END + 0x123n, flags: ['inject_exception'], ar: 3 });
    expect(decision).toMatchObject({
      ret: 0x10,
      reply: {
        exception: {
          code: 0x10,
          name: 'segment_translation',
          transExcCode: 0x400800n,
          excAccessId: 3,
          injected: true,
        },
      },
    });
    expect(fold(vm, decision.events).vcpus.get(0)?.pending).toEqual([
      { type: 'program_int', code: 0x10, transExcCode: 0x400800n, excAccessId: 3, flags: 1 },
    ]);
  });

  it('L6: without the flag nothing is queued', () => {
    const decision = onVcpu(identityVm(), { op: 'logical_read', gaddr: END });
    expect(decision).toMatchObject({ ret: 0x10, events: [], reply: { exception: { injected: false } } });
  });

  it('L6: a refusal or a success queues nothing', () => {
    expect(onVcpu(identityVm(), { op: 'logical_write', flags: ['inject_exception'] }).events).toEqual([]);
    expect(onVcpu(identityVm(), { op: 'logical_read', flags: ['inject_exception'] }).events).toHaveLength(1);
  });

  it('L6: check-only with the flag queues too', () => {
    const decision = onVcpu(identityVm(), {
      op: 'logical_write',
      gaddr: END,
      flags: ['check_only', 'inject_exception'],
    });
    expect(decision.events).toMatchObject([{ type: 'program_interrupt_queued', code: 0x10, transExcCode: 0x400400n }]);
  });

  it('a code without TEID is queued with TEID 0 and access id 0', () => {
    const vm = buildVm();
    const decision = onVcpu(vm, { op: 'logical_read', gaddr: END, flags: ['inject_exception'], ar: 3 });
    expect(decision.reply).toEqual({ exception: { code: 5, name: 'addressing', injected: true } });
    expect(decision.events).toEqual([
      { type: 'program_interrupt_queued', vcpu: 0, code: 5, transExcCode: 0n, excAccessId: 0 },
    ]);
  });

  it('at most one program interruption is pending: a later one replaces it', () => {
    const vm = identityVm();
    const first = fold(vm, onVcpu(vm, { op: 'logical_read', gaddr: END, flags: ['inject_exception'] }).events);
    const second = onVcpu(first, { op: 'logical_read', gaddr: 1n << 31n, flags: ['inject_exception'] });
    expect(fold(first, second.events).vcpus.get(0)?.pending).toMatchObject([{ code: 0x3b }]);
  });
});

describe('laws of logical access', () => {
  const address = fc.oneof(
    fc.bigInt({ min: 0n, max: 0x6000n }),
    fc.bigInt({ min: END - 0x2000n, max: END + 0x2000n }),
    fc.bigInt({ min: (1n << 64n) - 0x2000n, max: (1n << 64n) - 1n }),
  );
  const marks = fc.array(fc.constantFrom(0x00, 0x50, 0x58, 0x60, 0x68, 0x98), { minLength: 6, maxLength: 6 });
  const entries = fc.array(fc.constantFrom(0n, 0n, 0n, 0x200n, 0x400n, 0x800n), { minLength: 6, maxLength: 6 });
  const op = fc.record({
    gaddr: address,
    size: fc.integer({ min: 1, max: 9000 }),
    key: fc.constantFrom(0, 5, 6),
    op: fc.constantFrom('logical_read' as const, 'logical_write' as const),
  });
  const vmOf = (cr0: bigint, keys: readonly number[], bits: readonly bigint[]) => {
    const vm = identityVm({ crs: { 0: cr0 } });
    keys.forEach((key, i) => setKey(vm, BigInt(i) << 12n, key));
    bits.forEach((bit, i) => loadDoublewords(vm, pte(BigInt(i)), (BigInt(i) << 12n) | bit));
    return vm;
  };

  it('check-only leaves nothing behind, and passes exactly where the access does', () => {
    fc.assert(
      fc.property(op, fc.constantFrom(0n, LAP, FPO | SPO), marks, entries, (asked, cr0, keys, bits) => {
        const vm = vmOf(cr0, keys, bits);
        const check = onVcpu(vm, { ...asked, flags: ['check_only', 'skey_protection'] });
        const access = onVcpu(vm, { ...asked, flags: ['skey_protection'], data: counting(asked.size) });
        expect(check.events).toEqual([]);
        expect(check.ret === 0).toBe(access.ret === 0);
      }),
    );
  });

  it('what was written is read, and nothing else has changed', () => {
    fc.assert(
      fc.property(op, (asked) => {
        const vm = identityVm();
        const data = counting(asked.size);
        const write = onVcpu(vm, { ...asked, op: 'logical_write', data });
        const tables = bytesAt(vm, 0x180000n, 0x14000);
        const after = fold(vm, write.events);
        expect(bytesAt(after, 0x180000n, 0x14000)).toEqual(tables);
        if (write.ret === 0) expect(onVcpu(after, { ...asked, op: 'logical_read' }).reply).toEqual({ data });
        else expect(write.events).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

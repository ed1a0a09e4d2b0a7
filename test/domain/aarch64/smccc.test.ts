import { Aarch64Machine, NOT_SUPPORTED } from '../support/aarch64.js';

type Range = readonly [base: number, nr: number, action: 'handle' | 'deny' | 'fwd_to_user'];

const filtered = (ranges: readonly Range[], options = {}): Aarch64Machine => {
  const made = new Aarch64Machine(options);
  for (const range of ranges) expect(made.filter(...range)).toBe(0);
  return made;
};

const DENIED = { x0: NOT_SUPPORTED, x1: 0n, x2: 0n, x3: 0n };

const hypercall = (nr: bigint, flags: bigint) => ({
  reason: 'hypercall',
  number: 3,
  nr,
  args: [0n, 0n, 0n, 0n, 0n, 0n],
  ret: 0n,
  flags,
});

/** Worked examples by number (section 7). */
describe('worked example', () => {
  it('1: no ranges, HVC PSCI_VERSION', () => {
    expect(filtered([]).call(0x84000000).reply).toEqual({
      action: 'handle',
      registers: { x0: 0x10001n, x1: 0n, x2: 0n, x3: 0n },
    });
  });

  it.each(['hvc', 'smc'])('2: DENY, %s', (conduit) => {
    const made = filtered([[0x84000000, 1, 'deny']]);
    expect(made.call(0x84000000, [1, 2, 3], { conduit }).reply).toEqual({ action: 'deny', registers: DENIED });
  });

  it.each([
    [3, 'smc', 1n],
    [4, 'hvc', 0n],
  ])('%i: FWD, %s', (_number, conduit, flags) => {
    const { ret, reply } = filtered([[0x84000000, 1, 'fwd_to_user']]).call(0x84000000, [1, 2, 3], { conduit });
    expect({ ret, reply }).toEqual({
      ret: 0,
      reply: {
        action: 'fwd_to_user',
        registers: { x0: 0x84000000n, x1: 1n, x2: 2n, x3: 3n },
        exit: hypercall(0x84000000n, flags),
      },
    });
  });

  it('5: FWD of what nobody implements', () => {
    const { reply } = filtered([[0xc3000000, 0x100, 'fwd_to_user']]).call(0xc3000042);
    expect(reply['exit']).toEqual(hypercall(0xc3000042n, 0n));
  });

  it('6: HANDLE of what nobody implements', () => {
    const { reply } = filtered([[0xc3000000, 1, 'handle']]).call(0xc3000000);
    expect(reply).toEqual({ action: 'deny', registers: DENIED });
  });

  it('7: the id after a range is not in it', () => {
    const { reply } = filtered([[0x84000000, 1, 'deny']]).call(0x84000001);
    expect(reply).toEqual({ action: 'handle', registers: { x0: 0n, x1: 0n, x2: 0n, x3: 0n } });
  });

  it('8: the upper half of x0 is not looked at', () => {
    const { reply } = filtered([[0x84000000, 0x20, 'fwd_to_user']]).call(0xffff_ffff_8400_0003n);
    expect(reply['exit']).toEqual(hypercall(0x84000003n, 0n));
    expect(reply['registers']).toMatchObject({ x0: 0xffff_ffff_8400_0003n });
  });

  it.each([0x84000000, 0x80000000, 0xc3000000])('9: SMC #1 of 0x%x', (id) => {
    const made = filtered([[0x84000000, 0x20, 'fwd_to_user']]);
    expect(made.call(id, [1, 2, 3], { conduit: 'smc', immediate: 1 }).reply).toEqual({
      action: null,
      registers: { x0: NOT_SUPPORTED, x1: 1n, x2: 2n, x3: 3n },
    });
  });

  it('10: the filter beats the vendor bitmap', () => {
    expect(filtered([[0x86000000, 0x10000, 'deny']]).x0(0x8600ff01)).toBe(NOT_SUPPORTED);
  });

  it('11: the vendor bitmap without a filter', () => {
    const made = new Aarch64Machine();
    made.registers(0, { firmware: { vendorHyp: 0 } });
    expect(made.call(0x8600ff01).reply).toEqual({ action: 'deny', registers: DENIED });
  });

  it('12 to 14: SET after KVM_RUN', () => {
    const made = filtered([[0x84000000, 1, 'deny']]);
    made.enter();
    expect(made.filter(0x85000000, 1, 'deny')).toBe('EBUSY');
    expect(made.filter(0x85000000, 1, 3)).toBe('EINVAL');
    expect(made.filter(0x84000000, 1, 'deny')).toBe('EBUSY');
  });
});

describe('typical configurations', () => {
  it('all PSCI to user space', () => {
    const made = filtered([
      [0x95c1ba5e, 4, 'deny'],
      [0x84000000, 0x20, 'fwd_to_user'],
      [0xc4000000, 0x20, 'fwd_to_user'],
    ]);
    expect(made.call(0xc4000003).reply['action']).toBe('fwd_to_user');
    expect(made.call(0x8400001f).reply['action']).toBe('fwd_to_user');
    expect(made.call(0x95c1ba61).reply['action']).toBe('deny');
    expect(made.x0(0x84000050)).toBe(0x10000n);
  });

  it('no KVM to be discovered', () => {
    const made = filtered([
      [0x86000000, 0x10000, 'deny'],
      [0xc6000000, 0x10000, 'deny'],
    ]);
    expect([made.x0(0x86000000), made.x0(0x86000001), made.x0(0x8600ff01)]).toEqual([DENIED.x0, DENIED.x0, DENIED.x0]);
    expect(made.x0(0x80000000)).toBe(0x10001n);
  });
});

describe('a call', () => {
  it('an explicit HANDLE is as no range', () => {
    for (const id of [0x84000000, 0x86000000, 0x8600ff01, 0xc3000000]) {
      const made = new Aarch64Machine();
      expect(filtered([[id, 1, 'handle']]).call(id).reply).toEqual(made.call(id).reply);
    }
  });

  it('HVC with an immediate is a call like any other', () => {
    expect(new Aarch64Machine().x0(0x84000000, [], { immediate: 0xffff })).toBe(0x10001n);
  });

  it.each<[what: string, more: object, pc: bigint, flags: bigint]>([
    ['HVC', {}, 0x1004n, 0n],
    ['SMC', { conduit: 'smc' }, 0x1004n, 1n],
    ['a 16-bit HVC', { thumb: true }, 0x1002n, 2n],
    ['a 16-bit SMC', { conduit: 'smc', thumb: true }, 0x1002n, 3n],
  ])('leaves the guest behind the instruction: %s', (_what, more, pc, flags) => {
    const made = filtered([[0xc3000000, 1, 'fwd_to_user']]);
    made.registers(0, { pc: 0x1000 });
    expect(made.call(0xc3000000, [], more).reply['exit']).toEqual(hypercall(0xc3000000n, flags));
    expect(made.vm.vcpus.get(0)?.registers.pc).toBe(pc);
    made.registers(0, { pc: 0x1000 });
    made.call(0x80000000, [], more);
    expect(made.vm.vcpus.get(0)?.registers.pc).toBe(pc);
  });

  it('also where the immediate is not 0', () => {
    const made = new Aarch64Machine();
    made.call(0x80000000, [], { conduit: 'smc', immediate: 7 });
    expect(made.vm.vcpus.get(0)?.registers).toMatchObject({ pc: 4n, x0: NOT_SUPPORTED });
  });

  it('puts id and arguments into registers, where they stay unless they are answered', () => {
    const made = filtered([[0xc3000000, 1, 'fwd_to_user']]);
    const args = Array.from({ length: 17 }, (_, i) => BigInt(i) + 0x1_0000_0001n);
    made.call(0xc3000000, args);
    expect(made.vm.vcpus.get(0)?.registers).toMatchObject({ x0: 0xc3000000n, x1: args[0], x17: args[16], x18: 0n });
    made.call(0x84000000);
    expect(made.vm.vcpus.get(0)?.registers).toMatchObject({ x0: 0x10001n, x1: 0n, x3: 0n, x4: args[3] });
  });

  it('user space answers a forwarded one by registers, or leaves the id in x0', () => {
    const made = filtered([[0xc3000000, 1, 'fwd_to_user']]);
    made.call(0xc3000000);
    expect([made.registers(0, { x0: 42, x1: 43 }), made.enter()]).toEqual([0, 0]);
    expect(made.vm.vcpus.get(0)?.registers).toMatchObject({ x0: 42n, x1: 43n });
    made.call(0xc3000000);
    expect(made.answer({ type: 'run_vcpu', vcpu: 0, hypercall: { ret: 99 } })).toBe(0);
    expect(made.vm.vcpus.get(0)?.registers.x0).toBe(0xc3000000n);
  });

  it('is a run: the filter is fixed from then on', () => {
    const made = new Aarch64Machine();
    expect(made.call(0x80000000).events[0]).toEqual({ type: 'vm_ran', vcpu: 0 });
    expect(made.filter(0x85000000, 1, 'deny')).toBe('EBUSY');
    expect(made.call(0x80000000).events.map(({ type }) => type)).not.toContain('vm_ran');
  });

  it('needs a vCPU that runs', () => {
    const made = new Aarch64Machine();
    expect(made.call(0x80000000, [], { vcpu: 1 }).errno).toBe('ENOENT');
    for (const state of ['stopped', 'suspended']) {
      made.mpState(0, state);
      expect(made.call(0x80000000).errno).toBe('EINTR');
    }
    made.mpState(0, 'runnable');
    expect(made.x0(0x80000000)).toBe(0x10001n);
  });
});

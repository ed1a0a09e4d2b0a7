import type { X86RegisterChanges } from '../../../../src/domain/shapes/x86-registers.js';
import { LONG_MODE, PROTECTED_MODE, X86 } from '../../support/x86-vms.js';

const CPL3 = { cs: { l: 1, db: 0, dpl: 3 } };

/** The registers of a vCPU after a call. */
const after = (x86: X86, vcpu = 0) => x86.vcpu(vcpu).registers;

const HEARD = ['hypercall'];

describe('worked examples (vmi-hypercalls section 6)', () => {
  it.each<[row: string, x86: () => X86, call: (x86: X86) => object, reply: object]>([
    ['1', () => new X86(), (x) => x.call(1), { rax: 0n, result: 0, clobbered: [] }],
    ['2', () => new X86().set(CPL3), (x) => x.call(1), { rax: 2n ** 64n - 1n, result: -1, code: 'KVM_EPERM' }],
    ['3', () => new X86().set(CPL3), (x) => x.call(9999), { result: -1, code: 'KVM_EPERM' }],
    ['4', () => new X86(), (x) => x.call(9999), { rax: 0xfffffffffffffc18n, result: -1000, code: 'KVM_ENOSYS' }],
    ['5', () => new X86().set(PROTECTED_MODE), (x) => x.call(9999), { rax: 0xfffffc18n, result: -1000 }],
    ['5, by the mode of the call', () => new X86(), (x) => x.call(9999, [], { mode: 32 }), { rax: 0xfffffc18n }],
    ['7', () => new X86().set(CPL3), (x) => x.call(34, [], { registers: { rdi: 24, rsi: 0 } }), { rax: 0n, result: 0 }],
    ['8', () => new X86().hook(...HEARD), (x) => x.call(34, [], { registers: { rdi: 25, rsi: 0 } }), { result: -1000 }],
    ['9', () => new X86().hook(...HEARD), (x) => x.call(34, [], { registers: { rdi: 24, rsi: 1 } }), { result: -1000 }],
    [
      '10',
      () => new X86().hook(...HEARD),
      (x) => x.call(34, [24, 0], { registers: { rdi: 0, rsi: 0 } }),
      { result: -1000 },
    ],
    ['11', () => new X86().set(PROTECTED_MODE), (x) => x.call(34, [24, 0]), { rax: 0n, result: 0 }],
    [
      '11, high halves masked',
      () => new X86(),
      (x) => x.call(0x700000022n, [0x900000018n, 0xa00000000n], { mode: 32 }),
      { rax: 0n, result: 0 },
    ],
    ['11, hooked', () => new X86().hook(...HEARD).set(PROTECTED_MODE), (x) => x.call(34, [24, 0]), { waiting: 1 }],
    [
      '12',
      () => new X86().set(CPL3),
      (x) => x.call(0x100000022n, [], { registers: { rdi: 24, rsi: 0 } }),
      { result: -1000, code: 'KVM_ENOSYS' },
    ],
    ['18', () => new X86(), (x) => x.call(9, [0x5000, 1]), { result: -95, code: 'KVM_EOPNOTSUPP' }],
    ['20', () => exits(), (x) => x.call(12, [0x1001, 1, 0]), { result: -22, code: 'KVM_EINVAL' }],
    ['21', () => exits(), (x) => x.call(12, [0x1000, 0, 0]), { result: -22 }],
    [
      '21b',
      () => exits(),
      (x) => x.call(12, [0x1000, 2, 0x10]),
      { exit: { reason: 'hypercall', number: 3, nr: 12n, args: [0x1000n, 2n, 0x10n, 0n, 0n, 0n], ret: 0n, flags: 1n } },
    ],
    ['21b in 32-bit mode', () => exits(), (x) => x.call(12, [0x1000, 2, 0x10], { mode: 32 }), { exit: { flags: 0n } }],
    ['22', () => new X86(), (x) => x.call(12, [0x1000, 1]), { result: -1000, code: 'KVM_ENOSYS' }],
  ])('row %s', (_row, x86, call, reply) => {
    expect(call(x86())).toMatchObject({ ret: 0, reply });
  });

  it('row 6: one event, and 0 after CONTINUE', () => {
    const x86 = new X86().hook(...HEARD).set(CPL3);
    const asked = x86.call(34, [], { registers: { rdi: 24, rsi: 0 } });
    expect(asked).toMatchObject({ ret: 0, reply: { waiting: 1 } });
    expect(asked.events.filter(({ type }) => type === 'vcpu_event_sent')).toHaveLength(1);
    expect(x86.reply(1, 'continue').reply).toMatchObject({ channel: 'open', resumed: { ret: 0, rax: 0n, result: 0 } });
    expect(after(x86)).toMatchObject({ rax: 0n, rip: 0x1003n });
  });

  it('row 19: an interrupt to APIC ids 2 and 3, of which 5 is missing', () => {
    const x86 = new X86({ vcpus: 4 });
    const decision = x86.call(10, [0xb, 0, 2, 0xf1]);
    expect(decision.reply).toMatchObject({ result: 2 });
    const ipis = [0, 1, 2, 3].map((id) => x86.vcpu(id).ipis);
    expect(ipis).toEqual([undefined, undefined, [{ mode: 'fixed', vector: 0xf1 }], [{ mode: 'fixed', vector: 0xf1 }]]);
  });

  it('row 19b: a shorthand', () => {
    expect(new X86({ vcpus: 4 }).call(10, [1, 0, 2, 0x400f1]).reply).toMatchObject({ result: -22, code: 'KVM_EINVAL' });
  });
});

const exits = (): X86 => {
  const x86 = new X86();
  x86.run({ type: 'enable_cap', cap: 'exit_hypercall', args: [0x1000] });
  return x86;
};

describe('the number table (section 2)', () => {
  it.each<[nr: number, name: string, result: number]>([
    [1, 'VAPIC_POLL_IRQ', 0],
    [2, 'MMU_OP', -1000],
    [3, 'FEATURES', -1000],
    [4, 'PPC_MAP_MAGIC_PAGE', -1000],
    [5, 'KICK_CPU', 0],
    [6, 'MIPS', -1000],
    [7, 'MIPS', -1000],
    [8, 'MIPS', -1000],
    [9, 'CLOCK_PAIRING', 0],
    [10, 'SEND_IPI', 0],
    [11, 'SCHED_YIELD', 0],
    [12, 'MAP_GPA_RANGE', -1000],
    [32, 'MEM_MAP', -14],
    [33, 'MEM_UNMAP', -14],
    [34, 'XEN_HVM_OP', -1000],
    [0, 'no such number', -1000],
    [13, 'no such number', -1000],
  ])('%i %s', (nr, _name, result) => {
    expect(new X86().call(nr).reply).toMatchObject({ result });
  });

  it.each<[name: string, nr: number, bit: number]>([
    ['KICK_CPU', 5, 7],
    ['SEND_IPI', 10, 11],
    ['SCHED_YIELD', 11, 13],
  ])('%s needs its CPUID bit where that is enforced', (_name, nr, bit) => {
    const without = new X86({ host: { kvmPvFeatures: 2 ** 32 - 1 - 2 ** bit } });
    expect(without.call(nr).reply).toMatchObject({ result: 0 });
    without.run({ type: 'enable_cap', cap: 'enforce_pv_feature_cpuid' });
    expect(without.call(nr).reply).toMatchObject({ result: -1000 });
    const having = new X86({ host: { kvmPvFeatures: 2 ** bit } });
    having.run({ type: 'enable_cap', cap: 190, args: [1] });
    expect(having.call(nr).reply).toMatchObject({ result: 0 });
    having.run({ type: 'enable_cap', cap: 190, args: [0] });
    expect(having.call(nr).reply).toMatchObject({ result: 0 });
  });
});

describe('the calling convention (section 1)', () => {
  it('64-bit: number in rax, arguments in rbx, rcx, rdx, rsi; only rax and rip change', () => {
    const x86 = new X86().set({ rdi: 7, r15: 8, rflags: 0x202 });
    x86.call(1, [0x10, 0x20, 0x30, 0x40], { registers: { r8: 5 } });
    expect(after(x86)).toMatchObject({
      ...{ rax: 0n, rbx: 0x10n, rcx: 0x20n, rdx: 0x30n, rsi: 0x40n },
      ...{ rdi: 7n, r8: 5n, r15: 8n, rflags: 0x202n, rip: 0x1003n },
    });
  });

  it('arguments that are left out stay as they are', () => {
    const x86 = new X86().set({ rcx: 1, rdx: 2 });
    x86.call(9, [0x5000]);
    expect(after(x86)).toMatchObject({ rcx: 1n, rdx: 2n });
  });

  it.each<[what: string, registers: X86RegisterChanges, wide: boolean]>([
    ['LMA=1, CS.L=1', {}, true],
    ['LMA=1, CS.L=0', { cs: { l: 0, db: 1 } }, false],
    ['LMA=0, CS.L=1', { cr0: 0x11n, efer: 0n, cs: { l: 1 } }, false],
    ['no long mode', PROTECTED_MODE, false],
  ])('%s', (_what, registers, wide) => {
    const x86 = new X86().force(registers);
    x86.call(0x100000001n);
    expect(after(x86).rax).toBe(wide ? 0xfffffffffffffc18n : 0n);
  });

  it('32-bit: rip is 32 bits too', () => {
    const x86 = new X86().set({ rip: 0xffffffffn });
    x86.call(1, [], { mode: 32 });
    expect(after(x86).rip).toBe(2n);
  });

  it('CPL and mode of a call are for this call only', () => {
    const x86 = new X86();
    expect(x86.call(1, [], { cpl: 3 }).reply).toMatchObject({ result: -1 });
    expect(x86.call(1, [], { cpl: 1 }).reply).toMatchObject({ result: -1 });
    expect(x86.call(1).reply).toMatchObject({ result: 0 });
    expect(after(x86).cs).toEqual(LONG_MODE.cs);
  });

  it('refuses calls on what is no vCPU, and on one that was not started', () => {
    const x86 = new X86({ vcpus: 2 });
    expect(x86.call(1, [], {}, 7).errno).toBe('ENOENT');
    x86.run({ type: 'set_mp_state', vcpu: 1, mpState: 'uninitialized' });
    expect(x86.call(1, [], {}, 1).errno).toBe('EAGAIN');
  });
});

describe('dispatch order', () => {
  const XEN = { reason: 'xen', number: 34 };
  const xen = () => {
    const x86 = new X86();
    x86.run({ type: 'enable_cap', cap: 'xen_hvm' });
    return x86;
  };
  const hyperv = (x86 = new X86({ vcpus: 2 })) => {
    x86.run({ type: 'enable_cap', cap: 'hyperv' });
    x86.guest('wrmsr', { msr: 0x40000000, value: 1 });
    return x86;
  };

  it('Xen first, whatever CPL and number', () => {
    const registers = { rdi: 1, rsi: 2, r10: 4, r8: 5, r9: 6 };
    expect(xen().call(9999, [0, 0, 3], { registers, cpl: 3 }).reply).toMatchObject({
      exit: { ...XEN, longMode: 1, cpl: 3, input: 9999n, params: [1n, 2n, 3n, 4n, 5n, 6n] },
    });
    expect(xen().call(1, [1, 2, 3, 4], { registers: { rdi: 5, rbp: 6 }, mode: 32 }).reply).toMatchObject({
      exit: { ...XEN, longMode: 0, params: [1n, 2n, 3n, 4n, 5n, 6n] },
    });
  });

  it('Hyper-V then, on every vCPU once the guest said who it is', () => {
    const x86 = hyperv();
    const reply = { exit: { reason: 'hyperv', number: 27, input: 2n, params: [3n, 5n] } };
    expect(x86.call(1, [0, 2, 3], { registers: { r8: 5 } }, 1).reply).toMatchObject(reply);
    const off = new X86();
    off.run({ type: 'enable_cap', cap: 'hyperv' });
    expect(off.call(1).reply).toMatchObject({ result: 0 });
  });

  it('Hyper-V: invalid opcode above CPL 0', () => {
    expect(hyperv().call(1, [], { cpl: 3 }).reply).toMatchObject({ exception: { vector: 6 } });
  });

  it('with both, bit 31 of eax tells Hyper-V from Xen', () => {
    const both = hyperv(xen());
    expect(both.call(0x80000001n).reply).toMatchObject({ exit: { reason: 'hyperv' } });
    expect(both.call(1).reply).toMatchObject({ exit: { reason: 'xen' } });
  });

  it.each([34n, 0x100000022n])('%s skips both', (nr) => {
    expect(hyperv(xen()).call(nr, [], { cpl: 3 }).reply).toMatchObject({ result: -1000 });
  });
});

describe('exits to user space', () => {
  it('the next run gives rax and goes past the instruction', () => {
    const x86 = exits();
    x86.call(12, [0x1000, 1]);
    expect(after(x86)).toMatchObject({ rax: 12n, rip: 0x1000n });
    expect(x86.run({ type: 'run_vcpu', vcpu: 0, hypercall: { ret: '0xfffffffffffffff2' } }).ret).toBe(0);
    expect(after(x86)).toMatchObject({ rax: 0xfffffffffffffff2n, rip: 0x1003n });
    x86.run({ type: 'run_vcpu', vcpu: 0, hypercall: { ret: 1 } });
    expect(after(x86)).toMatchObject({ rax: 0xfffffffffffffff2n, rip: 0x1003n });
  });

  it('a run that says nothing gives 0, and 32-bit code gets 32 bits', () => {
    const x86 = exits();
    x86.call(12, [0x1000, 1]);
    x86.run({ type: 'run_vcpu', vcpu: 0 });
    expect(after(x86).rax).toBe(0n);
    x86.call(12, [0x1000, 1], { mode: 32 });
    x86.run({ type: 'run_vcpu', vcpu: 0, hypercall: { ret: 0x1_0000_0005 } });
    expect(after(x86).rax).toBe(5n);
  });

  it('what the guest does next ends the call first', () => {
    const x86 = exits();
    x86.call(12, [0x1000, 1]);
    expect(x86.call(1).reply).toMatchObject({ result: 0 });
    expect(after(x86).rip).toBe(0x1006n);
  });

  it.each<[what: string, args: readonly (number | bigint)[], result: number | undefined]>([
    ['a range up to the end', [0x1000, 2n ** 52n - 2n], undefined],
    ['a range that wraps', [0x1000, 2n ** 64n - 1n], -22],
    ['attributes are not looked at', [0x1000, 1, 2n ** 64n - 1n], undefined],
  ])('MAP_GPA_RANGE: %s', (_what, args, result) => {
    expect(exits().call(12, args).reply.result).toBe(result);
  });

  it.each<[row: string, input: object, errno: string | number]>([
    ['flags', { cap: 'exit_hypercall', flags: 1, args: [0x1000] }, 'EINVAL'],
    ['a bit that is no such exit', { cap: 201, args: [1] }, 'EINVAL'],
    ['not to be enabled', { cap: 'nr_vcpus' }, 'EINVAL'],
    ['unknown', { cap: 'split_irqchip_of_mars' }, 'EINVAL'],
    ['nothing exits', { cap: 'exit_hypercall' }, 0],
  ])('KVM_ENABLE_CAP: %s', (_row, input, errno) => {
    expect(new X86().answer({ type: 'enable_cap', ...input })).toBe(errno);
  });
});

describe('KVM_HC_XEN_HVM_OP (section 3)', () => {
  const request = { registers: { rdi: 24, rsi: 0 } };
  const heard = (semantics: 'documented' | 'kernel' = 'documented') => new X86({ semantics }).hook(...HEARD);

  it.each<[condition: string, x86: () => X86, documented: number, kernel: number]>([
    ['host without introspection', () => new X86({ host: { introspection: false } }), -1000, -1000],
    ['no VMI application hooked', () => new X86(), 0, -1000],
    ['hooked, event not enabled on this vCPU', () => new X86().hook(), 0, -1000],
  ])('%s', (_condition, x86, documented, kernel) => {
    const vm = x86();
    expect(vm.call(34, [], request).reply).toMatchObject({ result: documented });
    vm.vms.states.set(vm.id, { ...vm.vm, semantics: 'kernel' });
    expect(vm.call(34, [], request).reply).toMatchObject({ result: kernel });
  });

  it.each(['documented', 'kernel'] as const)('event delivered, reply CONTINUE, %s', (semantics) => {
    const x86 = heard(semantics);
    x86.call(34, [], request);
    expect(x86.reply(1, 'continue').reply).toMatchObject({ channel: 'open', resumed: { result: 0 } });
  });

  it('channel breaks while waiting', () => {
    const x86 = heard();
    x86.call(34, [], request);
    expect(x86.run({ type: 'introspection_unhook' }).reply).toMatchObject({ resumed: { 0: { ret: 0, result: 0 } } });
    expect(after(x86)).toMatchObject({ rax: 0n, rip: 0x1003n });
  });

  it('reply CRASH: every later run ends with SHUTDOWN', () => {
    const x86 = heard();
    x86.call(34, [], request);
    const exit = { reason: 'shutdown', number: 8 };
    expect(x86.reply(1, 'crash').reply).toEqual({ channel: 'open', exit });
    for (const again of [x86.run({ type: 'run_vcpu', vcpu: 0 }), x86.call(1), x86.guest('int3')])
      expect(again).toMatchObject({ ret: 0, reply: { exit } });
  });

  it.each(['retry', 7])('reply %s: channel closed, the guest goes on', (action) => {
    const x86 = heard();
    x86.call(34, [], request);
    expect(x86.reply(1, action).reply).toMatchObject({ channel: 'closed', resumed: { result: 0 } });
    expect(x86.vm.regions.introspection).toBe('unhooked');
  });

  it('CPL 3: allowed', () => {
    const x86 = heard().set(CPL3);
    expect(x86.call(34, [], request).reply).toEqual({ waiting: 1 });
  });

  it.each<[mode: 64 | 32, registers: readonly string[]]>([
    [64, ['rdx', 'r10', 'r8', 'r9']],
    [32, ['edx', 'esi', 'edi', 'ebp']],
  ])('in %i-bit mode it clobbers', (mode, registers) => {
    expect(new X86().call(34, [24, 0], { ...request, mode }).reply.clobbered).toEqual(registers);
  });
});

describe('KVM_HC_CLOCK_PAIRING', () => {
  const pairing = (x86: X86, address: bigint) => {
    const view = new DataView(Uint8Array.from(x86.bytes(address, 64)).buffer);
    const rest = [24, 28, 32, 36, 40, 44, 48, 52, 56, 60].map((at) => view.getUint32(at, true));
    return [view.getBigInt64(0, true), view.getBigInt64(8, true), view.getBigUint64(16, true), rest.join()];
  };
  const zeros = new Array(10).fill(0).join();

  it('writes seconds, nanoseconds, TSC, flags and padding', () => {
    const x86 = new X86({ host: { tscKhz: 2_000_000 } });
    x86.vms.time = 1_700_000_000_123;
    expect(x86.call(9, [0x5000, 0]).reply).toMatchObject({ result: 0 });
    expect(pairing(x86, 0x5000n)).toEqual([1_700_000_000n, 123_000_000n, 2_000_000n * 1_700_000_000_123n, zeros]);
  });

  it.each<[what: string, x86: () => X86, args: readonly (number | bigint)[], result: number]>([
    ['another clock, before the address', () => new X86(), [2n ** 63n, 1], -95],
    [
      'host not on its TSC, before the address',
      () => new X86({ host: { tscClocksource: false } }),
      [2n ** 63n, 0],
      -95,
    ],
    ['no memory there', () => new X86(), [2n ** 40n, 0], -14],
    ['read-only memory', () => new X86({ flags: ['readonly'] }), [0x5000, 0], -14],
  ])('%s', (_what, x86, args, result) => {
    expect(x86().call(9, args).reply).toMatchObject({ result });
  });

  it('writes what lies before a page that it cannot write', () => {
    const x86 = new X86();
    expect(x86.call(9, [0x3fffe0, 0]).reply).toMatchObject({ result: -14 });
    expect(x86.bytes(0x3fffe0n, 8)).not.toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe('KVM_HC_KICK_CPU and KVM_HC_SCHED_YIELD', () => {
  const halted = () => {
    const x86 = new X86({ vcpus: 2 });
    x86.guest('hlt', {}, 1);
    return x86;
  };

  it('wakes the vCPU of an APIC id from HLT', () => {
    const x86 = halted();
    expect(x86.vcpu(1).mpState).toBe('halted');
    expect(x86.call(5, [0, 1]).reply).toMatchObject({ result: 0 });
    expect(x86.vcpu(1).mpState).toBe('runnable');
  });

  it('one that does not sleep will not the next time', () => {
    const x86 = new X86({ vcpus: 2 });
    x86.call(5, [0, 1]);
    x86.guest('hlt', {}, 1);
    expect(x86.vcpu(1)).not.toHaveProperty('kicked');
    expect(x86.vcpu(1).mpState).toBe('runnable');
    x86.guest('hlt', {}, 1);
    expect(x86.vcpu(1).mpState).toBe('halted');
  });

  it('an unknown APIC id: 0, no effect', () => {
    const x86 = halted();
    expect(x86.call(5, [0, 9]).reply).toMatchObject({ result: 0 });
    expect(x86.vcpu(1).mpState).toBe('halted');
  });

  it.each([0, 1, 9])('SCHED_YIELD to APIC id %i: 0', (apicId) => {
    expect(halted().call(11, [apicId]).reply).toMatchObject({ result: 0 });
  });
});

describe('KVM_HC_SEND_IPI', () => {
  const result = (icr: number, vcpus = 3) => new X86({ vcpus }).call(10, [0b110, 0, 0, icr]).reply.result;

  it.each<[mode: string, icr: number, count: number]>([
    ['fixed', 0x0f1, 2],
    ['lowest priority', 0x1f1, 2],
    ['SMI', 0x200, 2],
    ['remote read', 0x300, 2],
    ['NMI', 0x400, 2],
    ['INIT, asserted', 0x4500, 2],
    ['INIT, level-triggered and not asserted', 0x8500, 0],
    ['INIT, level-triggered and asserted', 0xc500, 2],
    ['startup', 0x610, 2],
    ['fixed, level-triggered and not asserted', 0x80f1, 0],
    ['fixed, level-triggered and asserted', 0xc0f1, 2],
    ['lowest priority, level-triggered and not asserted', 0x81f1, 0],
    ['NMI, level-triggered and not asserted', 0x8400, 2],
    ['startup, level-triggered and not asserted', 0x8610, 2],
    ['external', 0x700, 0],
    ['logical destination', 0x8f1, -22],
    ['shorthand self', 0x400f1, -22],
    ['shorthand all', 0x800f1, -22],
  ])('%s', (_mode, icr, count) => {
    expect(result(icr)).toBe(count);
  });

  it('bit n of the second word is the first APIC id, the width and n: 64 in 64-bit mode, 32 else', () => {
    const x86 = new X86({ vcpus: 2 });
    x86.set({ apicId: 66 }, 1);
    expect(x86.call(10, [0, 1, 2, 0xf1]).reply).toMatchObject({ result: 1 });
    x86.set({ apicId: 34 }, 1);
    expect(x86.call(10, [0, 1, 2, 0xf1], { mode: 32 }).reply).toMatchObject({ result: 1 });
    expect(x86.call(10, [1n << 32n, 0, 2, 0xf1], { mode: 32 }).reply).toMatchObject({ result: 0 });
    expect(x86.call(10, [1n << 32n, 0, 2, 0xf1]).reply).toMatchObject({ result: 1 });
  });

  it('APIC ids do not wrap within a word; the second word begins at the first APIC id and the width modulo 2^32', () => {
    const x86 = new X86({ vcpus: 3 });
    const wrapped = 0xffffffffn;
    expect(x86.call(10, [0b110, 0, wrapped, 0xf1]).reply).toMatchObject({ result: 0 });
    expect(x86.call(10, [0, 1n << 33n, wrapped - 95n, 0xf1]).reply).toMatchObject({ result: 0 });
    expect(x86.call(10, [0, 0b110, wrapped - 63n, 0xf1]).reply).toMatchObject({ result: 2 });
    expect(x86.call(10, [0, 0b110, wrapped - 31n, 0xf1], { mode: 32 }).reply).toMatchObject({ result: 2 });
  });

  it('delivery mode 3 kicks, and nothing is pending', () => {
    const x86 = new X86({ vcpus: 3 });
    x86.guest('hlt', {}, 1);
    expect(x86.call(10, [0b1110, 0, 0, 0x3f1]).reply).toMatchObject({ result: 2 });
    expect([1, 2].map((id) => [x86.vcpu(id).mpState, x86.vcpu(id).kicked, x86.vcpu(id).ipis])).toEqual([
      ['runnable', undefined, undefined],
      ['runnable', true, undefined],
    ]);
  });

  it.each<[what: string, args: readonly (bigint | number)[], result: number]>([
    ['fixed interrupts that are deasserted are accepted', [0b11, 0, 0, 0x80f1], 2],
    ['delivery mode 3 is accepted by none', [0b11, 0, 0, 0x300], 0],
    ['APIC ids wrap', [0b110, 0, 0xffffffff, 0xf1], 2],
  ])('by the rules before version 3, %s', (_what, args, result) => {
    const x86 = new X86({ vcpus: 2, rules: 2 });
    expect(x86.call(10, args).reply).toMatchObject({ result });
  });

  it.each<[what: string, rflags: number, icr: number, state: string]>([
    ['with interrupts on', 0x202, 0xf1, 'runnable'],
    ['with interrupts off', 0x2, 0xf1, 'halted'],
    ['NMI', 0x2, 0x400, 'runnable'],
  ])('a halted vCPU, %s', (_what, rflags, icr, state) => {
    const x86 = new X86({ vcpus: 2 });
    x86.guest('hlt', {}, 1);
    x86.set({ rflags }, 1);
    x86.call(10, [0b10, 0, 0, icr]);
    expect(x86.vcpu(1).mpState).toBe(state);
  });

  it('a run takes them: NMI first, then the highest vector, as interrupts are on', () => {
    const x86 = new X86({ vcpus: 2 });
    for (const icr of [0x31, 0xf1, 0x400]) x86.call(10, [0b10, 0, 0, icr]);
    const nmi = { mode: 'nmi', vector: 0 };
    expect(x86.run({ type: 'run_vcpu', vcpu: 1 }).reply).toEqual({ delivered: [nmi] });
    x86.set({ rflags: 0x202 }, 1);
    const vectors = [0xf1, 0x31].map((vector) => ({ mode: 'fixed', vector }));
    expect(x86.run({ type: 'run_vcpu', vcpu: 1 }).reply).toEqual({ delivered: vectors });
    expect(x86.run({ type: 'run_vcpu', vcpu: 1 }).reply).toEqual({});
    expect(x86.vcpu(1)).not.toHaveProperty('ipis');
  });
});

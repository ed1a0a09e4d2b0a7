import { EVENTS, type VcpuEvent } from '../../../src/domain/introspection/events.js';
import { pendingEvents } from '../../../src/domain/introspection/view.js';
import { X86 } from '../support/x86-vms.js';

type Fields = Readonly<Record<string, unknown>>;

/** A VM whose vCPU 0 waits in its first event, of each kind that the guest or a command of the tool's can raise. */
const RAISE: { readonly [Name in Exclude<VcpuEvent, 'singlestep'>]: () => X86 } = {
  pf: () => {
    const x86 = new X86().hook('pf');
    x86.put(0x5000n, Uint8Array.of(9, 8, 7, 6));
    x86.tool('set_page_access', { entries: [{ gpa: 0x5000, access: [] }] });
    x86.guest('load', { gva: 0x5001, size: 2 });
    return x86;
  },
  pause_vcpu: () => {
    const x86 = new X86().hook();
    x86.tool('pause_vcpu', { vcpu: 0 });
    x86.run({ type: 'run_vcpu', vcpu: 0 });
    return x86;
  },
  trap: () => {
    const x86 = new X86().hook();
    x86.tool('inject_exception', { vcpu: 0, vector: 14, errorCode: 2, address: 0x1234 });
    x86.run({ type: 'run_vcpu', vcpu: 0 });
    return x86;
  },
  cr: () => {
    const x86 = new X86().hook('cr');
    x86.tool('control_cr', { vcpu: 0, cr: 3, enable: 1 });
    x86.guest('mov_to_cr', { cr: 3, value: 0x2000 });
    return x86;
  },
  msr: () => {
    const x86 = new X86().hook('msr');
    x86.tool('control_msr', { vcpu: 0, msr: 0x174, enable: 1 });
    x86.guest('wrmsr', { msr: 0x174, value: 5 });
    return x86;
  },
  xsetbv: () => {
    const x86 = new X86().hook('xsetbv').set({ cr4: 0x40020 });
    x86.guest('xsetbv', { xcr: 0, value: 3 });
    return x86;
  },
  breakpoint: () => {
    const x86 = new X86().hook('breakpoint');
    x86.guest('int3');
    return x86;
  },
  hypercall: () => {
    const x86 = new X86().hook('hypercall');
    x86.call(34, [], { registers: { rdi: 24, rsi: 0 } });
    return x86;
  },
  descriptor: () => {
    const x86 = new X86().hook('descriptor');
    x86.guest('lidt');
    return x86;
  },
};

type Raised = keyof typeof RAISE;

const raised = Object.keys(RAISE) as Raised[];

describe('the table of events', () => {
  it.each<[event: Raised, details: Fields]>([
    ['pf', { gva: 0x5001n, gpa: 0x5001n, access: ['r'], view: 0 }],
    ['pause_vcpu', {}],
    ['trap', { vector: 14, errorCode: 2, address: 0x1234n }],
    ['cr', { cr: 3, oldValue: 0x300000n, newValue: 0x2000n }],
    ['msr', { msr: 0x174, oldValue: 0n, newValue: 5n }],
    ['xsetbv', { xcr: 0, oldValue: 1n, newValue: 3n }],
    ['breakpoint', { gpa: 0x1000n, length: 1 }],
    ['hypercall', {}],
    ['descriptor', { descriptor: 'idtr', write: 1 }],
  ])('%s: common data and its own', (event, details) => {
    const x86 = RAISE[event]();
    const [only, ...more] = pendingEvents(x86.vm);
    expect(more).toEqual([]);
    const { registers, msrs, ...rest } = only ?? {};
    expect(rest).toEqual({ seq: 1, event, vcpu: 0, mode: 8, ...details });
    expect(registers).toEqual(x86.vcpu().registers);
    expect(msrs?.map(({ index }) => index)).toEqual([
      ...[0x174, 0x175, 0x176, 0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083, 0x277, 0xc0000102],
    ]);
  });

  const outcomes: [event: Raised, action: string, expected: Fields][] = [
    ['pf', 'continue', { resumed: { ret: 0, data: Uint8Array.of(8, 7) } }],
    ['pf', 'retry', { waiting: 2 }],
    ['pause_vcpu', 'continue', { resumed: { ret: 0 } }],
    ['trap', 'continue', { resumed: { ret: 0 } }],
    ['cr', 'continue', { resumed: { ret: 0 } }],
    ['msr', 'continue', { resumed: { ret: 0 } }],
    ['xsetbv', 'continue', { resumed: { ret: 0 } }],
    ['breakpoint', 'continue', { resumed: { ret: 0, exception: { vector: 3, name: 'breakpoint' } } }],
    ['breakpoint', 'retry', { resumed: { ret: 0 } }],
    ['hypercall', 'continue', { resumed: { ret: 0, rax: 0n, result: 0, clobbered: ['rdx', 'r10', 'r8', 'r9'] } }],
    ['descriptor', 'continue', { resumed: { ret: 0 } }],
    ['descriptor', 'retry', { waiting: 2 }],
  ];

  it.each(outcomes)('%s: %s', (event, action, expected) => {
    expect(RAISE[event]().reply(1, action, { event })).toMatchObject({
      ret: 0,
      reply: { channel: 'open', ...expected },
    });
    expect(outcomes.filter(([name]) => name === event).map(([, name]) => name)).toEqual(
      EVENTS[event].actions.filter((name) => name !== 'crash'),
    );
  });

  it.each(raised)('%s: crash stops the VM', (event) => {
    const x86 = RAISE[event]();
    const exit = { reason: 'shutdown', number: 8 };
    expect(x86.reply(1, 'crash').reply).toEqual({ channel: 'open', exit });
    expect(x86.run({ type: 'run_vcpu', vcpu: 0 }).reply).toEqual({ exit });
    expect(x86.vcpu()).not.toHaveProperty('waiting');
  });

  it.each(raised)(
    '%s: an action that it does not take closes the channel, and the guest goes on as after CONTINUE',
    (event) => {
      const bad = EVENTS[event].actions.some((name) => name === 'retry') ? 3 : 'retry';
      const x86 = RAISE[event]();
      const good = RAISE[event]();
      const { reply } = good.reply(1, 'continue');
      expect(x86.reply(1, bad)).toMatchObject({ ret: 0, reply: { channel: 'closed', resumed: reply.resumed } });
      expect(x86.vm.regions.introspection).toBe('unhooked');
      expect(x86.vcpu().registers).toEqual(good.vcpu().registers);
    },
  );

  it.each(raised)('%s: the reply to another event closes the channel', (event) => {
    const other = event === 'cr' ? 'msr' : 'cr';
    expect(RAISE[event]().reply(1, 'continue', { event: other }).reply).toMatchObject({ channel: 'closed' });
  });

  it.each(raised)('%s: while the vCPU waits it is busy, and others are not', (event) => {
    const x86 = RAISE[event]();
    x86.run({ type: 'create_vcpu', id: 1 });
    const inputs: Fields[] = [
      { type: 'run_vcpu' },
      { type: 'x86_guest', instruction: 'hlt' },
      { type: 'x86_hypercall', nr: 1 },
      { type: 'set_x86_registers', registers: {} },
      { type: 'set_mp_state', mpState: 'runnable' },
    ];
    for (const input of inputs) {
      expect(x86.answer({ ...input, vcpu: 0 })).toBe('EBUSY');
      expect(x86.answer({ ...input, vcpu: 1 })).toBe(0);
    }
  });

  it.each(raised)('%s: a seq that does not wait is ENOENT', (event) => {
    const x86 = RAISE[event]();
    expect([x86.reply(0, 'continue').errno, x86.reply(2, 'continue').errno]).toEqual(['ENOENT', 'ENOENT']);
    x86.reply(1, 'crash');
    expect(x86.reply(1, 'continue').errno).toBe('ENOENT');
  });

  it('numbers count over the VM, not over the channel', () => {
    const x86 = RAISE.breakpoint();
    x86.run({ type: 'introspection_unhook' });
    x86.hook('breakpoint').guest('int3');
    expect(pendingEvents(x86.vm)).toMatchObject([{ seq: 2 }]);
  });
});

describe('an event needs to be allowed, enabled and selected', () => {
  it.each<[event: string, act: (x86: X86) => Fields]>([
    ['cr', (x86) => x86.guest('mov_to_cr', { cr: 3, value: 0x2000 }).reply],
    ['msr', (x86) => x86.guest('wrmsr', { msr: 0x174, value: 5 }).reply],
    ['pf', (x86) => x86.guest('load', { gva: 0x5000, size: 1 }).reply],
  ])('%s: enabled, not selected', (event, act) => {
    expect(act(new X86().hook(event))).not.toHaveProperty('waiting');
  });

  it.each<[event: string, select: [string, Fields], act: (x86: X86, value: number) => Fields]>([
    [
      'cr',
      ['control_cr', { vcpu: 0, cr: 3, enable: 1 }],
      (x86, value) => x86.guest('mov_to_cr', { cr: 3, value }).reply,
    ],
    [
      'msr',
      ['control_msr', { vcpu: 0, msr: 0x174, enable: 1 }],
      (x86, value) => x86.guest('wrmsr', { msr: 0x174, value }).reply,
    ],
    [
      'pf',
      ['set_page_access', { entries: [{ gpa: 0x5000, access: [] }] }],
      (x86) => x86.guest('load', { gva: 0x5000, size: 1 }).reply,
    ],
  ])('%s: selected, not enabled', (event, [name, operands], act) => {
    const x86 = new X86().hook();
    x86.tool(name, operands);
    expect(act(x86, 0x4000)).not.toHaveProperty('waiting');
    x86.hook(event);
    expect(act(x86, 0x2000)).toHaveProperty('waiting', 1);
  });

  it('a register that is not selected any more is not told', () => {
    const x86 = new X86().hook('cr', 'msr');
    for (const enable of [1, 0]) {
      x86.tool('control_cr', { vcpu: 0, cr: 3, enable });
      x86.tool('control_msr', { vcpu: 0, msr: 0x174, enable });
    }
    expect(x86.guest('mov_to_cr', { cr: 3, value: 0x2000 }).reply).toEqual({});
    expect(x86.guest('wrmsr', { msr: 0x174, value: 5 }).reply).toEqual({});
  });

  it('a write of the value that is there already is not told', () => {
    const x86 = new X86().hook('cr', 'msr', 'xsetbv').set({ cr4: 0x40020 });
    x86.tool('control_cr', { vcpu: 0, cr: 3, enable: 1 });
    x86.tool('control_msr', { vcpu: 0, msr: 0x174, enable: 1 });
    expect(x86.guest('mov_to_cr', { cr: 3, value: 0x300000 }).reply).toEqual({});
    expect(x86.guest('wrmsr', { msr: 0x174, value: 0 }).reply).toEqual({});
    expect(x86.guest('xsetbv', { xcr: 0, value: 1 }).reply).toEqual({});
  });
});

describe('the value of the reply', () => {
  const cr = (value: number): X86 => {
    const x86 = new X86().hook('cr');
    x86.tool('control_cr', { vcpu: 0, cr: 3, enable: 1 });
    x86.guest('mov_to_cr', { cr: 3, value });
    return x86;
  };

  it.each<[what: string, more: Fields, cr3: bigint]>([
    ['none: what the guest wrote', {}, 0x2000n],
    ['another', { newValue: 0x7000 }, 0x7000n],
    ['the old one blocks the write', { newValue: 0x300000 }, 0x300000n],
  ])('CR: %s', (_what, more, cr3) => {
    const x86 = cr(0x2000);
    expect(x86.vcpu().registers.cr3).toBe(0x300000n);
    x86.reply(1, 'continue', more);
    expect(x86.vcpu().registers.cr3).toBe(cr3);
  });

  it('MSR: takes the place of what the guest wrote, and is checked as that would be', () => {
    const written = (newValue: bigint) => {
      const x86 = new X86().hook('msr');
      x86.tool('control_msr', { vcpu: 0, msr: 0x175, enable: 1 });
      x86.guest('wrmsr', { msr: 0x175, value: 5 });
      return [x86.reply(1, 'continue', { newValue }).reply.resumed, x86.vcpu().msrs?.get(0x175)];
    };
    expect(written(9n)).toEqual([{ ret: 0 }, 9n]);
    expect(written(1n << 47n)).toEqual([
      { ret: 0, exception: { vector: 13, name: 'general_protection', errorCode: 0 } },
      undefined,
    ]);
  });
});

describe('page access', () => {
  const restrict = (access: readonly string[], page = 0x5000n) => {
    const x86 = new X86().hook('pf');
    x86.tool('set_page_access', { entries: [{ gpa: page, access }] });
    return x86;
  };
  const act: Readonly<Record<string, (x86: X86, gva?: number) => Fields>> = {
    r: (x86, gva = 0x5000) => x86.guest('load', { gva, size: 1 }).reply,
    w: (x86, gva = 0x5000) => x86.guest('store', { gva, data: 'AQ==' }).reply,
    x: (x86, gva = 0x5000) => x86.guest('fetch', { gva }).reply,
  };

  it.each<[rights: string, told: string]>([
    ['', 'rwx'],
    ['r', 'wx'],
    ['x', 'rw'],
    ['rw', 'x'],
    ['rx', 'w'],
    ['rwx', ''],
  ])('%s restricts %s', (rights, told) => {
    for (const [kind, does] of Object.entries(act))
      expect('waiting' in does(restrict(Array.from(rights)))).toBe(told.includes(kind));
  });

  it('of another page restricts nothing', () => {
    for (const does of Object.values(act)) expect(does(restrict([], 0x6000n))).not.toHaveProperty('waiting');
  });

  it('restricts neither the VMM nor the tool, nor the page walk', () => {
    const x86 = restrict([], 0x302000n);
    expect(x86.guest('load', { gva: 0x6000, size: 1 }).reply).not.toHaveProperty('waiting');
    expect(x86.run({ type: 'read_memory', gpa: 0x302000, size: 8 }).ret).toBe(0);
    expect(x86.tool('read_physical', { gpa: 0x302000, size: 8 }).ret).toBe(0);
  });

  it('gva and gpa have their offsets', () => {
    const x86 = restrict([]).map(0x20, 0x5007n);
    x86.guest('store', { gva: 0x20123, data: 'AQ==' });
    expect(pendingEvents(x86.vm)).toMatchObject([{ gva: 0x20123n, gpa: 0x5123n, access: ['w'] }]);
  });

  it('an access over two pages is told page by page, and happens as a whole', () => {
    const x86 = restrict(['r']);
    x86.tool('set_page_access', { entries: [{ gpa: 0x6000, access: ['r'] }] });
    expect(x86.guest('store', { gva: 0x5ffe, data: 'AQIDBA==' }).reply).toEqual({ waiting: 1 });
    expect(pendingEvents(x86.vm)).toMatchObject([{ gva: 0x5ffen }]);
    expect(x86.reply(1, 'continue').reply).toEqual({ channel: 'open', waiting: 2 });
    expect(pendingEvents(x86.vm)).toMatchObject([{ gva: 0x6000n }]);
    expect(x86.bytes(0x5ffen, 4)).toEqual([0, 0, 0, 0]);
    expect(x86.reply(2, 'continue').reply).toEqual({ channel: 'open', resumed: { ret: 0 } });
    expect(x86.bytes(0x5ffen, 4)).toEqual([1, 2, 3, 4]);
  });

  it('RETRY does the access again: after the access was changed it succeeds', () => {
    const x86 = restrict([]);
    act.w?.(x86);
    expect(x86.reply(1, 'retry').reply).toEqual({ channel: 'open', waiting: 2 });
    x86.tool('set_page_access', { entries: [{ gpa: 0x5000, access: 7 }] });
    expect(x86.reply(2, 'retry').reply).toEqual({ channel: 'open', resumed: { ret: 0 } });
    expect(x86.bytes(0x5000n, 1)).toEqual([1]);
  });

  it('CONTINUE leaves the access as it was for the next', () => {
    const x86 = restrict([]);
    act.r?.(x86);
    x86.reply(1, 'continue');
    expect(act.r?.(x86)).toEqual({ waiting: 2 });
  });

  it('the guest gets its page fault before the tool is told', () => {
    const x86 = restrict([]).map(5, 0n);
    expect(act.r?.(x86)).toMatchObject({ exception: { vector: 14, errorCode: 0, address: 0x5000n } });
  });
});

describe('run', () => {
  const run = (x86: X86) => x86.run({ type: 'run_vcpu', vcpu: 0 }).reply;

  it('one PAUSE event for each command, at the next run', () => {
    const x86 = new X86().hook();
    for (const wait of [0, 1]) x86.tool('pause_vcpu', { vcpu: 0, wait });
    expect(x86.guest('load', { gva: 0x5000, size: 1 }).reply).not.toHaveProperty('waiting');
    expect(run(x86)).toEqual({ waiting: 1 });
    expect(x86.reply(1, 'continue').reply).toEqual({ channel: 'open', waiting: 2 });
    expect(x86.reply(2, 'continue').reply).toEqual({ channel: 'open', resumed: { ret: 0 } });
    expect(run(x86)).toEqual({});
  });

  it('the trap comes first, pauses last', () => {
    const x86 = new X86().hook();
    x86.tool('pause_vcpu', { vcpu: 0 });
    x86.tool('inject_exception', { vcpu: 0, vector: 6, errorCode: 5 });
    run(x86);
    expect(pendingEvents(x86.vm)).toMatchObject([{ event: 'trap', vector: 6, errorCode: 0 }]);
    expect(x86.reply(1, 'continue').reply).toEqual({ channel: 'open', waiting: 2 });
    expect(pendingEvents(x86.vm)).toMatchObject([{ event: 'pause_vcpu' }]);
    expect(x86.tool('inject_exception', { vcpu: 0, vector: 6 }).ret).toBe(0);
  });

  it('an injected page fault sets CR2, another exception tells what is there', () => {
    const x86 = new X86().hook().set({ cr2: 0x777 });
    x86.tool('inject_exception', { vcpu: 0, vector: 13, errorCode: 5, address: 0x1234 });
    run(x86);
    expect(pendingEvents(x86.vm)).toMatchObject([{ vector: 13, errorCode: 5, address: 0x777n }]);
    x86.reply(1, 'continue');
    x86.tool('inject_exception', { vcpu: 0, vector: 14, address: 0x1234 });
    run(x86);
    expect(x86.vcpu().registers.cr2).toBe(0x1234n);
  });

  it('a halted vCPU is paused, but takes no exception', () => {
    const x86 = new X86().hook();
    x86.guest('hlt');
    x86.tool('inject_exception', { vcpu: 0, vector: 6 });
    expect(run(x86)).toEqual({});
    x86.tool('pause_vcpu', { vcpu: 0 });
    expect(run(x86)).toEqual({ waiting: 1 });
  });

  it.each<[row: string, input: Fields, expected: string]>([
    ['no such vCPU', { vcpu: 7, immediateExit: true }, 'ENOENT'],
    ['immediate exit', { vcpu: 0, immediateExit: true, validRegs: 8 }, 'EINTR'],
    ['unknown registers', { vcpu: 0, validRegs: 8 }, 'EINVAL'],
    ['unknown dirty registers', { vcpu: 0, dirtyRegs: 2n ** 63n }, 'EINVAL'],
    ['not started', { vcpu: 1 }, 'EAGAIN'],
  ])('%s', (_row, input, expected) => {
    const x86 = new X86({ vcpus: 2 });
    x86.run({ type: 'set_mp_state', vcpu: 1, mpState: 1 });
    expect(x86.answer({ type: 'run_vcpu', ...input })).toBe(expected);
  });

  it.each<[what: string, mpState: string | number, expected: string | number]>([
    ['by name', 'halted', 0],
    ['by number', 3, 0],
    ['another architecture', 'operating', 'EINVAL'],
    ['no state', 77, 'EINVAL'],
  ])('KVM_SET_MP_STATE %s', (_what, mpState, expected) => {
    const x86 = new X86();
    expect(x86.answer({ type: 'set_mp_state', vcpu: 0, mpState })).toBe(expected);
    const state = expected === 0 ? 'halted' : 'runnable';
    expect(x86.run({ type: 'get_mp_state', vcpu: 0 }).reply).toEqual({ mpState: state });
  });
});

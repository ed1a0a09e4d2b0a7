import { MSRS_MAX } from '../../../src/domain/introspection/tool-registers.js';
import { PAUSES_MAX } from '../../../src/domain/introspection/tool-control.js';
import { KVMI_COMMANDS, type KvmiCommand } from '../../../src/domain/shapes/kvmi.js';
import { command } from '../../../src/domain/vm/command.js';
import { X86, LONG_MODE, PROTECTED_MODE } from '../support/x86-vms.js';

type Fields = Readonly<Record<string, unknown>>;

/** Operands with which each command is carried out. */
const GOOD: { readonly [Name in KvmiCommand]: Fields } = {
  get_version: {},
  check_command: { id: 'get_version' },
  check_event: { id: 'cr' },
  get_guest_info: {},
  control_vm_events: { event: 'unhook', enable: 1 },
  control_events: { vcpu: 0, event: 'cr', enable: 1 },
  control_cleanup: { enable: 0 },
  pause_vcpu: { vcpu: 0, wait: 1 },
  get_vcpu_info: { vcpu: 0 },
  get_registers: { vcpu: 0, msrs: [0xc0000080] },
  set_registers: { vcpu: 0, registers: { rax: 1 } },
  get_cpuid: { vcpu: 0, function: 0, index: 0 },
  read_physical: { gpa: 0x5000, size: 16 },
  write_physical: { gpa: 0x5000, data: 'AAAA' },
  get_page_access: { gpas: [0x5000], view: 0 },
  set_page_access: { entries: [{ gpa: 0x5000, access: ['r'] }], view: 0 },
  control_cr: { vcpu: 0, cr: 3, enable: 1 },
  control_msr: { vcpu: 0, msr: 0x174, enable: 1 },
  inject_exception: { vcpu: 0, vector: 6 },
  get_map_token: { token: 'ab'.repeat(32) },
};

const names = Object.keys(KVMI_COMMANDS) as KvmiCommand[];

const waiting = (): X86 => {
  const x86 = new X86().hook('breakpoint');
  x86.guest('int3');
  return x86;
};

describe('the order of checks of any command', () => {
  it.each(names)('%s: hooked, allowed, padding, then the action', (name) => {
    const x86 = new X86();
    const bad = { ...GOOD[name], padding: 1 };
    expect(x86.tool(name, bad).errno).toBe('EFAULT');
    x86.run({ type: 'introspection_hook' });
    const always = ['get_version', 'check_command', 'check_event'].includes(name);
    expect(x86.tool(name, bad).errno).toBe(always ? 'EINVAL' : 'EPERM');
    x86.hook();
    expect(x86.tool(name, bad).errno).toBe('EINVAL');
    expect(waiting().tool(name, GOOD[name])).toMatchObject({ ret: 0 });
  });

  it.each(['nonsense', 'get_xsave', 22])('%s: unknown before padding, and the channel stays open', (name) => {
    const x86 = new X86();
    expect(x86.tool(name, { padding: 1 }).errno).toBe('EFAULT');
    x86.run({ type: 'introspection_hook' });
    expect(x86.tool(name, { padding: 1 }).errno).toBe('ENOSYS');
    expect(x86.tool('get_version').ret).toBe(0);
  });

  it.each(names.filter((name) => 'vcpu' in GOOD[name]))(
    '%s: EINVAL for no such vCPU, EAGAIN for one not started',
    (name) => {
      const x86 = new X86({ vcpus: 2 }).hook();
      expect(x86.tool(name, { ...GOOD[name], vcpu: 9 }).errno).toBe('EINVAL');
      x86.run({ type: 'set_mp_state', vcpu: 1, mpState: 'uninitialized' });
      expect(x86.tool(name, { ...GOOD[name], vcpu: 1 }).errno).toBe('EAGAIN');
    },
  );

  it.each(names)('%s takes its operands, and no others', (name) => {
    const parse = (fields: Fields) => command.safeParse({ type: 'introspection_command', command: name, ...fields });
    const { token: _, ...good } = GOOD[name];
    expect(parse(good).success).toBe(true);
    const required = 'required' in KVMI_COMMANDS[name] ? (KVMI_COMMANDS[name].required as readonly string[]) : [];
    for (const field of required) {
      const rest = Object.entries(good).filter(([name]) => name !== field);
      expect(parse(Object.fromEntries(rest)).error?.issues).toMatchObject([{ path: [field], message: 'is required' }]);
    }
    const more = 'gpas' in good ? { cr: 1 } : { gpas: [] };
    expect(parse({ ...good, ...more }).error?.issues[0]?.message).toMatch(/is no operand of/);
  });
});

describe('commands', () => {
  it.each<[row: string, name: KvmiCommand, operands: Fields, expected: string | Fields]>([
    ['version', 'get_version', {}, { protocolVersion: 1, maxMessageSize: 4088 }],
    ['known', 'check_command', { id: 'get_cpuid' }, {}],
    ['unknown', 'check_command', { id: 'nonsense' }, 'ENOENT'],
    ['unknown by number', 'check_command', { id: 8 }, 'ENOENT'],
    ['known', 'check_event', { id: 'pf' }, {}],
    ['unknown', 'check_event', { id: 'create_vcpu' }, 'ENOENT'],
    ['vCPUs', 'get_guest_info', {}, { vcpuCount: 1 }],

    ['enable 2', 'control_vm_events', { event: 'unhook', enable: 2 }, 'EINVAL'],
    ['unknown event', 'control_vm_events', { event: 'nonsense', enable: 1 }, 'EINVAL'],
    ['vCPU event', 'control_vm_events', { event: 'cr', enable: 1 }, 'EINVAL'],
    ['enable 2', 'control_events', { vcpu: 0, event: 'cr', enable: 2 }, 'EINVAL'],
    ['unknown event', 'control_events', { vcpu: 0, event: 3, enable: 1 }, 'EINVAL'],
    ['VM event', 'control_events', { vcpu: 0, event: 'unhook', enable: 1 }, 'EINVAL'],
    ['PAUSE_VCPU cannot be disabled: 0', 'control_events', { vcpu: 0, event: 'pause_vcpu', enable: 0 }, {}],
    ['enable 2', 'control_cleanup', { enable: 2 }, 'EINVAL'],

    ['wait 2', 'pause_vcpu', { vcpu: 0, wait: 2 }, 'EINVAL'],
    ['TSC Hz', 'get_vcpu_info', { vcpu: 0 }, { tscHz: 1_000_000_000n }],

    ['one invalid MSR, all refused', 'get_registers', { vcpu: 0, msrs: [0x174, 0x999] }, 'EINVAL'],
    ['too many MSRs', 'get_registers', { vcpu: 0, msrs: new Array(MSRS_MAX + 1).fill(0x174) }, 'EINVAL'],
    ['not waiting in an event', 'set_registers', { vcpu: 0, registers: { rax: 1 } }, 'EOPNOTSUPP'],
    ['no general register', 'set_registers', { vcpu: 0, registers: { cr3: 1 } }, 'EINVAL'],
    ['no such leaf', 'get_cpuid', { vcpu: 0, function: 0x12345 }, 'ENOENT'],
    ['no such subleaf', 'get_cpuid', { vcpu: 0, function: 7, index: 3 }, 'ENOENT'],
    ['PV features', 'get_cpuid', { vcpu: 0, function: 0x40000001 }, { eax: 0x1007efb, ebx: 0, ecx: 0, edx: 0 }],

    ['size 0', 'read_physical', { gpa: 0x5000, size: 0 }, 'EINVAL'],
    ['crossing a page', 'read_physical', { gpa: 0x5fff, size: 2 }, 'EINVAL'],
    ['no memory', 'read_physical', { gpa: 0x400000, size: 1 }, 'ENOENT'],
    ['a whole page', 'read_physical', { gpa: 0x5000, size: 4096 }, { data: new Uint8Array(4096) }],
    ['size 0', 'write_physical', { gpa: 0x5000, data: '' }, 'EINVAL'],
    ['crossing a page', 'write_physical', { gpa: 0x5fff, data: 'AAAA' }, 'EINVAL'],
    ['size and data differ', 'write_physical', { gpa: 0x5000, size: 2, data: 'AAAA' }, 'EINVAL'],
    ['no memory', 'write_physical', { gpa: 0x400000, data: 'AAAA' }, 'ENOENT'],

    [
      'default rwx',
      'get_page_access',
      { gpas: [0, 0x5000] },
      {
        access: [
          ['r', 'w', 'x'],
          ['r', 'w', 'x'],
        ],
      },
    ],
    ['another view', 'get_page_access', { gpas: [0], view: 1 }, 'EOPNOTSUPP'],
    ['another view', 'set_page_access', { entries: [], view: 1 }, 'EOPNOTSUPP'],
    ['bits above 7', 'set_page_access', { entries: [{ gpa: 0, access: 8 }] }, 'EINVAL'],
    ['W without R', 'set_page_access', { entries: [{ gpa: 0, access: ['w'] }] }, 'EINVAL'],
    ['W and X without R', 'set_page_access', { entries: [{ gpa: 0, access: 6 }] }, 'EINVAL'],
    ['nothing', 'set_page_access', { entries: [] }, {}],

    ...[1, 2, 8].map((cr): [string, KvmiCommand, Fields, string] => [
      `CR${cr}`,
      'control_cr',
      { vcpu: 0, cr, enable: 1 },
      'EINVAL',
    ]),
    ...[0, 3, 4].map((cr): [string, KvmiCommand, Fields, Fields] => [
      `CR${cr}`,
      'control_cr',
      { vcpu: 0, cr, enable: 1 },
      {},
    ]),
    ['enable 2', 'control_cr', { vcpu: 0, cr: 3, enable: 2 }, 'EINVAL'],
    ['0x1fff', 'control_msr', { vcpu: 0, msr: 0x1fff, enable: 1 }, {}],
    ['0x2000', 'control_msr', { vcpu: 0, msr: 0x2000, enable: 1 }, 'EINVAL'],
    ['0xbfffffff', 'control_msr', { vcpu: 0, msr: 0xbfffffff, enable: 1 }, 'EINVAL'],
    ['0xc0000000', 'control_msr', { vcpu: 0, msr: 0xc0000000, enable: 1 }, {}],
    ['0xc0001fff', 'control_msr', { vcpu: 0, msr: 0xc0001fff, enable: 1 }, {}],
    ['0xc0002000', 'control_msr', { vcpu: 0, msr: 0xc0002000, enable: 1 }, 'EINVAL'],
    ['enable 2', 'control_msr', { vcpu: 0, msr: 0, enable: 2 }, 'EINVAL'],
    ['bad vector', 'inject_exception', { vcpu: 0, vector: 32 }, 'EINVAL'],
    ['bad address', 'inject_exception', { vcpu: 0, vector: 14, address: 2n ** 47n }, 'EINVAL'],
    ['good address', 'inject_exception', { vcpu: 0, vector: 14, address: 2n ** 47n - 1n }, {}],
  ])('%s: %s', (_row, name, operands, expected) => {
    const decision = new X86().hook().tool(name, operands);
    if (typeof expected === 'string') expect(decision.errno).toBe(expected);
    else expect(decision).toMatchObject({ ret: 0, reply: expected });
  });

  it.each<[name: KvmiCommand, event: string, operands: Fields]>([
    ['control_vm_events', 'unhook', { event: 'unhook', enable: 1 }],
    ['control_events', 'cr', { vcpu: 0, event: 'cr', enable: 1 }],
    ['pause_vcpu', 'pause_vcpu', { vcpu: 0 }],
    ['inject_exception', 'trap', { vcpu: 0, vector: 6 }],
    ['check_event', 'pf', { id: 'pf' }],
  ])('%s: EPERM if the event %s is disallowed, after EINVAL', (name, event, operands) => {
    const x86 = new X86().hook();
    x86.run({ type: 'introspection_allow', event, allow: 0 });
    expect(x86.tool(name, operands).errno).toBe('EPERM');
    expect(x86.tool(name, { ...operands, padding: 1 }).errno).toBe('EINVAL');
  });

  it('check_command: EPERM if it is disallowed, EINVAL for padding first', () => {
    const x86 = new X86();
    x86.run({ type: 'introspection_hook' });
    expect(x86.tool('check_command', { id: 'get_cpuid' }).errno).toBe('EPERM');
    expect(x86.tool('check_command', { id: 'nonsense', padding: 1 }).errno).toBe('EINVAL');
    expect(x86.tool('check_command', { id: 'check_event' }).ret).toBe(0);
  });

  it('control_events: repeating is fine, and disabling ends it', () => {
    const x86 = new X86().hook('breakpoint', 'breakpoint');
    expect(x86.vcpu().introspection).toEqual({ enabled: ['breakpoint'] });
    x86.tool('control_events', { vcpu: 0, event: 'breakpoint', enable: 0 });
    expect(x86.guest('int3').reply).toMatchObject({ exception: { vector: 3 } });
    expect(x86.vcpu()).not.toHaveProperty('introspection');
  });

  it('pause_vcpu: refused when more than 1001 are pending', () => {
    const x86 = new X86().hook();
    x86.vms.fold('vm', new Array(PAUSES_MAX).fill({ type: 'vcpu_pause_asked', vcpu: 0 }));
    expect(x86.tool('pause_vcpu', { vcpu: 0 }).ret).toBe(0);
    expect(x86.tool('pause_vcpu', { vcpu: 0 }).errno).toBe('EBUSY');
  });

  it('inject_exception: EBUSY while one is pending', () => {
    const x86 = new X86().hook();
    expect(x86.tool('inject_exception', { vcpu: 0, vector: 6 }).ret).toBe(0);
    expect(x86.tool('inject_exception', { vcpu: 0, vector: 6 }).errno).toBe('EBUSY');
  });

  it.each<[what: string, registers: Fields, mode: number]>([
    ['64-bit', LONG_MODE, 8],
    ['32-bit', PROTECTED_MODE, 4],
    ['16-bit', { cs: { l: 0, db: 0 } }, 2],
  ])('get_registers: mode of %s code', (_what, registers, mode) => {
    const x86 = new X86().hook().set({ rbx: 5, ...registers });
    expect(x86.tool('get_registers', { vcpu: 0, msrs: [0x277] }).reply).toMatchObject({
      mode,
      registers: { rbx: 5n },
      msrs: [{ index: 0x277, value: 0x0007040600070406n }],
    });
  });

  it('set_registers: takes effect after the reply, before what the guest was doing goes on', () => {
    const x86 = new X86().hook('hypercall');
    x86.call(34, [], { registers: { rdi: 24, rsi: 0 } });
    expect(x86.tool('set_registers', { vcpu: 0, registers: { rbp: 7, rip: 0x2000, rax: 9 } }).ret).toBe(0);
    expect(x86.vcpu().registers).toMatchObject({ rbp: 0n, rip: 0x1000n });
    x86.reply(1, 'continue');
    expect(x86.vcpu().registers).toMatchObject({ rbp: 7n, rip: 0x2003n, rax: 0n });
  });

  it('set_page_access: what precedes the first bad entry stays applied; the last of duplicates wins; rwx forgets', () => {
    const x86 = new X86().hook();
    const access = (...gpas: number[]) => x86.tool('get_page_access', { gpas }).reply.access;
    const entries = [
      { gpa: 0x5123, access: [] },
      { gpa: 0x6000, access: ['x'] },
      { gpa: 0x7000, access: 9 },
      { gpa: 0x8000, access: [] },
    ];
    expect(x86.tool('set_page_access', { entries }).errno).toBe('EINVAL');
    expect(access(0x5000, 0x6000, 0x7000, 0x8000)).toEqual([[], ['x'], ['r', 'w', 'x'], ['r', 'w', 'x']]);
    x86.tool('set_page_access', {
      entries: [
        { gpa: 0x5000, access: 1 },
        { gpa: 0x5000, access: 5 },
      ],
    });
    expect(access(0x5000)).toEqual([['r', 'x']]);
    x86.tool('set_page_access', {
      entries: [
        { gpa: 0x5000, access: 7 },
        { gpa: 0x6000, access: 7 },
      ],
    });
    expect(x86.vm.introspection).not.toHaveProperty('access');
  });

  it('physical reads and writes see memory, whatever its access, and leave no dirty page', () => {
    const x86 = new X86({ flags: ['log_dirty_pages'] }).hook('pf');
    x86.tool('set_page_access', { entries: [{ gpa: 0x5000, access: [] }] });
    x86.tool('write_physical', { gpa: 0x5ffe, data: 'AQI=' });
    expect(x86.tool('read_physical', { gpa: 0x5ffe, size: 2 }).reply).toEqual({ data: Uint8Array.of(1, 2) });
    expect(x86.run({ type: 'get_dirty_log', slot: 0 }).reply).toMatchObject({ frames: [] });
  });
});

describe('tokens', () => {
  const issue = (x86: X86, byte = 1) =>
    x86.tool('get_map_token', { token: byte.toString(16).padStart(2, '0').repeat(32) });

  it('9 can be outstanding, the 10th is EAGAIN; one that is used or too old frees a slot', () => {
    const x86 = new X86().hook();
    for (let byte = 1; byte <= 9; byte++) expect(issue(x86, byte).ret).toBe(0);
    expect(issue(x86, 10).errno).toBe('EAGAIN');
    x86.vms.time += 3000;
    expect(issue(x86, 10).errno).toBe('EAGAIN');
    x86.vms.time += 1;
    expect(issue(x86, 10).ret).toBe(0);
    expect(x86.vm.introspection?.tokens).toHaveLength(1);
  });

  it('the record has the commitment, and no other trace of the token', () => {
    const x86 = new X86().hook();
    const decision = issue(x86);
    expect(decision).toMatchObject({ reply: {}, events: [{ type: 'map_token_issued', token: '01'.repeat(32) }] });
  });
});

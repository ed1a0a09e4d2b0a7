import { isX86Instruction, X86_INSTRUCTIONS } from '../../../../src/domain/shapes/x86-guest.js';
import type { X86RegisterChanges } from '../../../../src/domain/shapes/x86-registers.js';
import { command } from '../../../../src/domain/vm/command.js';
import { LONG_MODE, PROTECTED_MODE, TABLES, X86 } from '../../support/x86-vms.js';

type Fields = Readonly<Record<string, unknown>>;

const CPL3 = { cs: { l: 1, db: 0, dpl: 3 } } as const;
const GP = { exception: { vector: 13, name: 'general_protection', errorCode: 0 } };
const UD = { exception: { vector: 6, name: 'invalid_opcode' } };

describe('accesses', () => {
  it('a store goes through the page tables, marks them and its pages', () => {
    const x86 = new X86({ flags: ['log_dirty_pages'] }).map(0x20, 0x5007n).map(0x21, 0x7007n);
    expect(x86.guest('store', { gva: 0x20ffe, data: 'AQIDBA==' })).toMatchObject({ ret: 0, reply: {} });
    expect([x86.bytes(0x5ffen, 2), x86.bytes(0x7000n, 2)]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(x86.bytes(TABLES.pt + 0x100n, 1)).toEqual([0x67]);
    const { frames } = x86.run({ type: 'get_dirty_log', slot: 0 }).reply;
    expect(frames).toEqual([5n, 7n, 0x300n, 0x301n, 0x302n, 0x303n]);
  });

  it('a load answers data, and sees an accessed bit that it sets itself', () => {
    const own = TABLES.pt + 8n * 0x304n;
    expect(new X86().guest('load', { gva: own - 8n, size: 1 }).reply).toEqual({ data: Uint8Array.of(0x07) });
    expect(new X86().guest('load', { gva: own, size: 1 }).reply).toEqual({ data: Uint8Array.of(0x27) });
    const entries = Uint8Array.of(0, 0x27, 0x40, 0x30, 0, 0, 0, 0, 0, 0x07);
    expect(new X86().guest('load', { gva: own - 1n, size: 10 }).reply).toEqual({ data: entries });
  });

  it.each<[what: string, entry: bigint, registers: Fields, access: [string, Fields], errorCode: number]>([
    ['not present', 0n, {}, ['load', { size: 1 }], 0],
    ['not present, write', 0n, {}, ['store', { data: 'AQ==' }], 2],
    ['not present, user', 0n, CPL3, ['load', { size: 1 }], 4],
    ['read-only page, write', 0x5005n, {}, ['store', { data: 'AQ==' }], 3],
    ['supervisor page, user', 0x5003n, CPL3, ['load', { size: 1 }], 5],
    ['no execution', (1n << 63n) | 0x5007n, {}, ['fetch', {}], 0x11],
    ['reserved bit', (1n << 50n) | 0x5007n, {}, ['load', { size: 1 }], 9],
  ])('page fault: %s', (_what, entry, registers, [instruction, operands], errorCode) => {
    const x86 = new X86().set({ ...registers, efer: 0xd00 }).map(0x20, entry);
    expect(x86.guest(instruction, { gva: 0x20123, ...operands }).reply).toEqual({
      exception: { vector: 14, name: 'page_fault', errorCode, address: 0x20123n },
    });
    expect(x86.vcpu().registers.cr2).toBe(0x20123n);
  });

  it('nothing is stored if the second page faults', () => {
    const x86 = new X86().map(0x21, 0n);
    expect(x86.guest('store', { gva: 0x20fff, data: 'AQI=' }).reply).toMatchObject({
      exception: { address: 0x21000n },
    });
    expect(x86.bytes(0x20fffn, 1)).toEqual([0]);
  });

  it('an address that is not canonical is a general-protection exception', () => {
    expect(new X86().guest('load', { gva: 1n << 47n, size: 1 }).reply).toEqual(GP);
  });

  it.each<[what: string, x86: () => X86, access: [string, Fields], exit: Fields]>([
    [
      'no slot',
      () => new X86().map(0x20, 0x800007n),
      ['load', { gva: 0x20123, size: 4 }],
      { reason: 'mmio', number: 6, physAddr: 0x800123n, length: 4, isWrite: false },
    ],
    [
      'no slot',
      () => new X86().map(0x20, 0x800007n),
      ['store', { gva: 0x20123, data: 'AQ==' }],
      { reason: 'mmio', isWrite: true },
    ],
    [
      'a read-only slot',
      () => new X86({ flags: ['readonly'] }),
      ['store', { gva: 0x5000, data: 'AQ==' }],
      { reason: 'mmio', physAddr: 0x5000n, isWrite: true },
    ],
    [
      'no slot',
      () => new X86().map(0x20, 0x800007n),
      ['fetch', { gva: 0x20123 }],
      { reason: 'internal_error', number: 17, suberror: 1 },
    ],
  ])('what is no memory is an exit: %s', (_what, x86, [instruction, operands], exit) => {
    expect(x86().guest(instruction, operands).reply).toMatchObject({ exit });
  });

  it('without paging the linear address is the physical one, of 32 bits', () => {
    const x86 = new X86().set(PROTECTED_MODE);
    x86.guest('store', { gva: 0x1_0000_5000n, data: 'AQ==' });
    expect(x86.bytes(0x5000n, 1)).toEqual([1]);
  });
});

describe('MOV to control registers', () => {
  const pae = { cr0: 0x80000011n, cr4: 0x20n, efer: 0n, cs: { l: 0, db: 1 } } as const;
  const longCompatible = { cs: { l: 0, db: 1 } } as const;

  it.each<[row: string, registers: X86RegisterChanges, cr: number, value: bigint, changes: Fields | 'GP' | 'UD']>([
    ['CR1', {}, 1, 0n, 'UD'],
    ['CR1 above CPL 0', CPL3, 1, 0n, 'UD'],
    ['CR9', {}, 9, 0n, 'UD'],
    ['above CPL 0', CPL3, 3, 0n, 'GP'],
    ['CR2', {}, 2, 5n, { cr2: 5n }],
    ['CR8', {}, 8, 15n, {}],
    ['CR8, bit 4', {}, 8, 16n, 'GP'],

    ['CR0: upper half', {}, 0, 0x1_8000_0011n, 'GP'],
    ['CR0: ET is there, unknown bits are dropped', PROTECTED_MODE, 0, 0x41n, { cr0: 0x11n }],
    ['CR0: NW without CD', PROTECTED_MODE, 0, 0x20000011n, 'GP'],
    ['CR0: NW with CD', PROTECTED_MODE, 0, 0x60000011n, { cr0: 0x60000011n }],
    ['CR0: PG without PE', PROTECTED_MODE, 0, 0x80000010n, 'GP'],
    [
      'CR0: paging on with LME enters long mode',
      { ...PROTECTED_MODE, cr4: 0x20n, efer: 0x100n },
      0,
      0x80000011n,
      { cr0: 0x80000011n, efer: 0x500n },
    ],
    ['CR0: paging on with LME, without PAE', { ...PROTECTED_MODE, efer: 0x100n }, 0, 0x80000011n, 'GP'],
    [
      'CR0: paging on with LME, CS.L',
      { ...PROTECTED_MODE, cr4: 0x20n, efer: 0x100n, cs: { l: 1 } },
      0,
      0x80000011n,
      'GP',
    ],
    ['CR0: paging off in 64-bit mode', {}, 0, 0x11n, 'GP'],
    ['CR0: paging off in compatibility mode leaves long mode', longCompatible, 0, 0x11n, { cr0: 0x11n, efer: 0x900n }],
    ['CR0: paging off with PCIDE', { ...longCompatible, cr4: 0x20020n }, 0, 0x11n, 'GP'],
    ['CR0: PAE on, pointers in order', { ...pae, cr0: 0x11n, cr3: 0x5000n }, 0, 0x80000011n, { cr0: 0x80000011n }],
    ['CR0: PAE on, a pointer with a reserved bit', { ...pae, cr0: 0x11n, cr3: 0x6000n }, 0, 0x80000011n, 'GP'],
    ['CR0: PAE on, pointers in no memory', { ...pae, cr0: 0x11n, cr3: 0x800000n }, 0, 0x80000011n, 'GP'],

    ['CR3', {}, 3, 0x7018n, { cr3: 0x7018n }],
    ['CR3: above MAXPHYADDR', {}, 3, 1n << 46n, 'GP'],
    ['CR3: bit 63 without PCIDE', {}, 3, (1n << 63n) | 0x7000n, 'GP'],
    ['CR3: bit 63 with PCIDE is dropped', { cr4: 0x20020n }, 3, (1n << 63n) | 0x7001n, { cr3: 0x7001n }],
    ['CR3: PAE, pointers in order', pae, 3, 0x5000n, { cr3: 0x5000n }],
    ['CR3: PAE, a pointer with a reserved bit', pae, 3, 0x6000n, 'GP'],
    ['CR3: 32 bits outside 64-bit mode', PROTECTED_MODE, 3, 0x9_0000_7000n, { cr3: 0x7000n }],

    ['CR4: unknown bit', {}, 4, 0x8020n, 'GP'],
    ['CR4: VMXE', {}, 4, 0x2020n, 'GP'],
    ['CR4: PAE off in long mode', {}, 4, 0n, 'GP'],
    ['CR4: LA57 changed in long mode', {}, 4, 0x1020n, 'GP'],
    ['CR4: LA57 without long mode', PROTECTED_MODE, 4, 0x1000n, { cr4: 0x1000n }],
    ['CR4: PCIDE', {}, 4, 0x20020n, { cr4: 0x20020n }],
    ['CR4: PCIDE with CR3[11:0]', { cr3: TABLES.pml4 | 8n }, 4, 0x20020n, 'GP'],
    ['CR4: PCIDE outside long mode', PROTECTED_MODE, 4, 0x20000n, 'GP'],
    ['CR4: SMEP under PAE has pointers read', { ...pae, cr3: 0x6000n }, 4, 0x100020n, 'GP'],
    ['CR4: OSXSAVE under PAE does not', { ...pae, cr3: 0x6000n }, 4, 0x40020n, { cr4: 0x40020n }],
  ])('%s', (_row, registers, cr, value, changes) => {
    const x86 = new X86()
      .write(0x5000n, 0x7001n, 0n, 0n, 0n)
      .write(0x6000n, 0x7001n | 4n)
      .force(registers);
    const before = x86.vcpu().registers;
    const { reply } = x86.guest('mov_to_cr', { cr, value });
    expect(reply).toEqual(changes === 'GP' ? GP : changes === 'UD' ? UD : {});
    expect(x86.vcpu().registers).toEqual({ ...before, ...(typeof changes === 'string' ? {} : changes) });
  });
});

describe('MSRs', () => {
  it.each<[row: string, msr: number, value: bigint, good: boolean]>([
    ['SYSENTER_CS', 0x174, 8n, true],
    ['SYSENTER_ESP', 0x175, 0x7fffffffffffn, true],
    ['SYSENTER_ESP, not canonical', 0x175, 1n << 47n, false],
    ['LSTAR, canonical above', 0xc0000082, 0xffff800000000000n, true],
    ['LSTAR, not canonical', 0xc0000082, 0xfffe800000000000n, false],
    ['PAT', 0x277, 0x0706050401000101n, true],
    ['PAT, no such type', 0x277, 0x0206050401000101n, false],
    ['TSC_AUX', 0xc0000103, 0xffffffffn, true],
    ['TSC_AUX, upper half', 0xc0000103, 1n << 32n, false],
    ['EFER: NXE', 0xc0000080, 0xd01n, true],
    ['EFER: LME while paging', 0xc0000080, 0xc00n, false],
    ['EFER: unknown bit', 0xc0000080, 0xd02n, false],
    ['EFER: FFXSR of another vendor', 0xc0000080, 0x4d00n, false],
    ['no such MSR', 0x999, 0n, false],
  ])('%s', (_row, msr, value, good) => {
    const x86 = new X86();
    expect(x86.guest('wrmsr', { msr, value }).reply).toEqual(good ? {} : GP);
    if (good) expect(x86.guest('rdmsr', { msr }).reply).toEqual({ value });
  });

  it('EFER: LMA is the processor’s own, FFXSR is there on AMD', () => {
    const x86 = new X86({ host: { cpuVendor: 'amd' } });
    expect(x86.guest('wrmsr', { msr: 0xc0000080, value: 0x4900 }).reply).toEqual({});
    expect(x86.vcpu().registers.efer).toBe(0x4d00n);
  });

  it.each<[name: string, msr: number, value: bigint]>([
    ['APIC_BASE of the bootstrap processor', 0x1b, 0xfee00900n],
    ['MISC_ENABLE', 0x1a0, 1n],
    ['PAT', 0x277, 0x0007040600070406n],
    ['EFER', 0xc0000080, 0xd00n],
    ['STAR', 0xc0000081, 0n],
  ])('%s before it is written', (_name, msr, value) => {
    expect(new X86().guest('rdmsr', { msr }).reply).toEqual({ value });
  });

  it('neither reads nor writes above CPL 0', () => {
    const x86 = new X86().set(CPL3);
    expect([x86.guest('rdmsr', { msr: 0x174 }).reply, x86.guest('wrmsr', { msr: 0x174, value: 1 }).reply]).toEqual([
      GP,
      GP,
    ]);
  });

  it('Hyper-V’s are there once it is enabled', () => {
    const x86 = new X86();
    expect(x86.guest('rdmsr', { msr: 0x40000000 }).reply).toEqual(GP);
    x86.run({ type: 'enable_cap', cap: 'hyperv' });
    expect(x86.guest('rdmsr', { msr: 0x40000000 }).reply).toEqual({ value: 0n });
  });
});

describe('XSETBV', () => {
  const on = { cr4: 0x40020 };

  it.each<[row: string, registers: Fields, xcr: number, value: bigint, reply: Fields]>([
    ['without OSXSAVE', {}, 0, 1n, UD],
    ['above CPL 0', { ...on, ...CPL3 }, 0, 1n, GP],
    ['another XCR', on, 1, 1n, GP],
    ['without x87', on, 0, 2n, GP],
    ['SSE', on, 0, 3n, {}],
    ['AVX without SSE', on, 0, 5n, GP],
    ['AVX', on, 0, 7n, {}],
    ['a part of AVX-512', on, 0, 0x27n, GP],
    ['AVX-512 without AVX', on, 0, 0xe3n, GP],
    ['AVX-512', on, 0, 0xe7n, {}],
    ['unknown bit', on, 0, 0x203n, GP],
  ])('%s', (_row, registers, xcr, value, reply) => {
    const x86 = new X86().set(registers);
    expect(x86.guest('xsetbv', { xcr, value }).reply).toEqual(reply);
    expect(x86.vcpu().xcr0).toBe(Object.keys(reply).length === 0 ? value : undefined);
  });
});

describe('others', () => {
  it('INT3 is exception 3', () => {
    expect(new X86().guest('int3').reply).toEqual({ exception: { vector: 3, name: 'breakpoint' } });
  });

  it('INT3 at an address that is not mapped is told with all ones', () => {
    const x86 = new X86().hook('breakpoint').map(1, 0n);
    x86.guest('int3');
    expect(x86.vcpu().waiting?.details).toEqual({ gpa: 2n ** 64n - 1n, length: 1 });
  });

  it('HLT: general protection above CPL 0; what comes next wakes it', () => {
    const x86 = new X86();
    expect(x86.set(CPL3).guest('hlt').reply).toEqual(GP);
    expect(x86.set(LONG_MODE).guest('hlt').reply).toEqual({});
    expect(x86.vcpu().mpState).toBe('halted');
    x86.guest('load', { gva: 0, size: 1 });
    expect(x86.vcpu().mpState).toBe('runnable');
  });

  it.each<[instruction: string, privileged: boolean, descriptor: string, write: number]>([
    ['lidt', true, 'idtr', 1],
    ['sidt', false, 'idtr', 0],
    ['lgdt', true, 'gdtr', 1],
    ['sgdt', false, 'gdtr', 0],
    ['lldt', true, 'ldtr', 1],
    ['sldt', false, 'ldtr', 0],
    ['ltr', true, 'tr', 1],
    ['str', false, 'tr', 0],
  ])('%s', (instruction, privileged, descriptor, write) => {
    expect(new X86().set(CPL3).guest(instruction).reply).toEqual(privileged ? GP : {});
    expect(new X86().guest(instruction).reply).toEqual({});
    const x86 = new X86().hook('descriptor');
    x86.guest(instruction);
    expect(x86.vcpu().waiting?.details).toEqual({ descriptor, write });
  });

  it.each<[row: string, vcpu: number, instruction: string, errno: string]>([
    ['no such vCPU', 9, 'nonsense', 'ENOENT'],
    ['not started', 1, 'nonsense', 'EAGAIN'],
    ['unknown instruction', 0, 'nonsense', 'EOPNOTSUPP'],
    ['instruction of another architecture', 0, 'essa', 'EOPNOTSUPP'],
  ])('%s', (_row, vcpu, instruction, errno) => {
    const x86 = new X86({ vcpus: 2 });
    x86.run({ type: 'set_mp_state', vcpu: 1, mpState: 'uninitialized' });
    expect(x86.guest(instruction, {}, vcpu).errno).toBe(errno);
  });

  const OPERANDS: Fields = { gva: 0, size: 1, data: 'AQ==', cr: 0, msr: 0, xcr: 0, value: 0 };

  it.each(Object.entries(X86_INSTRUCTIONS))(
    '%s takes %j, and nothing else',
    (instruction, operands: readonly string[]) => {
      expect(isX86Instruction(instruction)).toBe(true);
      const parse = (fields: Fields) => command.safeParse({ type: 'x86_guest', vcpu: 0, instruction, ...fields });
      const good = Object.fromEntries(operands.map((name) => [name, OPERANDS[name]]));
      expect(parse(good).success).toBe(true);
      for (const name of Object.keys(OPERANDS)) {
        const { [name]: _, ...rest } = good;
        const other = operands.includes(name) ? rest : { ...good, [name]: OPERANDS[name] };
        expect(parse(other).error?.issues).toMatchObject([{ path: [name] }]);
      }
    },
  );
});

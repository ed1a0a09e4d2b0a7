import { asAbsolute } from '../../../../src/domain/memory/address.js';
import { type Command, command } from '../../../../src/domain/vm/command.js';
import { done, refused } from '../../../../src/domain/vm/decision.js';
import { decide } from '../../../../src/domain/vm/decide.js';
import type { S390xVm } from '../../../../src/domain/vm/state.js';
import type { RecordedCommand } from '../../../../src/domain/audit/reexecute.js';
import { recordOf, short, told, toldBy, without } from '../../support/accesses.js';
import { Ledger } from '../../support/ledger.js';
import { identityVm } from '../../support/s390x-tables.js';
import { buildVm, psw, setKey } from '../../support/s390x-vm.js';
import { X86, X86Vms } from '../../support/x86-vms.js';

type Fields = Readonly<Record<string, unknown>>;

const on = (vm: S390xVm, input: Fields) => {
  const given = command.parse(input);
  return told(given, decide(vm, given));
};

const bytes = (size: number): string => Buffer.alloc(size, 7).toString('base64');

const mode = (op: string, gaddr: string, size: number, more: Fields = {}): Fields => ({
  type: 's390_mem_op',
  op,
  gaddr,
  size,
  ...(op.includes('read') ? {} : { data: bytes(size) }),
  ...more,
});

const guest = (instruction: string, gaddr: string, more: Fields = {}): Fields => ({
  type: 's390_guest',
  vcpu: 0,
  instruction,
  gaddr,
  ...more,
});

/** Prefix at 0x8000, no translation. */
const prefixed = (): S390xVm => buildVm({ registers: { prefix: 0x8000 } });

/** Frame 2 has key 1, and frame 3 one that key 1 does not match. */
function locked(): S390xVm {
  const vm = buildVm();
  setKey(vm, 0x2000n, 0x10);
  setKey(vm, 0x3000n, 0x28);
  return vm;
}

describe('what a record says of memory, by type of command: s390x', () => {
  it.each<[what: string, vm: S390xVm, input: Fields, accesses: readonly object[]]>([
    [
      'write_memory',
      buildVm(),
      { type: 'write_memory', extents: [{ gpa: '0x1ff0', size: 32 }], data: bytes(32) },
      [{ kind: 'write', came: 0, given: 'absolute 0x1ff0+32', at: '0x1ff0+32' }],
    ],
    [
      'write_memory, several at once',
      buildVm(),
      {
        type: 'write_memory',
        extents: [
          { gpa: '0x1000', size: 4 },
          { gpa: '0x1004', size: 4 },
        ],
        data: bytes(8),
      },
      [
        { kind: 'write', item: 0, came: 0, given: 'absolute 0x1000+4', at: '0x1000+4' },
        { kind: 'write', item: 1, came: 0, given: 'absolute 0x1004+4', at: '0x1004+4' },
      ],
    ],
    [
      'write_memory, where nothing is',
      buildVm(),
      { type: 'write_memory', extents: [{ gpa: '0x7fffff8', size: 16 }], data: bytes(16) },
      [{ kind: 'write', came: 'EFAULT', given: 'absolute 0x7fffff8+16', at: '' }],
    ],
    [
      'read_memory',
      buildVm(),
      { type: 'read_memory', gpa: '0x1000', size: 16 },
      [{ kind: 'read', came: 0, given: 'absolute 0x1000+16', at: '0x1000+16' }],
    ],
    [
      'absolute_read',
      buildVm(),
      mode('absolute_read', '0x1000', 16),
      [{ kind: 'read', came: 0, given: 'absolute 0x1000+16', at: '0x1000+16' }],
    ],
    [
      'absolute_read that a key ends on the second page',
      locked(),
      mode('absolute_read', '0x2ff0', 32, { flags: ['skey_protection'], key: 1 }),
      [{ kind: 'read', came: 4, given: 'absolute 0x2ff0+32', at: '0x2ff0+16' }],
    ],
    [
      'absolute_write that a key ends on the second page',
      locked(),
      mode('absolute_write', '0x2ff0', 32, { flags: ['skey_protection'], key: 1 }),
      [{ kind: 'write', came: 4, given: 'absolute 0x2ff0+32', at: '0x2ff0+16' }],
    ],
    [
      'absolute_write that a key stops at once',
      locked(),
      mode('absolute_write', '0x3000', 32, { flags: ['skey_protection'], key: 1 }),
      [{ kind: 'write', came: 4, given: 'absolute 0x3000+32', at: '' }],
    ],
    [
      'a check',
      buildVm(),
      mode('absolute_read', '0x1000', 16, { flags: ['check_only'] }),
      [{ kind: 'check', came: 0, given: 'absolute 0x1000+16', at: '' }],
    ],
    [
      'absolute_cmpxchg that exchanges',
      buildVm(),
      mode('absolute_cmpxchg', '0x1000', 8, { oldData: Buffer.alloc(8).toString('base64') }),
      [{ kind: 'cmpxchg', came: 0, given: 'absolute 0x1000+8', at: '0x1000+8' }],
    ],
    [
      'absolute_cmpxchg that finds something else',
      buildVm(),
      mode('absolute_cmpxchg', '0x1000', 8, { oldData: bytes(8) }),
      [{ kind: 'cmpxchg', came: 0, given: 'absolute 0x1000+8', at: '0x1000+8' }],
    ],
    [
      'logical_read, through prefixing',
      prefixed(),
      mode('logical_read', '0x1ff8', 16, { vcpu: 0 }),
      [{ kind: 'read', came: 0, given: 'logical 0x1ff8+16', at: '0x9ff8+8 0x2000+8' }],
    ],
    [
      'logical_write, through page tables',
      identityVm(),
      mode('logical_write', '0x200010', 8, { vcpu: 0 }),
      [{ kind: 'write', came: 0, given: 'logical 0x200010+8', at: '0x200010+8' }],
    ],
    [
      'logical_write that is not mapped',
      identityVm(),
      mode('logical_write', '0xfff00010', 8, { vcpu: 0 }),
      [expect.objectContaining({ kind: 'write', given: 'logical 0xfff00010+8', at: '' })],
    ],
    ['sida_read, which is no guest memory', buildVm(), { ...mode('sida_read', '0x0', 8), vcpu: 0 }, []],
    ['an operation that nothing is known of', buildVm(), mode('read', '0x0', 8, { op: 99 }), []],
    [
      's390_get_skeys while keys are not in use',
      buildVm(),
      { type: 's390_get_skeys', startGfn: 2, count: 3 },
      [{ kind: 'key_read', came: 1, given: 'absolute 0x2000+12288', at: '' }],
    ],
    [
      's390_get_skeys',
      buildVm({ events: [{ type: 'skeys_enabled' }] }),
      { type: 's390_get_skeys', startGfn: 2, count: 3 },
      [{ kind: 'key_read', came: 0, given: 'absolute 0x2000+12288', at: '0x2000+12288' }],
    ],
    [
      's390_set_skeys over the end of memory',
      buildVm(),
      { type: 's390_set_skeys', startGfn: 1022, count: 3, data: Buffer.alloc(3, 0x10).toString('base64') },
      [{ kind: 'key_write', came: 'EFAULT', given: 'absolute 0x3fe000+12288', at: '0x3fe000+8192' }],
    ],
    [
      's390_keyop iske',
      buildVm(),
      { type: 's390_keyop', op: 'iske', gaddr: '0x3123' },
      [{ kind: 'key_read', came: 0, given: 'absolute 0x3123+1', at: '0x3000+4096' }],
    ],
    [
      's390_keyop sske',
      buildVm(),
      { type: 's390_keyop', op: 'sske', gaddr: '0x3123', key: 0x30 },
      [{ kind: 'key_write', came: 0, given: 'absolute 0x3123+1', at: '0x3000+4096' }],
    ],
    [
      's390_keyop sske of the key that is there',
      locked(),
      { type: 's390_keyop', op: 'sske', gaddr: '0x3123', key: 0x28 },
      [{ kind: 'key_write', came: 0, given: 'absolute 0x3123+1', at: '0x3000+4096' }],
    ],
    [
      's390_get_cmma_bits, which says where it began',
      buildVm({ events: [{ type: 'cmma_enabled' }, { type: 'cmm_used' }] }),
      { type: 's390_get_cmma_bits', startGfn: 2, count: 3, flags: ['peek'] },
      [{ kind: 'cmma_read', came: 0, given: 'absolute 0x2000+12288', at: '0x2000+12288' }],
    ],
    [
      's390_set_cmma_bits',
      buildVm({ events: [{ type: 'cmma_enabled' }] }),
      { type: 's390_set_cmma_bits', startGfn: 2, count: 2, mask: '0xffffffffffffffff', data: 'AgI=' },
      [{ kind: 'cmma_write', came: 0, given: 'absolute 0x2000+8192', at: '0x2000+8192' }],
    ],
    [
      'a load of the guest’s',
      prefixed(),
      guest('load', '0x10', { size: 8 }),
      [{ kind: 'read', came: 0, given: 'logical 0x10+8', at: '0x8010+8' }],
    ],
    [
      'a store of the guest’s',
      identityVm(),
      guest('store', '0x200000', { data: bytes(4) }),
      [{ kind: 'write', came: 0, given: 'logical 0x200000+4', at: '0x200000+4' }],
    ],
    [
      'SSKE',
      prefixed(),
      guest('sske', '0x10', { key: 0x30 }),
      [{ kind: 'key_write', came: 0, given: 'real 0x10+4096', at: '0x8000+4096' }],
    ],
    [
      'ISKE, whose frame no fact tells',
      prefixed(),
      guest('iske', '0x10'),
      [{ kind: 'key_read', came: 0, given: 'real 0x10+4096', at: '' }],
    ],
    [
      'TPROT',
      identityVm(),
      guest('tprot', '0x200000', { key: 0 }),
      [{ kind: 'check', came: 0, given: 'logical 0x200000+1', at: '' }],
    ],
    [
      'PFMF that clears a segment and sets its keys',
      buildVm({ facilities: [8, 78] }),
      guest('pfmf', '0x1fe000', { r1: '0x31020' }),
      [
        { kind: 'clear', came: 0, given: 'real 0x1fe000+4096', at: '0x1fe000+8192' },
        { kind: 'key_write', came: 0, given: 'real 0x1fe000+4096', at: '0x1fe000+8192' },
      ],
    ],
    ['PFMF that does nothing', buildVm({ facilities: [8] }), guest('pfmf', '0x1000', { r1: '0x0' }), []],
    ['a translation', identityVm(), { type: 'translate', vcpu: 0, gaddr: '0x200010' }, []],
    [
      'an image that is unpacked',
      buildVm(),
      { type: 's390_pv_command', command: 'unpack', addr: '0x3000', size: '0x2000', tweak: 0 },
      [expect.objectContaining({ kind: 'unpack', given: 'absolute 0x3000+8192', at: '' })],
    ],
    ['a command that names no memory', buildVm(), { type: 'get_dirty_log', slot: 0 }, []],
  ])('%s', (_what, vm, input, accesses) => {
    expect(on(vm, input).map(short)).toEqual(accesses);
  });

  it('an explained translation read the entries that it answers', () => {
    const [walk] = on(identityVm(), { type: 'translate', vcpu: 0, gaddr: '0x200010', explain: true });
    expect(walk).toMatchObject({ kind: 'walk', vcpu: 0, given: { space: 'logical', address: 0x200010n } });
    expect(walk?.resolved.length).toBeGreaterThan(2);
    for (const { size } of walk?.resolved ?? []) expect(size).toBe(8);
  });

  it('what the machine stores by itself has no address that was given', () => {
    const vm = buildVm({ registers: { prefix: 0x8000, psw: psw() } });
    const accesses = on(vm, { type: 'store_status', vcpu: 0, addr: '0xffffffffffffffff' });
    expect(accesses.length).toBeGreaterThan(0);
    for (const access of accesses) expect([access.kind, access.given]).toEqual(['write', undefined]);
  });

  it('an image that was unpacked is where its pages are', () => {
    const given = command.parse({
      type: 's390_pv_command',
      command: 'unpack',
      addr: '0x3000',
      size: '0x2000',
      tweak: 0,
    });
    const unpacked = { type: 'image_unpacked', absolute: asAbsolute(0x3000n), pages: 2 } as const;
    expect(told(given, done([unpacked])).map(short)).toEqual([
      { kind: 'unpack', came: 0, given: 'absolute 0x3000+8192', at: '0x3000+8192' },
    ]);
  });

  it('what was stored is told apart from what was only reached', () => {
    const exchanged = mode('absolute_cmpxchg', '0x1000', 8, { oldData: Buffer.alloc(8).toString('base64') });
    expect(on(buildVm(), exchanged)[0]?.stored).toEqual([{ absolute: 0x1000n, size: 8 }]);
    expect(on(buildVm(), { ...exchanged, oldData: bytes(8) })[0]?.stored).toEqual([]);
    expect(on(buildVm(), mode('absolute_read', '0x1000', 8))[0]?.stored).toEqual([]);
  });

  it.each<[what: string, input: Fields, roles: readonly string[]]>([
    ['a read: what was answered', mode('absolute_read', '0x1000', 8), ['outcome.data']],
    ['a write: what was given', mode('absolute_write', '0x1000', 8), ['command.data']],
    ['the keys of a page, short as they are', { type: 's390_keyop', op: 'iske', gaddr: 0 }, []],
    [
      'one item of a batch: the batch',
      { type: 's390_mem_op_batch', ops: [mode('absolute_write', '0x0', 1)].map(({ type: _, ...op }) => op) },
      ['command.ops'],
    ],
  ])('names the commitment to the data of %s', (_what, input, roles) => {
    expect(on(buildVm(), input).map(({ data }) => data.map(({ role }) => role))).toEqual([roles]);
  });

  it('the past is told to be the past', () => {
    const given = command.parse({ type: 'read_memory', gpa: 0, size: 1, asOf: 3 });
    expect(told(given, done([], { data: new Uint8Array(1) }))).toMatchObject([{ kind: 'read', asOf: 3 }]);
  });

  it('of a walk whose answer was erased, what was asked for is left, and that there may be more', () => {
    const given = command.parse({ type: 'translate', vcpu: 0, gaddr: '0x200010', explain: true });
    const record = recordOf(given, decide(identityVm(), given));
    expect(toldBy(record).map(short)).toMatchObject([{ kind: 'walk', at: expect.stringContaining('+8') as string }]);
    expect(toldBy(without(record, 'outcome.walk')).map(short)).toEqual([
      { kind: 'walk', came: 0, given: 'logical 0x200010+1', at: '' },
      { kind: 'erased', came: 0, at: '' },
    ]);
  });

  it('of a command that can name no memory nothing is told, whatever of it was erased', () => {
    const record = recordOf(command.parse({ type: 'destroy_vm' }), done([], { resumed: [] }));
    expect(record.bulk.has('outcome.resumed')).toBe(true);
    expect(toldBy(without(record, 'outcome.resumed'))).toEqual([]);
  });

  it('of a batch whose requests were erased, what it did is left, and that there may be more', () => {
    const ledger = new Ledger();
    for (const input of [
      { type: 'create_vm', arch: 's390x' },
      { type: 'set_user_memory_region', slot: 0, guestPhysAddr: 0, size: '0x10000' },
      {
        type: 's390_mem_op_batch',
        ops: [mode('absolute_write', '0x1000', 8), mode('absolute_read', '0x2000', 8)].map(({ type: _, ...op }) => op),
      },
    ])
      ledger.submit(command.parse(input));
    const record = ledger.records.at(-1) as RecordedCommand;
    expect(toldBy(record).map(short)).toEqual([
      { kind: 'write', item: 0, came: 0, given: 'absolute 0x1000+8', at: '0x1000+8' },
      { kind: 'read', item: 1, came: 0, given: 'absolute 0x2000+8', at: '0x2000+8' },
    ]);
    expect(toldBy(without(record, 'command.ops')).map(short)).toEqual([
      { kind: 'write', came: 0, at: '0x1000+8' },
      { kind: 'read', came: 0, at: '0x2000+8' },
      { kind: 'erased', came: 0, at: '' },
    ]);
  });
});

describe('what a record says of memory, by type of command: x86_64', () => {
  const x86 = (input: Fields, vm = new X86({}, 'x', new X86Vms())) => {
    const given: Command = command.parse(input);
    return told(given, decide(vm.vm, given)).map(short);
  };
  const guestOf = (instruction: string, gva: string, more: Fields = {}): Fields => ({
    type: 'x86_guest',
    vcpu: 0,
    instruction,
    gva,
    ...more,
  });
  const marked = { kind: 'write', came: 0, at: '0x300000+8 0x301000+8 0x302000+8 0x303028+8' };

  it.each<[what: string, input: Fields, accesses: readonly object[]]>([
    [
      'a load: the entries that the walk marked, and what was loaded',
      guestOf('load', '0x5010', { size: 4 }),
      [marked, { kind: 'read', came: 0, given: 'linear 0x5010+4', at: '0x5010+4' }],
    ],
    [
      'a store',
      guestOf('store', '0x5010', { data: bytes(4) }),
      [marked, { kind: 'write', came: 0, given: 'linear 0x5010+4', at: '0x5010+4' }],
    ],
    [
      'a fetch',
      guestOf('fetch', '0x5010'),
      [marked, { kind: 'fetch', came: 0, given: 'linear 0x5010+1', at: '0x5010+1' }],
    ],
    [
      'a store that faults',
      guestOf('store', '0x500010', { data: bytes(8) }),
      [{ kind: 'write', came: 0, given: 'linear 0x500010+8', at: '' }],
    ],
    [
      'KVM_TRANSLATE2, explained',
      { type: 'translate2', vcpu: 0, linearAddress: '0x5010', explain: true },
      [{ kind: 'walk', came: 0, given: 'linear 0x5010+1', at: '0x300000+8 0x301000+8 0x302000+8 0x303028+8' }],
    ],
    ['KVM_TRANSLATE2', { type: 'translate2', vcpu: 0, linearAddress: '0x5010' }, []],
    [
      'KVM_TRANSLATE2 that sets bits',
      { type: 'translate2', vcpu: 0, linearAddress: '0x5010', flags: ['set_accessed'] },
      [marked],
    ],
    [
      'a batch of translations, explained',
      { type: 'translate2_batch', vcpu: 0, explain: true, ops: [{ linearAddress: '0x5010' }, { linearAddress: 1 }] },
      [
        expect.objectContaining({ kind: 'walk', item: 0 }),
        { kind: 'walk', item: 1, came: 0, given: 'linear 0x1+1', at: '0x300000+8 0x301000+8 0x302000+8 0x303000+8' },
      ],
    ],
    ['mappings, which are no content', { type: 'read_mappings', vcpu: 0 }, []],
  ])('%s', (_what, input, accesses) => {
    expect(x86(input)).toEqual(accesses);
  });

  it('a store that faults on its second page did not store where its walk marked entries', () => {
    const vm = new X86({}, 'x', new X86Vms()).map(6, 0n);
    const accesses = x86(guestOf('store', '0x5ffc', { data: bytes(8) }), vm);
    expect(accesses.at(-1)).toEqual({ kind: 'write', came: 0, given: 'linear 0x5ffc+8', at: '' });
    expect(accesses.slice(0, -1).every((access) => !('given' in access))).toBe(true);
  });

  it('entries of 32-bit paging have 4 bytes', () => {
    const vm = new X86({}, 'x', new X86Vms());
    vm.write(0x10000n, 0x0000_0000_0001_1007n).write(0x11000n, 0x0000_5007_0000_4007n);
    vm.set({ cr3: 0x10000, cr0: 0x80000011, cr4: 0, efer: 0, cs: { l: 0, db: 1, dpl: 0 } });
    const [walk] = x86({ type: 'translate2', vcpu: 0, linearAddress: '0x1010', explain: true }, vm);
    expect(walk).toMatchObject({ at: '0x10000+4 0x11004+4' });
  });

  it.each(['read_physical', 'write_physical'])('a tool’s %s', (name) => {
    const vm = new X86({}, 'x', new X86Vms()).hook();
    const data = name === 'read_physical' ? { size: 4 } : { data: bytes(4) };
    const kind = name.split('_')[0];
    const call = (gpa: string) => x86({ type: 'introspection_command', command: name, gpa, ...data }, vm);
    expect(call('0x5010')).toEqual([{ kind, came: 0, given: 'absolute 0x5010+4', at: '0x5010+4' }]);
    expect(call('0x7fff0000')).toEqual([{ kind, came: 'ENOENT', given: 'absolute 0x7fff0000+4', at: '' }]);
  });

  it('what was held is told by the record that carries it out', () => {
    const vm = new X86({}, 'x', new X86Vms()).hook('pf');
    vm.tool('set_page_access', { entries: [{ gpa: 0x5000, access: ['r'] }] });
    const held = command.parse(guestOf('store', '0x5010', { data: bytes(8) }));
    expect(told(held, vm.vms.run('x', { ...guestOf('store', '0x5010', { data: bytes(8) }) })).map(short)).toEqual([
      marked,
      { kind: 'write', came: 0, given: 'linear 0x5010+8', at: '' },
    ]);
    const reply = command.parse({ type: 'introspection_reply', seq: 1, action: 'continue' });
    const stored = told(reply, vm.reply(1, 'continue')).map(short);
    expect(stored.at(-1)).toEqual({ kind: 'write', came: 0, at: '0x5010+8' });
  });

  it('a page that came to be another VM’s, and one that is of zeros again', () => {
    const [target, tool] = ((vms) => [new X86({}, 'T', vms).hook(), new X86({}, 'I', vms)] as const)(new X86Vms());
    tool.put(0x100000n, target.token(1));
    const call = (nr: number, args: readonly number[]) =>
      told(command.parse({ type: 'x86_hypercall', vcpu: 0, nr, args }), tool.call(nr, args), 'I');
    expect(call(32, [0x100000, 0x5000, 0x9000]).filter(({ replaced }) => replaced)).toMatchObject([
      { kind: 'replace', replaced: { page: 9 } },
    ]);
    expect(call(33, [0x9000]).filter(({ replaced }) => replaced)).toMatchObject([
      { kind: 'replace', replaced: { page: 9 } },
    ]);
  });
});

describe('refusals', () => {
  it('are accesses that reached nothing, with their errno', () => {
    const given = command.parse(mode('absolute_read', '0x1000', 8));
    expect(told(given, refused('ENOMEM')).map(short)).toEqual([
      { kind: 'read', came: 'ENOMEM', given: 'absolute 0x1000+8', at: '' },
    ]);
  });
});

import fc from 'fast-check';
import { RULES } from '../../../src/domain/vm/rules.js';
import { type Command, command } from '../../../src/domain/vm/command.js';
import { vcpuCommand } from './arbitrary-vcpu-command.js';
import { arbitraryAttributeCommand } from './attribute-commands.js';

const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);

/** Addresses near the borders of the memory that the other commands make, and far from it. */
const address = fc
  .tuple(
    oneOf(0n, 0x1000n, 0x2000n, 0x5000n, 0xfffffn, 0x100000n, 0x1ff000n, 0x200000n, 1n << 31n, (1n << 64n) - 4096n),
    fc.integer({ min: 0, max: 4200 }),
  )
  .map(([base, offset]) => hex((base + BigInt(offset)) & ((1n << 64n) - 1n)));

const size = oneOf(0, 1, 2, 3, 4, 8, 16, 17, 511, 4096, 4097, 9000, 65536, 65537);
const slot = oneOf(0, 1, 2, 32765, 32766, 65536);
const vcpu = oneOf(0, 1, 2);
const flags = oneOf<unknown>(
  [],
  ['check_only'],
  ['inject_exception'],
  ['skey_protection'],
  ['skey_protection', 'inject_exception'],
  7,
  8,
);

const access = fc
  .record({
    op: oneOf<unknown>(0, 1, 2, 3, 4, 5, 6, 7, 'logical_read', 'logical_write', 'absolute_write'),
    gaddr: address,
    size,
    flags,
    ar: oneOf(0, 1, 15, 16),
    key: oneOf(0, 1, 9, 15, 16),
  })
  .chain((op) =>
    fc
      .record({ hasData: fc.boolean(), hasOld: fc.boolean(), fill: fc.integer({ min: 0, max: 255 }) })
      .map(({ hasData, hasOld, fill }) => {
        const bytes = Buffer.alloc(op.size, fill).toString('base64');
        return { ...op, ...(hasData && { data: bytes }), ...(hasOld && { oldData: bytes }) };
      }),
  );

const asce = oneOf('0x0', '0x3', '0x100003', '0x100007', '0x10000b', '0x10000f', '0x120', '0x20', '0x100103');
const pswMask = oneOf(
  '0x0',
  '0x180000000',
  '0x400000180000000',
  '0x400400180000000',
  '0x400800180000000',
  '0x400c00180000000',
  '0x400000080000000',
);
const registers = fc.record(
  {
    psw: fc.record({ mask: pswMask, addr: address }),
    prefix: oneOf(0, 0x2000, 0x4000, 0xfff),
    crs: fc.record(
      { '0': oneOf('0x0', '0x10000000', '0x13900000', '0x800000'), '1': asce, '7': asce, '13': asce },
      { requiredKeys: [] },
    ),
    acrs: fc.record({ '1': oneOf(0, 1, 2, 0x1000002) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

/** Entries of every level, so that random tables sometimes lead somewhere. */
const entry = oneOf(
  '0000000000100000',
  '000000000010000f',
  '000000000010400b',
  '0000000000108007',
  '000000000010c000',
  '0000000000000400',
  '0000000000000020',
  '0000000000001200',
  '0000000000003000',
  '0000000000200400',
);

const writeMemory = fc
  .tuple(
    oneOf('0x0', '0x1000', '0x100000', '0x104000', '0x108000', '0x10c000', '0x200000'),
    fc.array(entry, { minLength: 1, maxLength: 4 }),
  )
  .map(([gpa, entries]) => ({
    type: 'write_memory',
    extents: [{ gpa, size: 8 * entries.length }],
    data: Buffer.from(entries.join(''), 'hex').toString('base64'),
  }));

const attribute = oneOf<[string | number, string | number, object]>(
  ['mem_ctrl', 'enable_cmma', {}],
  ['mem_ctrl', 'clr_cmma', {}],
  ['mem_ctrl', 'limit_size', { value: '0x80000000' }],
  ['mem_ctrl', 'limit_size', { value: '0x100000' }],
  ['mem_ctrl', 'limit_size', {}],
  ['migration', 'start', {}],
  ['migration', 'stop', {}],
  ['migration', 'status', {}],
  [0, 9, {}],
  [9, 0, {}],
);

const gfn = oneOf<unknown>(0, 1, 255, 256, 511, 512, 767, 768, hex(1n << 52n), hex((1n << 64n) - 1n));
const pages = oneOf<unknown>(0, 1, 2, 17, 300, 1048576, 1048577);
const bytesOf = (count: unknown, fill: number) => Buffer.alloc(Math.min(Number(count), 300), fill).toString('base64');
const fill = oneOf(0x00, 0x01, 0x02, 0x40, 0x43, 0x36, 0xf8);

const marks = fc.oneof(
  fc.record({ type: fc.constant('s390_get_skeys'), startGfn: gfn, count: pages, flags: oneOf(0, 0, 1) }),
  fc.record({
    type: fc.constant('s390_get_cmma_bits'),
    startGfn: gfn,
    count: pages,
    flags: oneOf<unknown>([], [], ['peek'], 2),
  }),
  fc
    .record({ cmma: fc.boolean(), startGfn: gfn, count: pages, flags: oneOf(0, 0, 0, 2), fill, has: fc.boolean() })
    .map(({ cmma, fill: byte, has, ...rest }) => ({
      type: cmma ? 's390_set_cmma_bits' : 's390_set_skeys',
      ...rest,
      ...(cmma && { mask: byte === 0x40 ? '0x40000000' : hex((1n << 64n) - 1n) }),
      ...(has && { data: bytesOf(rest.count, byte) }),
    })),
  fc.record({ type: fc.constant('s390_keyop'), op: oneOf(0, 1, 2, 3), gaddr: address, key: fill }),
);

const instruction = fc.oneof(
  fc.record({ instruction: fc.constant('essa'), gaddr: address, orc: fc.integer({ min: 0, max: 8 }) }),
  fc.record({ instruction: oneOf('iske', 'rrbe', 'sske'), gaddr: address, key: fill }),
  fc.record({ instruction: fc.constant('sske'), gaddr: address, key: fill, m3: fc.integer({ min: 0, max: 15 }) }),
  fc.record({
    instruction: fc.constant('pfmf'),
    gaddr: address,
    r1: oneOf('0x20070', '0x10000', '0x31670', '0x32070', '0x1', '0x21030'),
  }),
  fc.record({ instruction: fc.constant('tprot'), gaddr: address, key: oneOf(0, 3, 9) }),
  fc.record({ instruction: fc.constant('spx'), prefix: oneOf(0, 0x2000, 0x80000000, 0x40000000) }),
  fc.record({ instruction: fc.constant('store'), gaddr: address, data: oneOf('AQID', bytesOf(300, 7)) }),
  fc.record({ instruction: fc.constant('load'), gaddr: address, size: oneOf(1, 300, 9000) }),
  fc.record({ instruction: fc.constant('diag') }),
);

const region = fc.record({
  type: fc.constant('set_user_memory_region'),
  slot,
  guestPhysAddr: oneOf('0x0', '0x100000', '0x200000', '0x800', '0x80000000'),
  size: oneOf('0x0', '0x1000', '0x100000', '0x200000', '0x400000'),
  flags: oneOf<unknown>([], ['log_dirty_pages'], ['readonly'], 4),
});

const refusing = oneOf<object>(
  {},
  {},
  {},
  { ultravisor: { refuse: { rc: 0x102, rrc: 3 } } },
  { host: { fatalSignal: true } },
  { host: { unwritable: ['data', 'buffer'] } },
);

/** Commands of protected virtualization; those that begin and end it are the most. */
const pvCommand = fc
  .tuple(
    oneOf<unknown>('enable', 'enable', 'disable', 2, 3, 4, 5, 6, 7, 'dump', 'dump', 9, 9, 10, 11, undefined),
    fc.record(
      {
        origin: oneOf('0x0', '0xfffffffffffff000'),
        length: oneOf('0x100', '0x1000', '0x100001'),
        addr: oneOf('0x0', '0x1000', '0x2ff000', '0x800'),
        size: oneOf('0x0', '0x1000', '0x2000', '0xfffffffffffff000'),
        tweak: oneOf(0, 1),
        id: oneOf(0, 1, 2),
        lenMax: oneOf(0, 16, 40, 80),
        subcmd: oneOf(0, 0, 1, 2, 3, 4),
        gaddr: oneOf('0x0', '0x100000', '0x1000'),
        buffLen: oneOf('0x0', '0x800', '0x1000', '0x2000', '0x1001000'),
      },
      { requiredKeys: ['subcmd'] },
    ),
    oneOf(undefined, undefined, undefined, 1),
    refusing,
  )
  .map(([name, fields, flag, told]) => ({ type: 's390_pv_command', command: name, flags: flag, ...fields, ...told }));

const pvCpuCommand = fc
  .tuple(
    vcpu,
    oneOf<unknown>('dump', 'dump', 'enable', undefined),
    oneOf(3, 3, 0, 4),
    oneOf('0x2000', '0x1000'),
    refusing,
  )
  .map(([id, name, subcmd, buffLen, told]) => ({
    type: 's390_pv_cpu_command',
    vcpu: id,
    command: name,
    subcmd,
    buffLen,
    ...told,
  }));

const input = fc.oneof(
  { weight: 4, arbitrary: pvCommand },
  { weight: 1, arbitrary: pvCpuCommand },
  { weight: 6, arbitrary: region },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('create_vcpu'), id: oneOf(0, 1, 247, 248, 300) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('set_registers'), vcpu, registers }) },
  { weight: 8, arbitrary: writeMemory },
  { weight: 12, arbitrary: vcpuCommand },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('read_memory'), gpa: address, size: oneOf(1, 8, 4096) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'look_back', what: 'vcpu', vcpu: 0, version: 1 }) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.option(vcpu, { nil: undefined }), access)
      .map(([id, op]) => ({ type: 's390_mem_op', vcpu: id, ...op })),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.option(vcpu, { nil: undefined }), fc.array(access, { minLength: 1, maxLength: 5 }))
      .map(([id, ops]) => ({ type: 's390_mem_op_batch', vcpu: id, ops })),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('translate'),
      vcpu,
      gaddr: address,
      ar: oneOf(0, 1),
      access: oneOf([], ['write'], ['exec']),
      explain: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: attribute.map(([group, attr, payload]) => ({ type: 'set_device_attr', group, attr, payload })),
  },
  { weight: 2, arbitrary: attribute.map(([group, attr]) => ({ type: 'get_device_attr', group, attr })) },
  { weight: 1, arbitrary: attribute.map(([group, attr]) => ({ type: 'has_device_attr', group, attr })) },
  { weight: 8, arbitrary: arbitraryAttributeCommand },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('get_dirty_log'), slot }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('clear_dirty_log'), slot }) },
  { weight: 6, arbitrary: marks },
  {
    weight: 8,
    arbitrary: fc.tuple(vcpu, instruction).map(([id, what]) => ({ type: 's390_guest', vcpu: id, ...what })),
  },
);

/** A well-formed command on a small s390x VM; many are refused, some raise exceptions, some succeed. */
export const arbitraryCommand: fc.Arbitrary<Command> = input.map((value) => command.parse(value));

/** The commands of a VM's life: its creation, usually memory and a vCPU, then anything. */
export const arbitraryLife: fc.Arbitrary<Command[]> = fc
  .record({
    vmType: fc.constantFrom('default', 'default', 'default', 'ucontrol'),
    semantics: fc.constantFrom('documented', 'kernel'),
    rules: oneOf(1, RULES, RULES),
    host: fc.record(
      {
        cmma: fc.boolean(),
        apInstructions: fc.boolean(),
        hpage: fc.boolean(),
        freeMemory: oneOf('0x0', '0x110000', '0xffffffffffffffff'),
        asyncDestroy: oneOf(true, true, false),
      },
      { requiredKeys: [] },
    ),
    first: fc.array(arbitraryCommand, { maxLength: 3 }),
    rest: fc.array(arbitraryCommand, { maxLength: 40 }),
    destroy: oneOf(false, false, true),
  })
  .map(({ first, rest, destroy, ...machine }) => [
    command.parse({ type: 'create_vm', arch: 's390x', ...machine }),
    ...first,
    command.parse({
      type: 'set_user_memory_region',
      slot: 0,
      guestPhysAddr: 0,
      size: '0x300000',
      flags: ['log_dirty_pages'],
    }),
    command.parse({ type: 'create_vcpu', id: 0 }),
    ...rest,
    ...(destroy ? [command.parse({ type: 'destroy_vm' })] : []),
  ]);

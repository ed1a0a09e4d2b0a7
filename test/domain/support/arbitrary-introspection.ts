import fc from 'fast-check';
import { KVMI_COMMANDS } from '../../../src/domain/shapes/kvmi.js';
import { X86_INSTRUCTIONS } from '../../../src/domain/shapes/x86-guest.js';
import { type Command, command } from '../../../src/domain/vm/command.js';

type Fields = Readonly<Record<string, unknown>>;

const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const vcpu = oneOf(0, 0, 0, 1, 1, 9);
const flag = oneOf(1, 1, 1, 0, 2);
const address = oneOf<unknown>(
  0,
  0x1000,
  0x5000,
  0x5ffe,
  0x6000,
  0x3fffff,
  0x400000,
  0x300000,
  '0x7fffffffffff',
  '0x800000000000',
);
const value = oneOf<unknown>(0, 1, 3, 0x20, 0x40020, 0x80000011, 0x300000, 0xd01, 0x8000, '0xffffffffffffffff');
const event = oneOf(
  'breakpoint',
  'cr',
  'msr',
  'pf',
  'hypercall',
  'descriptor',
  'xsetbv',
  'trap',
  'pause_vcpu',
  'unhook',
  'nonsense',
);
const index = oneOf<unknown>(0x174, 0x175, 0x277, 0xc0000080, 0xc0000082, 0x40000000, 0x2000);
const data = oneOf('AQ==', 'AQIDBA==');

/** A value for each operand, of guest instructions and of the tool's commands. */
const operand: { readonly [Name: string]: fc.Arbitrary<unknown> } = {
  gva: address,
  size: oneOf(1, 4, 4096),
  data,
  cr: oneOf(0, 2, 3, 4, 8, 1),
  msr: index,
  xcr: oneOf(0, 0, 1),
  value,
  vcpu,
  id: oneOf<unknown>('get_cpuid', 'cr', 'nonsense', 5),
  event,
  enable: flag,
  wait: flag,
  msrs: fc.array(index, { maxLength: 3 }),
  registers: fc.record({ rax: value, rip: address, rflags: oneOf(2, 0x202) }, { requiredKeys: [] }),
  function: oneOf<unknown>(0, 1, 7, 0x40000001, 0x80000008, 99),
  index: oneOf(0, 1),
  gpa: address,
  gpas: fc.array(address, { maxLength: 3 }),
  view: oneOf(0, 0, 1),
  entries: fc.array(fc.record({ gpa: address, access: oneOf<unknown>([], ['r'], ['r', 'x'], 7, 2, 9) }), {
    maxLength: 3,
  }),
  vector: oneOf(3, 13, 14, 32),
  errorCode: oneOf(0, 2),
  address,
};

const operands = (names: readonly string[]): fc.Arbitrary<Fields> =>
  fc.record(Object.fromEntries(names.map((name) => [name, operand[name] ?? fc.constant(0)])));

const guest = oneOf(...Object.entries(X86_INSTRUCTIONS)).chain(([instruction, names]) =>
  operands(['vcpu', ...names]).map((fields) => ({ type: 'x86_guest', instruction, ...fields })),
);

const time = fc.nat(9000);
const token = oneOf(...Array.from({ length: 12 }, (_, i) => String(i).padStart(64, '0')));

const tool = oneOf(...Object.entries(KVMI_COMMANDS)).chain(([name, form]) => {
  const { required = [], optional = [] } = form as { required?: readonly string[]; optional?: readonly string[] };
  const facts = name === 'get_map_token' ? fc.record({ token, time }) : fc.constant({});
  return fc
    .tuple(operands(required), fc.subarray([...optional]).chain(operands), facts, oneOf(0, 0, 0, 0, 1))
    .map(([must, may, outer, padding]) => ({
      type: 'introspection_command',
      command: name,
      ...must,
      ...may,
      ...outer,
      ...(padding === 1 && { padding }),
    }));
});

const call = fc
  .record({
    vcpu,
    nr: oneOf<unknown>(1, 2, 5, 9, 9, 10, 10, 11, 12, 12, 32, 33, 34, 34, 34, 99, '0x100000022'),
    args: fc.array(oneOf<unknown>(0, 1, 24, 0x5000, 0x1001, 0xf1, 0x400f1, '0xffffffffffffffff'), { maxLength: 4 }),
    registers: oneOf<object>({ rdi: 24, rsi: 0 }, { rdi: 24, rsi: 0 }, {}, { rdi: 25 }),
    more: oneOf<object>({}, {}, {}, { mode: 32 }, { cpl: 3 }),
    time,
  })
  .map(({ more, ...fields }) => ({ type: 'x86_hypercall', ...fields, ...more }));

const reply = fc
  .record({
    seq: oneOf(1, 1, 2, 2, 3, 4, 5, 6),
    action: oneOf<unknown>('continue', 'continue', 'continue', 'retry', 'retry', 'crash', 9),
    newValue: oneOf<unknown>(undefined, 0, 0x300000, '0xffffffffffffffff'),
  })
  .map((fields) => ({ type: 'introspection_reply', ...fields }));

const run = fc.record({
  type: fc.constant('run_vcpu'),
  vcpu,
  hypercall: oneOf<unknown>(undefined, { ret: 5 }),
  immediateExit: oneOf(undefined, undefined, true),
});

const mpState = fc.record({
  type: fc.constant('set_mp_state'),
  vcpu,
  mpState: oneOf<unknown>('runnable', 'runnable', 'halted', 'uninitialized', 'operating', 3),
});

const registers = fc.record({
  type: fc.constant('set_x86_registers'),
  vcpu,
  registers: fc.record(
    { cs: oneOf({ dpl: 3 }, { dpl: 0 }), rflags: oneOf(2, 0x202), cr4: oneOf(0x20, 0x40020) },
    { requiredKeys: [] },
  ),
});

const rare = oneOf<object>(
  { type: 'introspection_hook' },
  { type: 'introspection_unhook' },
  { type: 'introspection_preunhook' },
  { type: 'introspection_allow', command: 'all', allow: 0 },
  { type: 'introspection_allow', event: 'pf', allow: 0 },
  { type: 'introspection_allow', event: 'all', allow: 1 },
  { type: 'enable_cap', cap: 'exit_hypercall', args: [0x1000] },
  { type: 'enable_cap', cap: 'enforce_pv_feature_cpuid' },
  { type: 'enable_cap', cap: 'hyperv' },
  { type: 'enable_cap', cap: 'xen_hvm' },
  { type: 'return_page', page: 1, borrower: 'x', borrowerPage: 2 },
  { type: 'take_back_pages', borrower: 'x' },
  { type: 'lose_pages', lender: 'x' },
  { type: 'lend_page', token: ''.padStart(64, '0'), time: 0, borrower: 'x', page: 5, borrowerPage: 9 },
);

const any = fc.oneof(
  { weight: 5, arbitrary: guest },
  { weight: 5, arbitrary: tool },
  { weight: 4, arbitrary: reply },
  { weight: 3, arbitrary: call },
  { weight: 2, arbitrary: run },
  { weight: 1, arbitrary: mpState },
  { weight: 1, arbitrary: registers },
  { weight: 1, arbitrary: rare },
);

/** Commands from the creation of an x86_64 VM on, whose tool may do everything and is told of everything. */
export const arbitraryIntrospection = (begin: readonly object[]): fc.Arbitrary<readonly Command[]> =>
  fc
    .tuple(oneOf('documented', 'kernel'), fc.array(any, { maxLength: 25 }))
    .map(([semantics, commands]) => [{ type: 'create_vm', arch: 'x86_64', semantics }, ...begin, ...commands])
    .map((inputs) => inputs.map((input) => command.parse(JSON.parse(JSON.stringify(input)))));

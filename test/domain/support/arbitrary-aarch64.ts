import fc from 'fast-check';
import { type Command, command } from '../../../src/domain/vm/command.js';

const oneOf = <Value>(...values: readonly Value[]) => fc.constantFrom(...values);
const base64 = (size: number, fill = 0) => Buffer.alloc(size, fill).toString('base64');

const vcpu = oneOf(0, 0, 0, 1, 17, 99);

/** Ids of every call, of their neighbours, and of nothing. */
const functionId = oneOf<unknown>(
  ...[0x80000000, 0x80000001, 0x80000002, 0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0x84000003, 0xc4000003],
  ...[0x84000004, 0xc4000004, 0x84000006, 0x84000008, 0x84000009, 0x8400000a, 0x8400000e, 0xc400000e, 0x84000012],
  ...[0xc4000012, 0x84000015, 0xc4000015, 0x8400001f, 0x84000020, 0x84000050, 0x84000051, 0x84000052, 0x84000053],
  ...[0xc4000053, 0xc5000020, 0xc5000021, 0x86000000, 0x86000001, 0x8600ff01, 0x95c1ba5e, 0xc3000000, 0],
  '0xffffffff84000000',
);

const argument = oneOf<unknown>(0, 1, 2, 0x101, 193, 0x80008000, 0x84000003, 0xc5000020, '0xffffffffffffffff');

const smccc = fc
  .record({
    vcpu,
    conduit: oneOf('hvc', 'smc'),
    functionId,
    args: fc.array(argument, { maxLength: 4 }),
    immediate: oneOf(0, 0, 0, 1),
    thumb: oneOf(false, false, true),
  })
  .map((call) => ({
    type: 'smccc',
    ...call,
    random: base64(24, 0xa5),
    clock: { realTime: '0x1122334455667788', counter: 99 },
  }));

const filter = fc
  .record(
    {
      base: oneOf(0x84000000, 0x84000003, 0x86000000, 0xc3000000, 0, 0x80000000, 0xffffffff),
      nrFunctions: oneOf(1, 1, 2, 0x20, 0x10000, 0, 0xffffffff),
      action: oneOf<unknown>('handle', 'deny', 'deny', 'fwd_to_user', 3),
      pad: oneOf(base64(15), base64(15), base64(15, 1)),
    },
    { requiredKeys: ['base', 'nrFunctions', 'action'] },
  )
  .chain((payload) => oneOf<object>(payload, payload, payload, {}))
  .map((payload) => ({ type: 'set_device_attr', group: 'smccc_ctrl', attr: 'smccc_filter', payload }));

const registers = fc
  .record(
    {
      x0: argument,
      x1: argument,
      pc: oneOf<unknown>(0, '0xfffffffffffffffe'),
      firmware: fc.record({ std: oneOf(0, 1, 2), vendorHyp: oneOf(0, 1, 2, 3, 4) }, { requiredKeys: [] }),
      psciVersion: oneOf(1, 2, 0x10000, 0x10001, 0x10003),
    },
    { requiredKeys: [] },
  )
  .chain((changes) => vcpu.map((id) => ({ type: 'set_aarch64_registers', vcpu: id, registers: changes })));

const region = fc.record({
  type: fc.constant('set_user_memory_region'),
  slot: oneOf(0, 1),
  guestPhysAddr: oneOf('0x0', '0x40000000'),
  size: oneOf('0x0', '0x10000'),
  flags: oneOf<unknown>([], ['log_dirty_pages'], ['readonly']),
});

const stolenTime = fc
  .tuple(oneOf('set_vcpu_attr', 'set_vcpu_attr', 'get_vcpu_attr', 'has_vcpu_attr'), vcpu, oneOf<unknown>(0, 64, 65))
  .map(([type, id, value]) => ({
    type,
    vcpu: id,
    group: 'pvtime_ctrl',
    attr: 'ipa',
    ...(type === 'set_vcpu_attr' && { payload: { value } }),
  }));

const input = fc.oneof(
  { weight: 20, arbitrary: smccc },
  { weight: 5, arbitrary: filter },
  { weight: 4, arbitrary: registers },
  { weight: 3, arbitrary: region },
  { weight: 3, arbitrary: stolenTime },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('set_mp_state'),
      vcpu,
      mpState: oneOf<unknown>('runnable', 'runnable', 'stopped', 10, 'halted'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('run_vcpu'), vcpu, immediateExit: oneOf(false, false, true) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('get_mp_state'), vcpu }) },
  {
    weight: 1,
    arbitrary: oneOf(1, 17, 512).map((id) => ({ type: 'create_vcpu', id, hostCounter: 7 + id })),
  },
  {
    weight: 1,
    arbitrary: oneOf('arm_system_suspend', 'arm_system_suspend', 'one_reg').map((cap) => ({ type: 'enable_cap', cap })),
  },
);

/** A well-formed command on a small aarch64 VM. */
export const arbitraryAarch64Command: fc.Arbitrary<Command> = input.map((value) => command.parse(value));

/** The commands of an aarch64 VM's life: its creation, memory, a vCPU, sometimes a filter, then anything. */
export const arbitraryAarch64Life: fc.Arbitrary<Command[]> = fc
  .record({
    semantics: oneOf('documented', 'kernel'),
    host: fc.record(
      {
        freeMemory: oneOf('0x0', '0x100', '0xffffffffffffffff'),
        psciVersion: oneOf(2, 0x10000, 0x10001, 0x10003),
        spectreV2: oneOf('vulnerable', 'mitigated', 'unaffected'),
        stealTime: oneOf(true, true, false),
        counterClocksource: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    first: fc.array(filter, { maxLength: 3 }),
    rest: fc.array(arbitraryAarch64Command, { maxLength: 30 }),
    destroy: oneOf(false, false, true),
  })
  .map(({ first, rest, destroy, ...machine }) => [
    command.parse({ type: 'create_vm', arch: 'aarch64', ...machine }),
    command.parse({
      type: 'set_user_memory_region',
      slot: 0,
      guestPhysAddr: 0,
      size: '0x20000',
      flags: ['log_dirty_pages'],
    }),
    command.parse({ type: 'create_vcpu', id: 0 }),
    ...first.map((one) => command.parse(one)),
    ...rest,
    ...(destroy ? [command.parse({ type: 'destroy_vm' })] : []),
  ]);

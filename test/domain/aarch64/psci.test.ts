import { Aarch64Machine, INVALID, NOT_SUPPORTED, negative } from '../support/aarch64.js';

const V = { '0.2': 0x2, '1.0': 0x10000, '1.1': 0x10001, '1.2': 0x10002, '1.3': 0x10003 } as const;

const shown = (psciVersion: number): Aarch64Machine => new Aarch64Machine({ host: { psciVersion } });
const suspending = (psciVersion: number): Aarch64Machine => {
  const made = shown(psciVersion);
  expect(made.answer({ type: 'enable_cap', cap: 'arm_system_suspend' })).toBe(0);
  return made;
};

const PSCI_FEATURES = 0x8400000a;

describe('PSCI_VERSION', () => {
  it.each(Object.entries(V))('%s: 0x%x', (_name, version) => {
    expect(shown(version).x0(0x84000000)).toBe(BigInt(version));
  });

  it('is 1.1 unless the host or the register says else', () => {
    expect(new Aarch64Machine().x0(0x84000000)).toBe(0x10001n);
    const made = shown(V['1.3']);
    expect(made.registers(0, { psciVersion: V['1.0'] })).toBe(0);
    expect(made.x0(0x84000000)).toBe(0x10000n);
  });
});

describe('PSCI_FEATURES', () => {
  const always: readonly (readonly [id: number, since: number])[] = [
    [0x80000000, V['1.0']],
    [0x84000000, V['1.0']],
    [0x84000001, V['1.0']],
    [0xc4000001, V['1.0']],
    [0x84000002, V['1.0']],
    [0x84000003, V['1.0']],
    [0xc4000003, V['1.0']],
    [0x84000004, V['1.0']],
    [0xc4000004, V['1.0']],
    [0x84000006, V['1.0']],
    [0x84000008, V['1.0']],
    [0x84000009, V['1.0']],
    [0x8400000a, V['1.0']],
    [0x84000012, V['1.1']],
    [0xc4000012, V['1.1']],
  ];

  it.each(always)('0x%x is there from version 0x%x on', (id, since) => {
    for (const version of Object.values(V))
      expect(shown(version).x0(PSCI_FEATURES, [id])).toBe(version >= since ? 0n : NOT_SUPPORTED);
  });

  it.each([0x84000015, 0xc4000015])('0x%x: hibernation, from 1.3 on', (id) => {
    expect(shown(V['1.2']).x0(PSCI_FEATURES, [id])).toBe(NOT_SUPPORTED);
    expect(shown(V['1.3']).x0(PSCI_FEATURES, [id])).toBe(1n);
  });

  it.each([0x8400000e, 0xc400000e])('0x%x: SYSTEM_SUSPEND, if user space enabled it', (id) => {
    expect(shown(V['1.1']).x0(PSCI_FEATURES, [id])).toBe(NOT_SUPPORTED);
    expect(suspending(V['1.1']).x0(PSCI_FEATURES, [id])).toBe(0n);
    expect(suspending(V['0.2']).x0(PSCI_FEATURES, [id])).toBe(NOT_SUPPORTED);
  });

  it.each([0x80000001, 0xc4000000, 0xc4000002, 0x84000005, 0x84000007, 0x8400000b, 0x84000050, 0x95c1ba5e, 0])(
    '0x%x: -1',
    (id) => {
      expect(shown(V['1.3']).x0(PSCI_FEATURES, [id])).toBe(NOT_SUPPORTED);
    },
  );

  it('looks at the low half of x1', () => {
    expect(shown(V['1.1']).x0(PSCI_FEATURES, [0xffff_ffff_8400_0000n])).toBe(0n);
  });
});

describe('ids of PSCI that KVM does not carry out', () => {
  const known = new Set([0, 1, 2, 3, 4, 6, 8, 9, 0xa, 0xe, 0x12, 0x15]);
  const others = Array.from({ length: 0x20 }, (_, number) => number).filter((number) => !known.has(number));

  it.each(others.map((number) => 0x84000000 + number))('0x%x: handled, and -1', (id) => {
    const made = shown(V['1.3']);
    expect(made.call(id, [1, 2, 3]).reply).toMatchObject({ action: 'handle', registers: { x0: NOT_SUPPORTED } });
    expect(made.x0(id)).toBe(NOT_SUPPORTED);
  });

  it.each([0xc4000000, 0xc4000002, 0xc4000006, 0xc4000008, 0xc4000009, 0xc400000a, 0x04000000, 0x84010000])(
    'nor a form that there is not: 0x%x',
    (id) => {
      expect(shown(V['1.3']).x0(id)).toBe(NOT_SUPPORTED);
    },
  );

  it.each([0x95c1ba5e, 0x95c1ba5f, 0x95c1ba60, 0x95c1ba61])('nor those of PSCI 0.1: 0x%x', (id) => {
    expect(shown(V['1.1']).x0(id)).toBe(NOT_SUPPORTED);
  });

  it.each<[id: number, before: number]>([
    [PSCI_FEATURES, V['0.2']],
    [0x8400000e, V['0.2']],
    [0x84000012, V['1.0']],
    [0xc4000012, V['1.0']],
    [0x84000015, V['1.2']],
    [0xc4000015, V['1.2']],
  ])('nor 0x%x as long as the version is 0x%x', (id, version) => {
    expect(suspending(version).x0(id, [0])).toBe(NOT_SUPPORTED);
  });
});

describe('a guest in AArch32', () => {
  const states: readonly [what: string, pstate: number, more: object][] = [
    ['by its state', 0x1d3, {}],
    ['by its instruction', 0x3c5, { thumb: true }],
  ];

  it.each(states)('%s has no SMC64 functions', (_what, pstate, more) => {
    const made = shown(V['1.1']);
    const ask = (id: number, args: number[] = []) => {
      made.registers(0, { pstate });
      return made.x0(id, args, more);
    };
    expect([ask(0xc4000001), ask(0xc4000004, [0, 0])]).toEqual([NOT_SUPPORTED, NOT_SUPPORTED]);
    expect([ask(0x84000001), ask(0x84000004, [0, 0]), ask(0x84000000)]).toEqual([0n, 0n, 0x10001n]);
    expect([ask(PSCI_FEATURES, [0xc4000001]), ask(PSCI_FEATURES, [0x84000001])]).toEqual([NOT_SUPPORTED, 0n]);
    expect(ask(0xc4000053)).toBe(0n);
  });
});

describe('MIGRATE_INFO_TYPE', () => {
  it('says that nothing has to be migrated', () => {
    expect(new Aarch64Machine().x0(0x84000006)).toBe(2n);
  });
});

describe('system events', () => {
  const FAILED = negative(-6);
  const event = (type: number, flags?: bigint) => ({
    reason: 'system_event',
    number: 24,
    type,
    ...(flags !== undefined && { flags }),
  });

  it.each<[what: string, id: number, args: bigint[], exit: object, left: object]>([
    ['SYSTEM_OFF', 0x84000008, [7n, 8n, 9n], event(1), { x1: 0n, x2: 0n, x3: 0n }],
    ['SYSTEM_RESET', 0x84000009, [7n, 8n, 9n], event(2), { x1: 0n, x2: 0n, x3: 0n }],
    ['SYSTEM_RESET2, warm', 0x84000012, [0n, 8n, 9n], event(2, 1n), { x1: 0n, x2: 8n, x3: 9n }],
    [
      'SYSTEM_RESET2, vendor',
      0x84000012,
      [0x1_8000_0000n, 0x1_0000_0008n, 9n],
      event(2, 1n),
      { x1: 0x8000_0000n, x2: 8n, x3: 9n },
    ],
    [
      'SYSTEM_RESET2 as SMC64',
      0xc4000012,
      [0x1_ffff_ffffn, 0x1_0000_0008n, 9n],
      event(2, 1n),
      { x1: 0x1_ffff_ffffn, x2: 0x1_0000_0008n, x3: 9n },
    ],
    ['SYSTEM_OFF2', 0x84000015, [0n, 0n, 9n], event(1, 1n), { x1: 0n, x2: 0n, x3: 0n }],
    ['SYSTEM_OFF2, hibernate', 0xc4000015, [1n, 0n, 9n], event(1, 1n), { x1: 0n, x2: 0n, x3: 0n }],
    ['SYSTEM_OFF2, upper halves', 0x84000015, [0x1_0000_0001n, 0x1_0000_0000n], event(1, 1n), { x1: 0n, x2: 0n }],
  ])('%s: every vCPU stops, and x0 is INTERNAL_FAILURE', (_what, id, args, exit, left) => {
    const made = shown(V['1.3']);
    made.vcpu(1);
    const { reply } = made.call(id, args);
    expect(reply).toMatchObject({ action: 'handle', registers: { x0: FAILED, ...left } });
    expect(reply['exit']).toEqual(exit);
    expect([...made.vm.vcpus.values()].map(({ mpState }) => mpState)).toEqual(['stopped', 'stopped']);
    made.mpState(0, 'runnable');
    expect([made.enter(), made.vm.vcpus.get(0)?.registers.x0]).toEqual([0, FAILED]);
  });

  it.each<[what: string, id: number, args: bigint[]]>([
    ['SYSTEM_RESET2, reserved type 1', 0x84000012, [1n]],
    ['SYSTEM_RESET2, last reserved type', 0x84000012, [0x7fff_ffffn]],
    ['SYSTEM_RESET2 as SMC64, reserved type', 0xc4000012, [1n]],
    ['SYSTEM_OFF2, another type', 0x84000015, [2n]],
    ['SYSTEM_OFF2, another cookie', 0x84000015, [1n, 1n]],
    ['SYSTEM_OFF2 as SMC64, upper half of the cookie', 0xc4000015, [1n, 0x1_0000_0000n]],
  ])('%s: INVALID_PARAMETERS, and nothing stops', (_what, id, args) => {
    const made = shown(V['1.3']);
    expect(made.x0(id, args)).toBe(INVALID);
    expect(made.vm.vcpus.get(0)?.mpState).toBe('runnable');
  });

  it.each<[id: number, x1: bigint]>([
    [0x8400000e, 8n],
    [0xc400000e, 0x1_0000_0008n],
  ])('SYSTEM_SUSPEND 0x%x: nothing stops, the arguments are there', (id, x1) => {
    const made = suspending(V['1.1']);
    const { reply } = made.call(id, [0x1_0000_0008n, 2n, 3n]);
    expect(reply).toEqual({
      action: 'handle',
      registers: { x0: BigInt(id), x1, x2: 2n, x3: 3n },
      exit: event(5),
    });
    expect(made.vm.vcpus.get(0)?.mpState).toBe('runnable');
    expect(made.registers(0, { x0: 0 })).toBe(0);
    expect(made.enter()).toBe(0);
  });

  it.each([0x8400000e, 0xc400000e])('SYSTEM_SUSPEND 0x%x that nobody enabled: -1', (id) => {
    expect(shown(V['1.1']).x0(id, [8])).toBe(NOT_SUPPORTED);
  });
});

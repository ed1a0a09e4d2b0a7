import type { Errno } from '../../../../src/domain/errno.js';
import { Machine } from '../../support/machine.js';
import { DUMP, PV_STATES, type PvState, REFUSES, pv, pvCpu, pvMachine, stateOf } from '../../support/pv.js';

type Outcome = Errno | 0;

const bytesOf = ({ reply }: { readonly reply: Readonly<Record<string, unknown>> }) => reply['data'] as Uint8Array;

/** A dumping VM whose host has little memory. */
const poor = (freeMemory: number): Machine => {
  const machine = new Machine({ host: { freeMemory } });
  machine.vcpu(0);
  return machine.fold({ type: 'protection_enabled' }, { type: 'dump_started' });
};

describe('DUMP without a structure', () => {
  it.each<[PvState, Outcome]>([
    ['N', 'EINVAL'],
    ['P', 'EFAULT'],
    ['D', 'EFAULT'],
  ])('is %s: %s', (state, expected) => {
    expect(pv(pvMachine(state), 'dump').errno).toBe(expected);
  });
});

describe('DUMP CONFIG_STOR_STATE', () => {
  const store = (fields: object, machine = pvMachine('D')) =>
    pv(machine, 'dump', { subcmd: 'config_stor_state', gaddr: 0, buffLen: DUMP.perMiB, ...fields });

  it.each<[row: string, fields: object, expected: Outcome]>([
    ['gaddr not 1 MiB aligned', { gaddr: 0x1000 }, 'EINVAL'],
    ['len 0', { buffLen: 0 }, 'EINVAL'],
    ['len not a multiple of the per-1MiB length', { buffLen: DUMP.perMiB + 1 }, 'EINVAL'],
    ['one block', {}, 0],
    ['UV refusal', REFUSES, 'EINVAL'],
  ])('%s', (_row, fields, expected) => {
    const { errno, ret } = store(fields);
    expect(errno ?? ret).toBe(expected);
  });

  it('writes one block for each MiB, and gaddr comes back unchanged', () => {
    const machine = pvMachine('D');
    const answer = store({ gaddr: 0x100000, buffLen: 3 * DUMP.perMiB }, machine);
    const data = Buffer.from(bytesOf(answer));
    expect(data).toHaveLength(3 * DUMP.perMiB);
    expect([0, 1, 2].map((block) => data.readBigUInt64BE(block * DUMP.perMiB))).toEqual([
      0x100000n,
      0x200000n,
      0x300000n,
    ]);
    expect(answer.reply['gaddr']).toBe(0x100000n);
    expect(stateOf(machine)).toBe('D');
  });

  it('is ENOMEM without memory for its buffer, which is never above 1 MiB', () => {
    expect(store({}, poor(DUMP.perMiB - 1)).errno).toBe('ENOMEM');
    expect(store({ buffLen: 0x400000 }, poor(0x100000)).ret).toBe(0);
    expect(store({ buffLen: 0x400000 }, poor(0xfffff)).errno).toBe('ENOMEM');
  });

  it('is malformed where the answer would be above 16 MiB', () => {
    expect(store({ buffLen: 0x1001000 }).malformed?.field).toBe('buffLen');
    expect(store({ buffLen: 0x1001000 }, pvMachine('P'))).toMatchObject({ errno: 'EINVAL' });
  });
});

describe('DUMP COMPLETE', () => {
  const complete = (fields: object, machine = pvMachine('D')) =>
    pv(machine, 'dump', { subcmd: 'complete', buffLen: DUMP.complete, ...fields });

  it('needs a buffer of the finalize length, and writes no more', () => {
    expect(complete({ buffLen: DUMP.complete - 1 }).errno).toBe('EINVAL');
    expect(bytesOf(complete({}))).toHaveLength(DUMP.complete);
    expect(bytesOf(complete({ buffLen: 1 << 20 }))).toHaveLength(DUMP.complete);
  });

  it('is ENOMEM without memory for it, after the length, and the VM goes on being dumped', () => {
    const machine = poor(DUMP.complete - 1);
    expect(complete({ buffLen: 0 }, machine).errno).toBe('EINVAL');
    expect(complete({}, machine).errno).toBe('ENOMEM');
    expect(stateOf(machine)).toBe('D');
  });

  it('lets a dump begin again', () => {
    const machine = pvMachine('D');
    complete({}, machine);
    expect([stateOf(machine), pv(machine, 'dump', { subcmd: 0 }).ret, stateOf(machine)]).toEqual(['P', 0, 'D']);
  });
});

describe('KVM_S390_PV_CPU_COMMAND', () => {
  const dump = { subcmd: 'cpu', buffLen: DUMP.cpu };

  it('answers a dump of the CPU', () => {
    const answer = pvCpu(pvMachine('D'), dump, 1);
    expect(answer).toMatchObject({ ret: 0, reply: { rc: 1, rrc: 0 }, events: [] });
    expect(bytesOf(answer)).toHaveLength(DUMP.cpu);
    expect(Buffer.from(bytesOf(answer)).readBigUInt64BE()).toBe(1n);
  });

  /** Each row breaks everything that the rows after it break, too. */
  it.each<[row: string, state: PvState, options: object, fields: object, expected: Outcome, copiedBack: boolean]>([
    ['no host PV', 'N', { host: { protectedVirtualization: false } }, { command: undefined }, 'EINVAL', false],
    ['no structure', 'D', {}, { command: undefined, flags: 1 }, 'EFAULT', false],
    ['flags', 'D', {}, { command: 'enable', flags: 1 }, 'EINVAL', false],
    ['another command', 'D', {}, { command: 'enable' }, 'EINVAL', false],
    ['an unknown command', 'D', {}, { command: 11 }, 'EINVAL', false],
    ['VM not dumping', 'P', {}, { subcmd: undefined }, 'EINVAL', true],
    ['VM not protected', 'N', {}, { subcmd: undefined }, 'EINVAL', true],
    ['no structure of the dump', 'D', {}, { subcmd: undefined, buffLen: undefined }, 'EFAULT', true],
    ['another subcommand', 'D', {}, { subcmd: 'init', buffLen: 0 }, 'EINVAL', true],
    ['an unknown subcommand', 'D', {}, { subcmd: 4 }, 'EINVAL', true],
    ['buff_len too short', 'D', {}, { buffLen: DUMP.cpu - 1 }, 'EINVAL', true],
    ['buff_len too long', 'D', {}, { buffLen: DUMP.cpu + 1 }, 'EINVAL', true],
  ])('%s', (_row, state, options, fields, expected, copiedBack) => {
    for (const semantics of ['documented', 'kernel'] as const) {
      const given: [string, unknown][] = Object.entries({ ...dump, command: 'dump', ...REFUSES, ...fields });
      const present = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      const machine = pvMachine(state, { ...options, semantics });
      const { errno, reply } = machine.run({ type: 's390_pv_cpu_command', vcpu: 0, ...present });
      expect([errno, reply]).toEqual([expected, copiedBack ? { rc: 0, rrc: 0 } : {}]);
      expect(machine.vm.regions.cpuStateControl).toBe(state === 'N' ? 'kernel' : 'user');
    }
  });

  it('names the field that is missing', () => {
    expect(pvCpu(pvMachine('D'), { buffLen: 0 }).malformed?.field).toBe('subcmd');
    expect(pv(pvMachine('P'), 'dump', { gaddr: 0 }).malformed?.field).toBe('subcmd');
  });

  it('is ENOMEM without memory for the dump', () => {
    expect(pvCpu(poor(DUMP.cpu - 1), { ...dump, ...REFUSES }).errno).toBe('ENOMEM');
    expect(pvCpu(poor(DUMP.cpu), dump).ret).toBe(0);
  });

  it('is EINVAL with rc and rrc where the ultravisor refuses', () => {
    expect(pvCpu(pvMachine('D'), { ...dump, ...REFUSES })).toMatchObject({
      errno: 'EINVAL',
      reply: { rc: 0x108, rrc: 7 },
    });
  });

  it('is EINVAL for a vCPU whose secure CPU is gone: the ultravisor does not know it', () => {
    const machine = pvMachine('D').fold({ type: 'vcpus_unprotected' });
    expect(pvCpu(machine, dump)).toMatchObject({ errno: 'EINVAL', reply: { rc: 0x21, rrc: 0 } });
  });

  it.each(PV_STATES)('is ENOENT for a vCPU that does not exist, in %s', (state) => {
    expect(pvCpu(pvMachine(state), dump, 5).errno).toBe('ENOENT');
  });
});

import type { Errno } from '../../../../src/domain/errno.js';
import { GIB, MIB, Machine } from '../../support/machine.js';
import { DUMP, PV_STATES, type PvState, REFUSES, protectedVcpus, pv, pvMachine, stateOf } from '../../support/pv.js';

type Outcome = Errno | 0;

const FIELDS = {
  origin: 0x1000,
  length: 4096,
  addr: 0,
  size: 8192,
  tweak: 1,
  id: 0,
  lenMax: 80,
  gaddr: 0,
  buffLen: 4096,
};

const dump = (subcmd: unknown) => ['dump', { subcmd }] as const;

/** Command, what it answers in N, P and D, and where it leads from there. */
const TABLE: readonly (readonly [
  row: string,
  command: readonly [string, object?],
  answers: readonly [Outcome, Outcome, Outcome],
  leads: string,
])[] = [
  ['ENABLE', ['enable'], [0, 'EINVAL', 'EINVAL'], 'P P D'],
  ['DISABLE', ['disable'], ['EINVAL', 0, 0], 'N N N'],
  ['ASYNC_CLEANUP_PREPARE', ['async_cleanup_prepare'], ['EINVAL', 0, 0], 'N NA NA'],
  ['ASYNC_CLEANUP_PERFORM', ['async_cleanup_perform'], ['EINVAL', 'EINVAL', 'EINVAL'], 'N P D'],
  ['SET_SEC_PARMS', ['set_sec_parms'], ['EINVAL', 0, 0], 'N P D'],
  ['UNPACK', ['unpack'], ['EINVAL', 0, 0], 'N P D'],
  ['VERIFY', ['verify'], ['EINVAL', 0, 0], 'N P D'],
  ['PREP_RESET', ['prep_reset'], ['EINVAL', 0, 0], 'N P D'],
  ['UNSHARE_ALL', ['unshare_all'], ['EINVAL', 0, 0], 'N P D'],
  ['INFO', ['info'], [0, 0, 0], 'N P D'],
  ['DUMP INIT', dump('init'), ['EINVAL', 0, 'EINVAL'], 'N D D'],
  ['DUMP CONFIG_STOR_STATE', dump('config_stor_state'), ['EINVAL', 'EINVAL', 0], 'N P D'],
  ['DUMP COMPLETE', dump('complete'), ['EINVAL', 'EINVAL', 0], 'N P P'],
  ['DUMP CPU', dump('cpu'), ['EINVAL', 'ENOTTY', 'ENOTTY'], 'N P D'],
  ['DUMP of an unknown subcommand', dump(4), ['EINVAL', 'ENOTTY', 'ENOTTY'], 'N P D'],
];

/** The same with a protected VM set aside, where it differs. */
const WITH_ASIDE: typeof TABLE = [
  ['DISABLE', ['disable'], ['EINVAL', 0, 0], 'NA N N'],
  ['ASYNC_CLEANUP_PREPARE', ['async_cleanup_prepare'], ['EINVAL', 'EINVAL', 'EINVAL'], 'NA PA DA'],
  ['ASYNC_CLEANUP_PERFORM', ['async_cleanup_perform'], [0, 0, 0], 'N P D'],
];

const keepsAside = TABLE.filter(([row]) => !WITH_ASIDE.some(([other]) => other === row)).map(
  ([row, command, answers, leads]) => [row, command, answers, leads.replace(/\w/g, '$&A')] as const,
);

const worlds = [
  ['before vCPU creation', { vcpus: 0 }],
  ['with vCPUs', { vcpus: 2 }],
  ['by the code', { semantics: 'kernel' }],
  ['on a UCONTROL VM', { vmType: 'ucontrol' }],
] as const;

function run(state: PvState, options: object, [command, fields]: readonly [string, object?]) {
  const machine = pvMachine(state, options);
  const { errno, ret, reply } = pv(machine, command, { ...FIELDS, ...fields });
  return { outcome: errno ?? ret, leads: stateOf(machine), reply, machine };
}

describe.each(worlds)('KVM_S390_PV_COMMAND %s', (world, options) => {
  const rows = world === 'on a UCONTROL VM' ? TABLE.filter(([row]) => row !== 'UNPACK') : TABLE;

  it.each(rows)('%s', (_row, command, answers, leads) => {
    const got = PV_STATES.map((state) => run(state, options, command));
    expect(got.map(({ outcome }) => outcome)).toEqual(answers);
    expect(got.map((each) => each.leads).join(' ')).toBe(leads);
    for (const { reply } of got) expect([typeof reply['rc'], typeof reply['rrc']]).toEqual(['number', 'number']);
  });

  it.each([...WITH_ASIDE, ...keepsAside.filter(([row]) => rows.some(([other]) => row === other))])(
    '%s with a VM set aside',
    (_row, command, answers, leads) => {
      const got = PV_STATES.map((state) => run(state, { ...options, aside: true }, command));
      expect(got.map(({ outcome }) => outcome)).toEqual(answers);
      expect(got.map((each) => each.leads).join(' ')).toBe(leads);
    },
  );
});

describe('a refusal by the ultravisor', () => {
  const refused = { rc: 0x108, rrc: 7 };

  it.each<[row: string, state: PvState, command: readonly [string, object?], errno: Outcome, leads: string]>([
    ['ENABLE, rolled back', 'N', ['enable'], 'EIO', 'N'],
    ['DISABLE', 'P', ['disable'], 'EIO', 'P'],
    ['DISABLE while dumping', 'D', ['disable'], 'EIO', 'D'],
    ['ASYNC_CLEANUP_PREPARE', 'P', ['async_cleanup_prepare'], 'EIO', 'P'],
    ['SET_SEC_PARMS', 'P', ['set_sec_parms'], 'EINVAL', 'P'],
    ['UNPACK', 'P', ['unpack'], 'EINVAL', 'P'],
    ['VERIFY', 'P', ['verify'], 'EINVAL', 'P'],
    ['PREP_RESET', 'P', ['prep_reset'], 'EINVAL', 'P'],
    ['UNSHARE_ALL', 'P', ['unshare_all'], 'EINVAL', 'P'],
    ['DUMP INIT', 'P', dump('init'), 'EINVAL', 'P'],
    ['DUMP CONFIG_STOR_STATE', 'D', dump('config_stor_state'), 'EINVAL', 'D'],
    ['DUMP COMPLETE, stays D', 'D', dump('complete'), 'EINVAL', 'D'],
  ])('%s', (_row, state, [command, fields], errno, leads) => {
    const got = run(state, {}, [command, { ...fields, ...REFUSES }]);
    expect([got.outcome, got.leads]).toEqual([errno, leads]);
    expect(got.reply).toEqual(refused);
  });

  it('ASYNC_CLEANUP_PERFORM is EIO, and nothing is set aside any more', () => {
    const got = run('N', { aside: true }, ['async_cleanup_perform', REFUSES]);
    expect([got.outcome, got.leads, got.reply]).toEqual(['EIO', 'N', refused]);
  });

  it('has no place in ASYNC_CLEANUP_PREPARE without vCPUs, nor in INFO', () => {
    expect(run('P', { vcpus: 0 }, ['async_cleanup_prepare', REFUSES])).toMatchObject({ outcome: 0, leads: 'NA' });
    expect(run('N', {}, ['info', REFUSES])).toMatchObject({ outcome: 0, reply: { rc: 0, rrc: 0 } });
  });

  it('is not reached by what the kernel refuses before', () => {
    for (const { outcome, reply } of [
      run('P', {}, ['enable', REFUSES]),
      run('N', {}, ['verify', REFUSES]),
      run('P', {}, ['unpack', { addr: 1, ...REFUSES }]),
      run('N', {}, ['async_cleanup_perform', REFUSES]),
    ])
      expect([outcome, reply]).toEqual(['EINVAL', { rc: 0, rrc: 0 }]);
  });

  it.each(['disable', 'async_cleanup_prepare'])('leaves the vCPUs unprotected in the protected VM: %s', (command) => {
    const { machine } = run('P', {}, [command, REFUSES]);
    expect(protectedVcpus(machine)).toEqual([]);
    expect(pv(machine, command).errno).toBeUndefined();
    expect(stateOf(machine)).toBe(command === 'disable' ? 'N' : 'NA');
  });
});

describe('what the ultravisor answers', () => {
  it.each(['enable', 'disable', 'verify', 'set_sec_parms', 'unpack', 'prep_reset', 'unshare_all'])(
    'is rc 1, rrc 0 for %s',
    (command) => {
      expect(run(command === 'enable' ? 'N' : 'P', {}, [command]).reply).toEqual({ rc: 1, rrc: 0 });
    },
  );

  it('is rc 1, rrc 42 for ASYNC_CLEANUP_PREPARE, by KVM itself, and rc 1, rrc 0 for ASYNC_CLEANUP_PERFORM', () => {
    expect(run('P', {}, ['async_cleanup_prepare']).reply).toEqual({ rc: 1, rrc: 42 });
    expect(run('N', { aside: true }, ['async_cleanup_perform']).reply).toEqual({ rc: 1, rrc: 0 });
  });
});

describe('the order of checks of KVM_S390_PV_COMMAND', () => {
  const bare = { host: { protectedVirtualization: false } };

  it('a host without protected virtualization is EINVAL before all', () => {
    for (const [, [command, fields]] of TABLE)
      expect(pv(pvMachine('N', bare), command, { ...fields, flags: 1 })).toMatchObject({ errno: 'EINVAL', reply: {} });
    expect(pv(pvMachine('N', bare), undefined).errno).toBe('EINVAL');
    expect(pv(pvMachine('N', bare), 99).errno).toBe('EINVAL');
  });

  it('the structure is EFAULT before flags are EINVAL, and nothing is copied back', () => {
    const missing = pvMachine('N').run({ type: 's390_pv_command', flags: 1 });
    expect([missing.errno, missing.reply]).toEqual(['EFAULT', {}]);
    expect(pv(pvMachine('N'), 99, { flags: 1 })).toMatchObject({ errno: 'EINVAL', reply: {} });
    expect(pv(pvMachine('N'), 'enable', { flags: 0x80000000 })).toMatchObject({ errno: 'EINVAL', reply: {} });
  });

  it.each(PV_STATES)('an unknown command is ENOTTY in %s', (state) => {
    for (const command of [11, 0xffffffff])
      expect(pv(pvMachine(state), command)).toMatchObject({ errno: 'ENOTTY', reply: { rc: 0, rrc: 0 } });
  });

  it('numbers stand for names', () => {
    const machine = pvMachine('N');
    const numbers = [0, 2, 3, 4, 5, 6, 7, 9, 10, 0, 1];
    expect(numbers.map((command) => pv(machine, command, FIELDS).ret)).toEqual(numbers.map(() => 0));
    expect(stateOf(machine)).toBe('N');
  });

  it.each([
    ['done', 'enable', {}],
    ['refused', 'verify', {}],
    ['unknown', 99, {}],
    ['with flags', 'info', { flags: 1 }],
    ['without a structure', undefined, {}],
  ])('any call hands the CPU states to user space: %s', (_what, command, fields) => {
    for (const options of [{}, bare]) {
      const machine = pvMachine('N', options);
      expect(machine.vm.regions.cpuStateControl).toBe('kernel');
      const first = pv(machine, command, fields);
      expect(first.events[0]).toEqual({ type: 'user_cpu_state_control_taken' });
      expect(machine.vm.regions.cpuStateControl).toBe('user');
      expect(pv(machine, command, fields).events).not.toContainEqual({ type: 'user_cpu_state_control_taken' });
    }
  });
});

describe('ENABLE', () => {
  const configuration = MIB + 4n * 4096n;
  const cpu = 8192n + 4096n;
  const enable = (freeMemory: bigint, fields: object = {}) => {
    const machine = pvMachine('N', { host: { freeMemory } });
    return { answer: pv(machine, 'enable', fields), machine };
  };

  it('is ENOMEM without memory for the configuration, before the ultravisor is asked', () => {
    expect(enable(configuration - 1n, REFUSES)).toMatchObject({
      answer: { errno: 'ENOMEM', reply: { rc: 0, rrc: 0 } },
    });
  });

  it('is ENOMEM without memory for the vCPUs, after it, and rolled back', () => {
    expect(enable(configuration, REFUSES).answer.errno).toBe('EIO');
    const { answer, machine } = enable(configuration + 2n * cpu - 1n);
    expect([answer.errno, stateOf(machine), protectedVcpus(machine)]).toEqual(['ENOMEM', 'N', []]);
    expect(enable(configuration + 2n * cpu).answer.ret).toBe(0);
  });

  it('protects all vCPUs, and those that are created later', () => {
    const machine = pvMachine('P');
    machine.vcpu(7);
    expect(protectedVcpus(machine)).toEqual([0, 1, 7]);
  });
});

describe('KVM_CREATE_VCPU under protection', () => {
  const create = (machine: Machine, id: number) => machine.answer({ type: 'create_vcpu', id, ...REFUSES });

  it.each<[PvState, Outcome]>([
    ['N', 0],
    ['P', 'EIO'],
    ['D', 'EIO'],
  ])('row 5: the ultravisor refuses the secure CPU in %s', (state, expected) => {
    const machine = pvMachine(state);
    expect(create(machine, 9)).toBe(expected);
    expect(machine.vm.vcpus.has(9)).toBe(expected === 0);
  });

  it('row 5 comes after the limits and before EEXIST', () => {
    const machine = pvMachine('P');
    expect([create(machine, 255), create(machine, 248), create(machine, 0), machine.vcpu(0)]).toEqual([
      'EINVAL',
      'EINVAL',
      'EIO',
      'EEXIST',
    ]);
  });
});

describe('the end of protection', () => {
  it('DISABLE destroys what was set aside, too, and what is set aside outlives nothing else', () => {
    expect(stateOf(run('P', { aside: true }, ['disable']).machine)).toBe('N');
    expect(stateOf(run('P', { aside: true }, ['verify']).machine)).toBe('PA');
  });

  it.each<[row: string, options: object, errno: Outcome]>([
    ['a VM is set aside already', { aside: true }, 'EINVAL'],
    ['the guest is limited to 2 GiB', { host: { maxGuestMemory: 2n * GIB } }, 'EINVAL'],
  ])('ASYNC_CLEANUP_PREPARE that fails leaves vCPUs unprotected: %s', (_row, options, errno) => {
    const machine = pvMachine('P', options);
    const { errno: got, reply } = pv(machine, 'async_cleanup_prepare');
    expect([got, reply, protectedVcpus(machine)]).toEqual([errno, { rc: 0, rrc: 0 }, []]);
    expect(machine.vm.regions.protection).toBe('protected');
    expect([pv(machine, 'disable').ret, stateOf(machine)]).toEqual([0, 'N']);
  });

  it('ASYNC_CLEANUP_PREPARE is ENOMEM without memory for another top table', () => {
    const machine = new Machine({ host: { freeMemory: 16383 } });
    machine.vcpu(0);
    machine.fold({ type: 'protection_enabled' });
    expect(pv(machine, 'async_cleanup_prepare').errno).toBe('ENOMEM');
    expect([stateOf(machine), protectedVcpus(machine)]).toEqual(['P', []]);
  });

  it('without the module option nothing is destroyed later, and no vCPU is touched', () => {
    const machine = pvMachine('P', { host: { asyncDestroy: false } });
    expect([pv(machine, 'async_cleanup_prepare').errno, protectedVcpus(machine)]).toEqual(['EINVAL', [0, 1]]);
    machine.fold({ type: 'protection_set_aside' });
    expect(pv(machine, 'async_cleanup_perform').errno).toBe('EINVAL');
    expect(stateOf(machine)).toBe('NA');
  });

  it.each(['disable', 'async_cleanup_prepare'])('%s loses the interface data and begins GBEA anew', (command) => {
    const { machine } = run('P', {}, [command]);
    const gbea = [...machine.vm.vcpus.values()].map(({ sida, registers }) => [sida, registers.gbea]);
    expect(gbea).toEqual([
      [undefined, 1n],
      [undefined, 1n],
    ]);
  });
});

describe('SET_SEC_PARMS', () => {
  const set = (fields: object, options: object = {}) => pv(pvMachine('P', options), 'set_sec_parms', fields);

  it.each<[row: string, fields: object, expected: Outcome]>([
    ['no structure', {}, 'EFAULT'],
    ['length above 1 MiB', { origin: 0, length: 0x100001 }, 'EINVAL'],
    ['length of 1 MiB', { origin: 0, length: 0x100000 }, 0],
    ['a header that ends outside the addresses', { origin: '0xfffffffffffff000', length: 4096 }, 'EFAULT'],
    ['EINVAL before EFAULT', { origin: '0xfffffffffffff000', length: 0x100001 }, 'EINVAL'],
  ])('%s', (_row, fields, expected) => {
    const { errno, ret } = set(fields);
    expect(errno ?? ret).toBe(expected);
  });

  it('is ENOMEM without memory for a copy of the header, before it is read', () => {
    const machine = new Machine({ host: { freeMemory: 4095 } }).fold({ type: 'protection_enabled' });
    const header = { origin: '0xfffffffffffff000', length: 4096 };
    expect(pv(machine, 'set_sec_parms', header).errno).toBe('ENOMEM');
  });

  it('names the field that is missing', () => {
    expect(set({ origin: 0 }).malformed?.field).toBe('length');
    expect(set({ length: 0 }).malformed?.field).toBe('origin');
    expect(pv(pvMachine('N'), 'set_sec_parms', { origin: 0 })).toMatchObject({ errno: 'EINVAL' });
  });
});

describe('UNPACK', () => {
  const unpack = (fields: object) => pv(pvMachine('P'), 'unpack', { tweak: 0, ...fields });

  it.each<[row: string, fields: object, expected: Outcome]>([
    ['addr not a multiple of 4 KiB', { addr: 0x800, size: 4096 }, 'EINVAL'],
    ['size not a multiple of 4 KiB', { addr: 0, size: 4097 }, 'EINVAL'],
    ['size 0', { addr: 0, size: 0 }, 'EINVAL'],
    ['outside memory', { addr: '0x400000', size: 4096 }, 'EFAULT'],
    ['a page outside memory before the ultravisor', { addr: '0x400000', size: 4096, ...REFUSES }, 'EFAULT'],
    ['the last page', { addr: '0x3ff000', size: 4096 }, 0],
    ['beyond the end of all addresses', { addr: '0x3ff000', size: '0xfffffffffffff000' }, 'EFAULT'],
  ])('%s', (_row, fields, expected) => {
    const { errno, ret } = unpack(fields);
    expect(errno ?? ret).toBe(expected);
  });

  it('is EFAULT without a structure, and malformed with half of one', () => {
    expect(pv(pvMachine('P'), 'unpack').errno).toBe('EFAULT');
    expect(unpack({ addr: 0 }).malformed?.field).toBe('size');
  });

  it('goes page by page: what comes before the end of memory stays unpacked', () => {
    const { errno, reply, events } = unpack({ addr: '0x3fe000', size: 0x4000 });
    expect([errno, reply]).toEqual(['EFAULT', { rc: 1, rrc: 0 }]);
    expect(events).toEqual([{ type: 'image_unpacked', absolute: 0x3fe000n, pages: 2 }]);
    expect(unpack({ addr: 0, size: 0x400000 }).events).toEqual([{ type: 'image_unpacked', absolute: 0n, pages: 1024 }]);
    expect(unpack({ addr: 0, size: 4096, ...REFUSES }).events).toEqual([]);
  });
});

describe('INFO', () => {
  const info = (fields: object, options: object = {}) => pv(pvMachine('N', options), 'info', fields);
  const words = (data: unknown): bigint[] => {
    const view = Buffer.from(data as Uint8Array);
    return Array.from({ length: view.length / 8 }, (_, i) => view.readBigUInt64BE(8 * i));
  };

  it.each<[row: string, fields: object, expected: Outcome]>([
    ['no structure', {}, 'EFAULT'],
    ['len_max below the header', { id: 0, lenMax: 15 }, 'EINVAL'],
    ['an unknown id', { id: 2, lenMax: 4096 }, 'EINVAL'],
    ['VM: len_max below 80', { id: 'vm', lenMax: 79 }, 'EINVAL'],
    ['VM: len_max of 80', { id: 'vm', lenMax: 80 }, 0],
    ['DUMP: len_max below 40', { id: 'dump', lenMax: 39 }, 'EINVAL'],
    ['DUMP: len_max of 40', { id: 1, lenMax: 40 }, 0],
  ])('%s', (_row, fields, expected) => {
    for (const state of PV_STATES) {
      const { errno, ret } = pv(pvMachine(state), 'info', fields);
      expect(errno ?? ret).toBe(expected);
    }
  });

  it('names the field that is missing', () => {
    expect(info({ id: 0 }).malformed?.field).toBe('lenMax');
  });

  it('VM: calls, CPUs, guests, highest guest address, features', () => {
    const { reply } = info({ id: 0, lenMax: 4096 }, { host: { maxGuestMemory: 4n * GIB } });
    expect(reply).toMatchObject({ id: 0, lenMax: 4096, lenWritten: 80, rc: 0, rrc: 0 });
    expect(words(reply['data'])).toEqual([0xffd7fff000000000n, 0n, 0n, 0n, 248n, 1024n, 4n * GIB - 1n, 0n]);
  });

  it('DUMP: lengths of the parts of a dump', () => {
    const { reply } = info({ id: 1, lenMax: 40 });
    expect(reply).toMatchObject({ id: 1, lenMax: 40, lenWritten: 40 });
    expect(words(reply['data'])).toEqual([BigInt(DUMP.cpu), BigInt(DUMP.perMiB), BigInt(DUMP.complete)]);
  });
});

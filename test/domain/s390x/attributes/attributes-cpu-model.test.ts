import { Machine, type MachineOptions } from '../../support/machine.js';

const CPUID = 0x0012_3456_3931_8000n;
const ALL = { facilities: [0, 8, 11, 17, 76, 78, 165], cpuid: CPUID, ibc: 0x0021_0081, feat: [0, 4, 9, 13] };

const kinds: readonly [what: string, options: MachineOptions][] = [
  ['by the documents', { host: ALL }],
  ['by the code', { semantics: 'kernel', host: ALL }],
  ['UCONTROL', { vmType: 'ucontrol', host: ALL }],
];

const states: readonly [what: string, prepare: (made: Machine) => Machine, created: boolean][] = [
  ['without vCPUs', (made) => made, false],
  ['protected without vCPUs', (made) => made.fold({ type: 'protection_enabled' }), false],
  ['with a vCPU', (made) => (made.vcpu(0), made), true],
  ['protected with a vCPU', (made) => (made.vcpu(0), made.fold({ type: 'protection_enabled' })), true],
];

const PROCESSOR = { cpuid: '0x1', ibc: 0x40, facList: [8] };
const UV = { ...ALL, apInstructions: true, facilities: [65] };
const set = (made: Machine, attr: string | number, payload: object = {}) => made.set('cpu_model', attr, payload);
const get = (made: Machine, attr: string) => made.get('cpu_model', attr).reply;

describe.each(kinds)('3.3 SET of the CPU model, %s', (_kind, options) => {
  describe.each(states)('%s', (_state, prepare, created) => {
    const busy = created ? 'EBUSY' : 0;
    const early = created ? 'EBUSY' : 'EFAULT';

    it.each<[row: string, attr: string, payload: object, expected: unknown]>([
      ['PROCESSOR', 'processor', PROCESSOR, busy],
      ['PROCESSOR, unreadable: after EBUSY', 'processor', {}, early],
      ['PROCESSOR_FEAT', 'processor_feat', { feat: [0, 13] }, busy],
      ['PROCESSOR_FEAT, unreadable: before EBUSY', 'processor_feat', {}, 'EFAULT'],
      ['PROCESSOR_FEAT, not in MACHINE_FEAT: before EBUSY', 'processor_feat', { feat: [1] }, 'EINVAL'],
      ['PROCESSOR_FEAT, SKEY is never available', 'processor_feat', { feat: [9] }, 'EINVAL'],
      ['PROCESSOR_SUBFUNC', 'processor_subfunc', { subfunc: { km: 'f0' } }, busy],
      ['PROCESSOR_SUBFUNC, unreadable: after EBUSY', 'processor_subfunc', {}, early],
      ['PROCESSOR_UV_FEAT_GUEST', 'processor_uv_feat_guest', { value: 0 }, busy],
      ['PROCESSOR_UV_FEAT_GUEST, unreadable: before EBUSY', 'processor_uv_feat_guest', {}, 'EFAULT'],
      ['PROCESSOR_UV_FEAT_GUEST, not of the host: before EBUSY', 'processor_uv_feat_guest', { value: 1 }, 'EINVAL'],
      ['MACHINE', 'machine', {}, 'ENXIO'],
      ['MACHINE_FEAT', 'machine_feat', {}, 'ENXIO'],
      ['MACHINE_SUBFUNC', 'machine_subfunc', {}, 'ENXIO'],
      ['MACHINE_UV_FEAT_GUEST', 'machine_uv_feat_guest', {}, 'ENXIO'],
    ])('%s', (_row, attr, payload, expected) => {
      const made = prepare(new Machine(options));
      const before = made.vm.cpuModel;
      expect(set(made, attr, payload)).toBe(expected);
      if (expected !== 0) expect(made.vm.cpuModel).toBe(before);
    });

    it('an unknown attribute is ENXIO', () => expect(set(prepare(new Machine(options)), 8)).toBe('ENXIO'));

    it('every GET succeeds, and every HAS is 0', () => {
      const made = prepare(new Machine(options));
      if (!created) set(made, 'processor_subfunc', { subfunc: {} });
      else made.fold({ type: 'cpu_subfunc_set', subfunc: {} });
      for (const attr of [0, 1, 2, 3, 4, 5, 6, 7]) {
        expect(made.get(3, attr).ret).toBe(0);
        expect(made.has(3, attr)).toBe(0);
      }
      expect([made.get(3, 8).errno, made.has(3, 8)]).toEqual(['ENXIO', 'ENXIO']);
    });
  });
});

describe('3.2 initial values', () => {
  const made = new Machine({ host: ALL });

  it('PROCESSOR: version 0xff, unblocked IBC, what KVM offers of the facilities', () => {
    expect(get(made, 'processor')).toMatchObject({
      cpuid: CPUID | (0xffn << 56n),
      ibc: 0x81,
      facList: { bits: [0, 8, 17, 74, 76, 78, 138] },
    });
  });

  it('MACHINE: the real host, and the mask with what CPU models may have', () => {
    expect(get(made, 'machine')).toMatchObject({
      cpuid: CPUID,
      ibc: 0x0021_0081,
      facMask: { bits: [0, 8, 17, 74, 76, 78, 138, 165] },
      facList: { bits: ALL.facilities },
    });
  });

  it('lists are answered in all their bytes too', () => {
    const { facList } = get(made, 'processor') as { facList: { hex: string } };
    expect(facList.hex).toHaveLength(4096);
    expect(facList.hex.slice(0, 36)).toBe('8080400000000000002a0000000000000020');
  });

  it('FEAT and UV_FEAT_GUEST: nothing; those of the machine without what is never available', () => {
    expect(get(made, 'processor_feat')).toMatchObject({ feat: { bits: [] } });
    expect(get(made, 'machine_feat')).toMatchObject({ feat: { bits: [0, 4, 13] } });
    expect(get(made, 'processor_uv_feat_guest')).toEqual({ value: 0n });
    expect(get(made, 'machine_uv_feat_guest')).toEqual({ value: 0n });
  });

  it('MACHINE_UV_FEAT_GUEST: AP, and AP interrupts, of a host that has them and protects VMs', () => {
    const uv = (host: object) => get(new Machine({ host: { ...host } }), 'machine_uv_feat_guest')['value'];
    expect(uv(UV)).toBe((1n << 59n) | (1n << 58n));
    expect(uv({ ...UV, facilities: [] })).toBe(1n << 59n);
    expect(uv({ ...UV, protectedVirtualization: false })).toBe(0n);
  });

  it('a machine that says nothing of itself is the default one', () => {
    const { cpuid, ibc } = get(new Machine(), 'machine');
    expect([cpuid, ibc]).toEqual([0x0001_2abc_3931_8000n, 0x0021_0081]);
    expect(get(new Machine(), 'machine_feat')).toMatchObject({ feat: { bits: [0], hex: '8'.padEnd(256, '0') } });
  });
});

describe('PROCESSOR', () => {
  it('reads back what was written, and can be written back as it was read', () => {
    const made = new Machine({ host: ALL });
    set(made, 'processor', { cpuid: '0xabc', ibc: 0x40, facList: [8, 165, 16383] });
    const first = get(made, 'processor');
    expect(first).toMatchObject({ cpuid: 0xabcn, ibc: 0x40, facList: { bits: [8, 165, 16383] } });
    expect(set(made, 'processor', first)).toBe(0);
    expect(get(made, 'processor')).toEqual(first);
  });

  it.each<[what: string, facList: unknown]>([
    ['a bare list', [9, 8, 8]],
    ['bare hex', '00C0'],
    ['hex with its prefix', '0x00c0'],
    ['all of its bytes', '00c0'.padEnd(4096, '0')],
    ['an object with bits', { bits: [8, 9] }],
    ['an object with hex', { hex: '00c0' }],
    ['an object with both', { bits: [8, 9], hex: '00c0' }],
  ])('takes facilities as %s', (_what, facList) => {
    const made = new Machine();
    expect(set(made, 'processor', { ...PROCESSOR, facList })).toBe(0);
    expect(get(made, 'processor')).toMatchObject({ facList: { bits: [8, 9] } });
  });

  it.each<[what: string, ibc: number, wanted: number, expected: number]>([
    ['between both', 0x0021_0081, 0x40, 0x40],
    ['the lowest', 0x0021_0081, 0x21, 0x21],
    ['below the lowest', 0x0021_0081, 0x20, 0x21],
    ['above the unblocked one', 0x0021_0081, 0x82, 0x81],
    ['the highest value of the field', 0x0021_0081, 0xffff, 0x81],
    ['0 leaves it', 0x0021_0081, 0, 0x81],
    ['a host without a lowest IBC leaves it', 0x81, 0x40, 0x81],
    ['12 bits of each half count', 0xf021_f081, 0x40, 0x40],
  ])('IBC: %s', (_what, ibc, wanted, expected) => {
    const made = new Machine({ host: { ibc } });
    set(made, 'processor', { ...PROCESSOR, ibc: wanted });
    expect(get(made, 'processor')['ibc']).toBe(expected);
  });

  it('an IBC of 0 leaves the last one, not the first', () => {
    const made = new Machine();
    set(made, 'processor', { ...PROCESSOR, ibc: 0x30 });
    set(made, 'processor', { ...PROCESSOR, ibc: 0 });
    expect(get(made, 'processor')['ibc']).toBe(0x30);
  });
});

describe('FEAT, SUBFUNC and UV_FEAT_GUEST', () => {
  it.each<[form: string, feat: unknown]>([
    ['list', [0, 4]],
    ['hex', '88'],
    ['object', { bits: [0, 4] }],
  ])('FEAT as %s', (_form, feat) => {
    const made = new Machine({ host: ALL });
    expect(set(made, 'processor_feat', { feat })).toBe(0);
    expect(get(made, 'processor_feat')).toEqual({ feat: { bits: [0, 4], hex: '88'.padEnd(256, '0') } });
  });

  it('SUBFUNC before the first SET: EINVAL by the documents, the host in the code', () => {
    const options = { host: { facilities: [17], subfunc: { km: 'f1', plo: 'ff', pcc: 'ff' } } };
    expect(new Machine(options).get('cpu_model', 'processor_subfunc').errno).toBe('EINVAL');
    const made = new Machine({ ...options, semantics: 'kernel' });
    const { subfunc } = get(made, 'processor_subfunc') as { subfunc: Record<string, string> };
    expect(subfunc).toMatchObject({ km: 'f1'.padEnd(32, '0'), plo: 'ff'.padEnd(64, '0'), pcc: '0'.repeat(32) });
    expect(get(made, 'machine_subfunc')).toEqual({ subfunc });
  });

  it.each([
    ['plo', undefined],
    ['ptff', 28],
    ['kmac', 17],
    ['kmc', 17],
    ['km', 17],
    ['kimd', 17],
    ['klmd', 17],
    ['pckmo', 76],
    ['kmctr', 77],
    ['kmf', 77],
    ['kmo', 77],
    ['pcc', 77],
    ['ppno', 57],
    ['kma', 146],
    ['kdsa', 155],
    ['sortl', 150],
    ['dfltcc', 151],
    ['pfcr', 201],
  ])('MACHINE_SUBFUNC has %s with facility %s alone', (block, facility) => {
    const blocks = (facilities: readonly number[]) => {
      const made = new Machine({ host: { facilities, subfunc: { [block]: '01' } } });
      return (get(made, 'machine_subfunc')['subfunc'] as Record<string, string>)[block]?.slice(0, 2);
    };
    const every = [17, 28, 57, 76, 77, 146, 150, 151, 155, 201];
    expect(blocks(every)).toBe('01');
    expect(blocks(every.filter((bit) => bit !== facility))).toBe(facility === undefined ? '01' : '00');
  });

  it('SUBFUNC takes anything, reserved bytes too; missing blocks are zero', () => {
    const made = new Machine();
    expect(set(made, 'processor_subfunc', { subfunc: { km: '0xAB', reserved: '01' } })).toBe(0);
    const { subfunc } = get(made, 'processor_subfunc') as { subfunc: Record<string, string> };
    expect(subfunc['km']).toBe('ab'.padEnd(32, '0'));
    expect(subfunc['reserved']).toBe('01'.padEnd(3424, '0'));
    expect(subfunc['plo']).toBe('0'.repeat(64));
    expect(set(made, 'processor_subfunc', { subfunc })).toBe(0);
    expect(get(made, 'processor_subfunc')).toEqual({ subfunc });
    set(made, 'processor_subfunc', { subfunc: {} });
    expect(get(made, 'processor_subfunc')['subfunc']).not.toHaveProperty('reserved');
  });

  it('UV_FEAT_GUEST takes what the host has', () => {
    const made = new Machine({ host: UV });
    expect(set(made, 'processor_uv_feat_guest', { value: '0x0c00000000000000' })).toBe(0);
    expect(get(made, 'processor_uv_feat_guest')).toEqual({ value: 3n << 58n });
    expect(set(made, 'processor_uv_feat_guest', { value: '0x1000000000000000' })).toBe('EINVAL');
  });
});

describe('a payload that is not well formed', () => {
  it.each<[attr: string, payload: object, field: string]>([
    ['processor', { cpuid: 1, ibc: 1 }, 'facList'],
    ['processor', { ibc: 1, facList: [] }, 'cpuid'],
    ['processor', { ...PROCESSOR, ibc: 0x10000 }, 'ibc'],
    ['processor', { ...PROCESSOR, facList: [16384] }, 'facList'],
    ['processor', { ...PROCESSOR, facList: 'f' }, 'facList'],
    ['processor', { ...PROCESSOR, facList: 'zz' }, 'facList'],
    ['processor', { ...PROCESSOR, facList: '00'.repeat(2049) }, 'facList'],
    ['processor', { ...PROCESSOR, facList: {} }, 'facList'],
    ['processor', { ...PROCESSOR, facList: { bits: [1], hex: '00' } }, 'facList'],
    ['processor', { ...PROCESSOR, facMask: [] }, 'facMask'],
    ['processor_feat', { feat: [1024] }, 'feat'],
    ['processor_feat', { feat: '00'.repeat(129) }, 'feat'],
    ['processor_feat', { feature: [] }, 'feat'],
    ['processor_subfunc', { subfunc: { km: '00'.repeat(17) } }, 'subfunc.km'],
    ['processor_subfunc', { subfunc: { nothing: '00' } }, 'nothing'],
    ['processor_subfunc', { subfunc: 'ff' }, 'subfunc'],
    ['processor_uv_feat_guest', { value: 'much' }, 'value'],
  ])('%s: %j', (attr, payload, field) => {
    const made = new Machine();
    const { malformed, events } = made.run({ type: 'set_device_attr', group: 'cpu_model', attr, payload });
    expect([malformed?.field, events]).toEqual([field, []]);
  });
});

import { Aarch64Machine, NOT_SUPPORTED } from '../support/aarch64.js';

const FEATURES = 0xc5000020;
const STOLEN = 0xc5000021;
const IPA = 0x4000_0040n;

const attribute = (made: Aarch64Machine, type: string, attr: object = {}) =>
  made.run({ type, vcpu: 0, group: 'pvtime_ctrl', attr: 'ipa', ...attr });

const place = (made: Aarch64Machine, value: bigint | undefined) =>
  attribute(made, 'set_vcpu_attr', { payload: value === undefined ? {} : { value: `0x${value.toString(16)}` } });

const withMemory = (flags: unknown = ['log_dirty_pages'], options = {}): Aarch64Machine => {
  const made = new Aarch64Machine(options);
  expect(made.slot(0, 0x4000_0000n, 0x10000n, flags)).toBe(0);
  return made;
};

const placed = (flags?: unknown): Aarch64Machine => {
  const made = withMemory(flags);
  expect(place(made, IPA).ret).toBe(0);
  return made;
};

const dirty = (made: Aarch64Machine) => made.run({ type: 'get_dirty_log', slot: 0 }).reply['frames'];

describe('PV_TIME_FEATURES', () => {
  it.each([FEATURES, STOLEN])('of 0x%x: 0 where the record has a place, else -1', (x1) => {
    expect(placed().x0(FEATURES, [x1])).toBe(0n);
    expect(placed().x0(FEATURES, [0xffff_ffff_0000_0000n | BigInt(x1)])).toBe(0n);
    expect(withMemory().x0(FEATURES, [x1])).toBe(NOT_SUPPORTED);
  });

  it.each([0, 0xc5000022, 0x80000000])('of 0x%x: -1', (x1) => {
    expect(placed().x0(FEATURES, [x1])).toBe(NOT_SUPPORTED);
  });
});

describe('PV_TIME_ST', () => {
  it('answers the place, and begins the record with zeros', () => {
    const made = placed();
    made.run({ type: 'write_memory', extents: [{ gpa: IPA - 1n, size: 66 }], data: new Uint8Array(66).fill(7) });
    expect(made.x0(STOLEN)).toBe(IPA);
    const { data } = made.run({ type: 'read_memory', gpa: IPA - 1n, size: 66 }).reply as { data: Uint8Array };
    expect([...data]).toEqual([7, ...new Uint8Array(64), 7]);
    expect(dirty(made)).toEqual([0x40000n]);
  });

  it('without a place: -1', () => {
    const made = withMemory();
    expect(made.x0(STOLEN)).toBe(NOT_SUPPORTED);
    expect(dirty(made)).toEqual([]);
  });

  it('answers the place also where nothing can be written any more', () => {
    const gone = placed();
    gone.slot(0, 0x4000_0000n, 0n);
    expect(gone.x0(STOLEN)).toBe(IPA);
    const readonly = placed(['readonly']);
    readonly.run({ type: 'write_memory', extents: [{ gpa: IPA, size: 1 }], data: Uint8Array.of(7) });
    expect(readonly.x0(STOLEN)).toBe(IPA);
    expect(readonly.run({ type: 'read_memory', gpa: IPA, size: 1 }).reply['data']).toEqual(Uint8Array.of(7));
  });
});

describe('KVM_ARM_VCPU_PVTIME_IPA', () => {
  it('is set once, and read', () => {
    const made = withMemory();
    expect(attribute(made, 'get_vcpu_attr').reply).toEqual({ value: 0xffff_ffff_ffff_ffffn });
    expect(place(made, IPA).ret).toBe(0);
    expect(attribute(made, 'get_vcpu_attr').reply).toEqual({ value: IPA });
    expect(place(made, IPA).errno).toBe('EEXIST');
  });

  it('is of one vCPU, and may be set after a run', () => {
    const made = withMemory();
    made.vcpu(1);
    made.enter();
    expect(attribute(made, 'set_vcpu_attr', { vcpu: 1, payload: { value: '0x40000080' } }).ret).toBe(0);
    expect(made.x0(STOLEN, [], { vcpu: 1 })).toBe(0x4000_0080n);
    expect(made.x0(STOLEN)).toBe(NOT_SUPPORTED);
  });

  it.each<[what: string, value: bigint | undefined, errno: string]>([
    ['nothing readable, before all else', undefined, 'EFAULT'],
    ['no multiple of 64, before EEXIST', IPA + 32n, 'EINVAL'],
    ['set already, before what lies there', 0n, 'EEXIST'],
  ])('is refused: %s', (_what, value, errno) => {
    expect(place(placed(), value).errno).toBe(errno);
  });

  it('is refused outside the slots', () => {
    expect(place(withMemory(), 0x4001_0000n).errno).toBe('EINVAL');
  });

  it.each<[type: string]>([['set_vcpu_attr'], ['get_vcpu_attr'], ['has_vcpu_attr']])(
    '%s of others is ENXIO',
    (type) => {
      const made = withMemory();
      const payload = type === 'set_vcpu_attr' ? { payload: { value: 0 } } : {};
      expect(attribute(made, type, { attr: 1, ...payload }).errno).toBe('ENXIO');
      expect(attribute(made, type, { group: 0, attr: 0, ...payload }).errno).toBe('ENXIO');
      expect(attribute(made, type, { vcpu: 9, ...payload }).errno).toBe('ENOENT');
      const without = withMemory([], { host: { stealTime: false } });
      expect(attribute(without, type, payload).errno).toBe('ENXIO');
    },
  );

  it('is there by name and number', () => {
    const made = withMemory();
    expect(attribute(made, 'has_vcpu_attr').ret).toBe(0);
    expect(attribute(made, 'has_vcpu_attr', { group: 2, attr: 0 }).ret).toBe(0);
  });
});

import { type Tod, guestTod, offsetTo, todAt } from '../../../../src/domain/s390x/model/tod.js';
import { Machine, type MachineOptions, U64_MAX } from '../../support/machine.js';

const NO_MEF = { host: { facilities: [8] } };
const HOST = { epochIdx: 3, tod: '0x8000000000000000' };

const set = (made: Machine, attr: string | number, payload: object = {}, more: object = {}) =>
  made.answer({ type: 'set_device_attr', group: 'tod', attr, payload, hostTod: HOST, ...more });
const get = (made: Machine, attr: string | number, more: object = {}) =>
  made.run({ type: 'get_device_attr', group: 'tod', attr, hostTod: HOST, ...more });
const later = (made: Machine, units: bigint): Tod =>
  get(made, 'ext', { hostTod: { epochIdx: 3, tod: (1n << 63n) + units } }).reply as unknown as Tod;

describe('the TOD clock of a host', () => {
  it.each<[time: string, expected: Tod]>([
    ['1970-01-01T00:00:00Z', { epochIdx: 0, tod: 0x7d91048bca000000n }],
    ['1970-01-01T00:00:00.001Z', { epochIdx: 0, tod: 0x7d91048bca000000n + 4096000n }],
    ['2042-09-17T23:53:47.370Z', { epochIdx: 0, tod: (((1n << 52n) - 495n - 1n) / 1000n) * 1000n * 4096n }],
  ])('at %s', (time, expected) => {
    expect(todAt(Date.parse(time))).toEqual(expected);
  });

  it('goes over to the next epoch in 2042', () => {
    expect(todAt(Date.parse('2042-09-18T00:00:00Z')).epochIdx).toBe(1);
    expect(todAt(Date.parse('2042-09-17T00:00:00Z')).epochIdx).toBe(0);
  });
});

describe('the offset of a guest', () => {
  const host: Tod = { epochIdx: 3, tod: 100n };

  it.each<[what: string, wanted: Tod, epdx: number, epoch: bigint]>([
    ['ahead in the same epoch', { epochIdx: 3, tod: 150n }, 0, 50n],
    ['behind: borrow', { epochIdx: 3, tod: 50n }, 0xff, U64_MAX - 49n],
    ['the next epoch', { epochIdx: 4, tod: 100n }, 1, 0n],
    ['the first epoch, behind', { epochIdx: 0, tod: 99n }, 0xfc, U64_MAX],
  ])('with facility 139: %s', (_what, wanted, epdx, epoch) => {
    expect(offsetTo(wanted, host, true)).toEqual({ epdx, epoch });
    expect(guestTod({ epdx, epoch }, host, true)).toEqual(wanted);
    expect(offsetTo(wanted, host, false)).toEqual({ epdx: 0, epoch });
    expect(guestTod({ epdx: 0, epoch }, host, false)).toEqual({ epochIdx: 0, tod: wanted.tod });
  });

  it('carries into the epoch index when the clock goes over', () => {
    const offset = offsetTo({ epochIdx: 7, tod: U64_MAX }, host, true);
    expect(guestTod(offset, { epochIdx: 3, tod: 101n }, true)).toEqual({ epochIdx: 8, tod: 0n });
  });

  it('comes round for any two clocks', () => {
    const clocks = [0n, 1n, 99n, 1n << 63n, U64_MAX].flatMap((tod) =>
      [0, 3, 255].map((epochIdx): Tod => ({ epochIdx, tod })),
    );
    for (const from of clocks)
      for (const to of clocks) expect(guestTod(offsetTo(to, from, true), from, true)).toEqual(to);
  });
});

const states: readonly [what: string, prepare: (made: Machine) => Machine, isProtected: boolean][] = [
  ['a new VM', (made) => made, false],
  ['a VM with a vCPU', (made) => (made.vcpu(0), made), false],
  ['a protected VM', (made) => (made.vcpu(0), made.fold({ type: 'protection_enabled' })), true],
];
const kinds: readonly [what: string, options: MachineOptions, mef: boolean][] = [
  ['by the documents', {}, true],
  ['by the code', { semantics: 'kernel' }, true],
  ['UCONTROL', { vmType: 'ucontrol' }, true],
  ['without facility 139', NO_MEF, false],
];

describe.each(kinds)('4. TOD, %s', (_kind, options, mef) => {
  describe.each(states)('%s', (_state, prepare, isProtected) => {
    const otherwise = (expected: unknown) => (isProtected ? 'EOPNOTSUPP' : expected);

    it.each<[row: string, attr: string | number, payload: object, flags: number, expected: unknown]>([
      ['flags first of all', 'low', {}, 1, 'EINVAL'],
      ['flags before an unknown attribute', 9, {}, 1, 'EINVAL'],
      ['an unknown attribute after protection', 9, {}, 0, otherwise('ENXIO')],
      ['an unknown name', 'middle', {}, 0, otherwise('ENXIO')],
      ['LOW', 'low', { value: 5 }, 0, otherwise(0)],
      ['LOW, unreadable', 'low', {}, 0, otherwise('EFAULT')],
      ['HIGH', 'high', { value: 0 }, 0, otherwise(0)],
      ['HIGH, nonzero', 'high', { value: 1 }, 0, otherwise('EINVAL')],
      ['HIGH, unreadable', 'high', {}, 0, otherwise('EFAULT')],
      ['EXT', 'ext', { epochIdx: 0, tod: 5 }, 0, otherwise(0)],
      ['EXT with an epoch index', 'ext', { epochIdx: 1, tod: 5 }, 0, otherwise(mef ? 0 : 'EINVAL')],
      ['EXT, unreadable', 'ext', {}, 0, otherwise('EFAULT')],
    ])('SET %s', (_row, attr, payload, flags, expected) => {
      expect(set(prepare(new Machine(options)), attr, payload, { flags })).toBe(expected);
    });

    it.each<[row: string, attr: string | number, flags: number, expected: unknown]>([
      ['LOW', 'low', 0, undefined],
      ['HIGH', 'high', 0, undefined],
      ['EXT', 'ext', 0, undefined],
      ['an unknown attribute', 9, 0, 'ENXIO'],
      ['flags', 'low', 1, 'EINVAL'],
      ['flags before an unknown attribute', 9, 1, 'EINVAL'],
    ])('GET %s', (_row, attr, flags, expected) => {
      expect(get(prepare(new Machine(options)), attr, { flags }).errno).toBe(expected);
    });

    it('HAS', () => {
      const made = prepare(new Machine(options));
      const ext = options.semantics === 'kernel' ? 'ENXIO' : 0;
      expect(['low', 'high', 'ext', 9].map((attr) => made.has('tod', attr))).toEqual([0, 0, ext, 'ENXIO']);
    });
  });

  it('shows what was set, and goes on from there', () => {
    const made = new Machine(options);
    set(made, 'ext', { epochIdx: mef ? 5 : 0, tod: '0xfffffffffffffff0' });
    expect(later(made, 0n)).toEqual({ epochIdx: mef ? 5 : 0, tod: U64_MAX - 15n });
    expect(later(made, 16n)).toEqual({ epochIdx: mef ? 6 : 0, tod: 0n });
    expect(get(made, 'low').reply).toEqual({ value: U64_MAX - 15n });
    expect(get(made, 'high').reply).toEqual({ value: 0n });
  });

  it("is the host's until it is set; HIGH sets nothing", () => {
    const made = new Machine(options);
    expect(later(made, 1n)).toEqual({ epochIdx: mef ? 3 : 0, tod: (1n << 63n) + 1n });
    expect(made.run({ type: 'set_device_attr', group: 1, attr: 1, payload: { value: 0 } }).events).toEqual([]);
    expect(made.vm.todOffset).toBeUndefined();
  });

  it('LOW is EXT with epoch index 0', () => {
    const made = new Machine(options);
    set(made, 'low', { value: 7 });
    expect(later(made, 0n)).toEqual({ epochIdx: 0, tod: 7n });
  });

  it('is that of all vCPUs, and of those that come later', () => {
    const made = new Machine(options);
    made.vcpu(0);
    set(made, 'low', { value: '0x8000000000000010' });
    made.vcpu(1);
    expect([...made.vm.vcpus.values()].map(({ registers }) => registers.epochdiff)).toEqual([16n, 16n]);
  });
});

describe('a payload of TOD that is not well formed', () => {
  it.each<[attr: string, payload: object, field: string]>([
    ['low', { value: '0x10000000000000000' }, 'value'],
    ['high', { value: 256 }, 'value'],
    ['ext', { epochIdx: 256, tod: 0 }, 'epochIdx'],
    ['ext', { epochIdx: 0 }, 'tod'],
    ['ext', { epochIdx: 0, tod: 0, hostTod: {} }, 'hostTod'],
  ])('%s: %j', (attr, payload, field) => {
    const { malformed, events } = new Machine().run({ type: 'set_device_attr', group: 'tod', attr, payload });
    expect([malformed?.field, events]).toEqual([field, []]);
  });
});

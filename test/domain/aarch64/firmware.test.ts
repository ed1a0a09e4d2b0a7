import { Aarch64Machine } from '../support/aarch64.js';

type Name = 'std' | 'stdHyp' | 'vendorHyp';

const rows: readonly (readonly [name: Name, all: number, unknown: number])[] = [
  ['std', 1, 2],
  ['stdHyp', 1, 2],
  ['vendorHyp', 3, 4],
];

const firmware = (made: Aarch64Machine, changes: object, vcpu = 0) => made.registers(vcpu, { firmware: changes });

describe.each(rows)('the firmware bitmap %s', (name, all, unknown) => {
  it('has every bit at first, and takes any of them', () => {
    const made = new Aarch64Machine();
    expect([firmware(made, { [name]: 0 }), firmware(made, { [name]: all })]).toEqual([0, 0]);
  });

  it.each([unknown, unknown | all, '0x8000000000000000'])('has no bits %s: EINVAL', (value) => {
    const made = new Aarch64Machine();
    expect(firmware(made, { [name]: value })).toBe('EINVAL');
    made.enter();
    expect(firmware(made, { [name]: value })).toBe('EINVAL');
    expect(made.vm.firmware).toBeUndefined();
  });

  it('after a run a change is EBUSY, the same value 0', () => {
    const made = new Aarch64Machine();
    firmware(made, { [name]: all - 1 });
    made.enter();
    expect([firmware(made, { [name]: all }), firmware(made, { [name]: all - 1 })]).toEqual(['EBUSY', 0]);
    const untouched = new Aarch64Machine();
    untouched.call(0x80000000);
    expect([firmware(untouched, { [name]: all }), firmware(untouched, { [name]: 0 })]).toEqual([0, 'EBUSY']);
  });
});

describe('firmware registers', () => {
  it('are those of the VM', () => {
    const made = new Aarch64Machine();
    made.vcpu(1);
    firmware(made, { vendorHyp: 1 }, 1);
    expect(made.x0(0x86000000)).toBe(1n);
  });

  it('one that is refused leaves the others and all other registers alone', () => {
    const made = new Aarch64Machine();
    expect(made.registers(0, { x5: 5, firmware: { std: 0, vendorHyp: 4 } })).toBe('EINVAL');
    expect(made.vm.vcpus.get(0)?.registers.x5).toBe(0n);
    expect(made.vm.firmware).toBeUndefined();
  });

  it('are looked at in their order', () => {
    const made = new Aarch64Machine();
    made.enter();
    expect(firmware(made, { std: 0, vendorHyp: 4 })).toBe('EBUSY');
    expect(firmware(made, { std: 2, vendorHyp: 0 })).toBe('EINVAL');
  });

  it.each<[value: number, host: number, result: unknown]>([
    [0x1, 0x10003, 'EINVAL'],
    [0x2, 0x10003, 0],
    [0x3, 0x10003, 'EINVAL'],
    [0x10000, 0x10003, 0],
    [0x10001, 0x10003, 0],
    [0x10002, 0x10003, 0],
    [0x10003, 0x10003, 0],
    [0x10004, 0x10003, 'EINVAL'],
    [0x10003, 0x10001, 'EINVAL'],
    [0x10001, 0x10001, 0],
  ])('PSCI version 0x%x where the host has 0x%x: %s, also after a run', (value, psciVersion, result) => {
    const made = new Aarch64Machine({ host: { psciVersion } });
    expect(made.registers(0, { psciVersion: value })).toBe(result);
    made.enter();
    expect(made.registers(0, { psciVersion: value })).toBe(result);
  });

  it('need a vCPU', () => {
    expect(firmware(new Aarch64Machine(), { std: 2 }, 1)).toBe('ENOENT');
  });
});
